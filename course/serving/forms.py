"""Forms as browsers send them: multipart/form-data (RFC 7578)."""

from __future__ import annotations

import re

from course.errors import InputError


def fields_of(content_type: str, body: bytes) -> list[tuple[str, str, bytes]]:
    """The fields of a form (RFC 7578): (name, the file's name or "", content).

    Raises:
        InputError: if it is no such form.
    """
    found = re.fullmatch(r'multipart/form-data; *boundary="?([^"; ]+)"?', content_type)
    if found is None:
        raise InputError("the form must come as multipart/form-data")
    fields = []
    for part in body.split(f"--{found[1]}".encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        names = dict(re.findall(r'\b(name|filename)="(.*?)"', head.decode(errors="replace")))
        fields.append((names.get("name", ""), names.get("filename", ""), content))
    return fields


def part(border: str, name: str, file_name: str, content: bytes) -> bytes:
    """One field of a form, with the line before it that keeps it apart from the others."""
    quoted = file_name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    file = f'; filename="{quoted}"' if file_name else ""
    return f'--{border}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
