"""The command `course` as a shell starts it, but for importing torch: it asks `_forks` for a process that has done so.

``python -I -S _launcher.py SOCKET ARGUMENT ...``: all its open files (the three standard ones among them), its folder,
environment and ignored signals become that process's; signals are handed on to it; and it ends as that process ends.
"""

import contextlib
import json
import os
import signal
import socket
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

path, *arguments = sys.argv[1:]
files = []
for number in map(int, os.listdir("/dev/fd")):
    with contextlib.suppress(OSError):  # the listing's own
        os.fstat(number)
        files.append(number)
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect(path)
ignored = [int(one) for one in SIGNALS if signal.getsignal(one) is signal.SIG_IGN]
request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "ignored": ignored}
socket.send_fds(server, [json.dumps({**request, "files": files}).encode()], files)
process = int(server.recv(32))


def hand_on(number, _):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


for one in set(SIGNALS) - set(ignored):
    signal.signal(one, hand_on)
for number in files:  # whoever reads our output waits for the end of that process alone
    os.close(number)
code = int(server.recv(32))
if code < 0:
    with contextlib.suppress(OSError):  # nobody handles SIGKILL
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
