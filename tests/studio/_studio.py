"""Shared by the tests of the studio: the command itself in a process of its own, and visitors who ask it over HTTP."""

import contextlib
import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass

import psutil
from PIL import Image

TOKEN = re.compile(r"/job/([0-9a-f]{32})")


class Studio:
    """`course studio` on a port of its own, with a folder of its own."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.options = options
        self.start()

    def start(self):
        self._log = self.folder.with_suffix(".log")
        before = self.log().count("http://127.0.0.1:")
        self.begun = time.monotonic()
        command = [sys.executable, "-m", "course", "studio", "--port", "0", "--folder", str(self.folder)]
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, *self.options], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                cwd=self.folder.parent, env=os.environ | {"OMP_NUM_THREADS": "1"}, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
            )  # fmt: skip
        wait_until(lambda: self.log().count("http://127.0.0.1:") > before or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.log()
        self.port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", self.log())[-1])
        self.url = f"http://127.0.0.1:{self.port}"

    def log(self):
        """All that it has said so far."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def workers(self):
        """The processes that it has started and that live."""

        def works(process):
            try:
                return any("spawn_main" in word for word in process.cmdline())
            except psutil.NoSuchProcess:  # killed since, and perhaps not asked yet how it ended
                return False

        return list(filter(works, psutil.Process(self.process.pid).children(recursive=True)))

    def painter(self):
        """The process that paints. It lets all others have the processor first."""
        return next(each for each in self.workers() if each.nice() > psutil.Process(self.process.pid).nice())

    def reader(self):
        """The process that opens what is sent, and paints first looks."""
        return next(each for each in self.workers() if each.nice() == psutil.Process(self.process.pid).nice())

    def kill(self):
        """kill -9. Its children end by themselves; what they have written stays."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """As Ctrl-C does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def to(self):
        return self.headers.get("Location")


class Visitor:
    """A browser without a screen: cookies, forms, and nothing else."""

    def __init__(self, studio, host=None, address="127.0.0.1"):
        self.studio, self.host, self.address = studio, host, address
        self.cookies = {}

    def ask(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection(self.address, self.studio.port, timeout=timeout)
        given = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.host:
            given["Host"] = self.host
        try:
            connection.request(method, path, body, given | (headers or {}))
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def try_to_get(self, path):
        """The answer; None if the studio closes before it comes."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path, timeout=180)
        return None

    def xsrf(self):
        """The token that the forms of this visitor's pages hold."""
        return re.search(r'name="_xsrf" value="([^"]+)"', self.get("/style").text)[1]

    def post(self, path, fields=(), xsrf=True, files=()):
        """Sends a form; fields and files are pairs, for a name may come twice."""
        fields = list(fields.items() if isinstance(fields, dict) else fields)
        if xsrf:
            fields.insert(0, ("_xsrf", self.xsrf()))
        if not files:
            kind, body = "application/x-www-form-urlencoded", urllib.parse.urlencode(fields)
        else:
            kind, body = multipart(fields, files)
        return self.ask("POST", path, body, {"Content-Type": kind})

    def order(self, photo="cat", styles=("swirls",), **manner):
        """The token of a new job."""
        fields = [("photo", photo), *(("style", style) for style in styles), *manner.items()]
        answer = self.post("/job", fields)
        assert answer.status == 303, answer.text
        return TOKEN.search(answer.to)[1]

    def events(self, token, until=("done", "failed", "cancelled", "lost"), seconds=90, **headers):
        """The news of a job, one dictionary after the other, until it is in one of these states."""
        connection = http.client.HTTPConnection("127.0.0.1", self.studio.port, timeout=seconds)
        connection.request("GET", f"/job/{token}/events", headers=headers)
        response = connection.getresponse()
        assert response.headers["Content-Type"] == "text/event-stream", response.status
        found = []
        try:
            while line := response.readline():
                if line.startswith(b"data: "):
                    found.append(json.loads(line[6:]))
                    if found[-1]["state"] in until:
                        break
        finally:
            connection.close()
        return found


def multipart(fields, files):
    boundary, body = "zIg0fbOundary", io.BytesIO()
    for name, value in fields:
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, filename, content in files:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        body.write(f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", body.getvalue()


def picture(kind="JPEG", size=(160, 120), mode="RGB", **options):
    """A picture file with something in it."""
    made = Image.linear_gradient("L").resize(size).convert(mode)
    file = io.BytesIO()
    made.save(file, kind, **options)
    return file.getvalue()


def opened(content):
    with Image.open(io.BytesIO(content)) as found:
        found.load()
        return found


def wait_until(condition, seconds=30):
    late = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < late, f"waited {seconds} s in vain"
        time.sleep(0.05)
