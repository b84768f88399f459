# For instructors on macOS and Windows: grading needs bubblewrap, which is Linux's own. In a clone of the course:
#
#   docker build -t nst-grade .
#   docker run --rm --security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN \
#       -v "$PWD/handed-in:/class" nst-grade --help
#
# What stands behind nst-grade is given to `classroom grade`, which runs in /class: the folder behind -v. Docker's own
# sandbox forbids what bubblewrap needs to make one for each submission, hence the options; the network can go as well
# (--network none), since nothing is downloaded. The image takes as much as an installation,
# about 6 GB, most of it torch with its CUDA parts.
FROM debian:bookworm-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap python3 python3-venv util-linux \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /course

# First what changes seldom: the packages, exactly those of the lock.
COPY pyproject.toml requirements-dev.lock LICENSE LICENSE-CONTENT ./
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r requirements-dev.lock

COPY environment.yml ./
COPY course course
COPY classroom classroom
COPY studio studio
COPY data data
COPY notebooks notebooks
COPY solutions solutions
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation -e .

WORKDIR /class
ENTRYPOINT ["/course/.venv/bin/classroom", "grade"]
