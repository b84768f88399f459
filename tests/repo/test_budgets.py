"""Limits for every file of the repository: its size, and words that it may not contain."""

import re

from tests.repo._repo import ROOT, pyproject, repo_files

MEGABYTE = 2**20
PRODUCT = {"course", "classroom", "studio"}


def test_no_file_is_over_5_megabytes():
    heavy = {str(file.relative_to(ROOT)): file.stat().st_size for file in repo_files()}
    assert {name: size for name, size in heavy.items() if size > 5 * MEGABYTE} == {}


def test_no_module_is_over_400_lines():
    modules = [file for file in repo_files() if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in PRODUCT]
    assert {file.relative_to(ROOT).parts[0] for file in modules} == PRODUCT
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in modules}
    long = {name: lines for name, lines in lengths.items() if lines > 400}
    # a list of wrong answers is looked up, not read, and is as long as there are misunderstandings
    assert {name: lines for name, lines in long.items() if not name.startswith("classroom/mistakes/")} == {}


# Written in pieces, so that this file does not hold what it looks for.
FOLDERS = "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers", "t" + "mp"))
HOSTS = "|".join(re.escape(host) for host in ("pypi" + ".org", "python" + "hosted", "anaconda" + ".org", "jf" + "rog"))
LEAKS = {
    "a path of one machine": re.compile(rf"(?<![\w.\])}}$*-])/(?:{FOLDERS})/[\w.]|\b[A-Z]:\\\\?(?:{FOLDERS})\b"),
    "the address of a registry": re.compile(rf"(?:{HOSTS})\b|\b(?:index-url|find-links)[ =]+\S*://", re.IGNORECASE),
}


def test_the_leak_patterns_know_leaks():
    path, address = LEAKS.values()
    for folder in FOLDERS.split("|"):
        assert path.search(f'"/{folder}/x"') and path.search(f'"/{folder}/.x"')
    assert path.search("C:\\" + "Us" + "ers\\me")
    assert not path.search(f"https://example.org/{FOLDERS.split('|')[0]}/x")
    for host in ("pypi" + ".org", "anaconda" + ".org"):
        assert address.search(f"https://{host}/x")
    assert address.search("--index-url" + " https://example.org")
    assert not address.search("--no-emit-index-url --extra dev")


def test_no_file_names_a_machine_or_a_registry():
    found = []
    for file in repo_files():
        data = file.read_bytes()
        if b"\0" in data:
            continue  # a picture
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            found += [f"{file.relative_to(ROOT)}:{number}: {what}" for what, leak in LEAKS.items() if leak.search(line)]
    assert found == []


def test_the_licences_are_here():
    code = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert code.startswith("MIT License")
    assert "2026 the course's authors" in code
    content = (ROOT / "LICENSE-CONTENT").read_text(encoding="utf-8")
    assert content.startswith("SPDX-License-Identifier: CC-BY-4.0\n")
    assert "Creative Commons Attribution 4.0 International" in content
    assert pyproject()["project"]["license"] == "MIT"


def test_the_package_is_typed():
    assert (ROOT / "course" / "py.typed").is_file()
