"""Install a lock file with torch's build for processors only: `python tools/install_torch_cpu.py UV PYTHON LOCK`.

On Linux the usual torch brings 4 GB of CUDA along. The builds without it are on torch's own index, which uv knows
by ``--torch-backend=cpu``. Versions stay those of the lock; of these two packages it has no hashes. Where that place
cannot be reached, everything is installed as the lock says.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

OURS = ("torch", "torchvision")
CUDA = re.compile(r"triton|nvidia-.*|cuda-.*")
PIN = re.compile(r"(([a-z0-9-]+)==[^\\]+?) *\\?$")  # with its marker, if it is for some machines only


def split(lock: str) -> tuple[str, list[str]]:
    """A lock file's text without torch and CUDA, and the pins of torch and torchvision."""
    kept, pins, keep = [], [], True
    for line in lock.splitlines(keepends=True):
        if pin := PIN.match(line.rstrip()):
            wish, name = pin.groups()
            keep = name not in OURS and not CUDA.fullmatch(name)
            if name in OURS:
                pins.append(wish)
        if keep:
            kept.append(line)
    return "".join(kept), pins


def install(uv: str, python: str, lock: Path) -> None:
    """Installs, and says which of the two it was."""
    rest, pins = split(lock.read_text(encoding="utf-8"))
    sync = [uv, "pip", "sync", "--python", python, "--require-hashes"]
    with tempfile.TemporaryDirectory() as folder:
        without = Path(folder) / lock.name
        without.write_text(rest, encoding="utf-8")
        subprocess.run([*sync, str(without)], check=True)
    print(f"Installing {' and '.join(pins)} without CUDA ...", flush=True)
    cpu = [uv, "pip", "install", "--python", python, "--no-deps", "--torch-backend=cpu", *pins]
    if subprocess.run(cpu, check=False).returncode:
        print("The builds without CUDA cannot be had from here: installing the usual ones.", flush=True)
        subprocess.run([*sync, str(lock)], check=True)


if __name__ == "__main__":
    try:
        install(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
