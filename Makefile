# Every target makes what it lacks by itself: the first one creates .venv and installs into it, later ones find it done.
#
#   make demo PYTHON=python3.12      which Python .venv is made with (3.10 or newer)
#   make lab LAB_FLAGS=--no-browser  options for JupyterLab
#   make test WORKERS=4              tests side by side; each uses one thread
#   make build CHAPTERS=01_vgg       only some chapters
#   make studio STUDIO_FLAGS=--class open the studio to the network of a class
#   make bench BENCH_FLAGS=live      only some parts; see `.venv/bin/python -m benchmarks --help`
#   make lab TORCH=cpu               torch's build without CUDA: 4 GB less on Linux
#   make lock LOCK_FLAGS=--upgrade   newest versions of everything, not only of what changed in pyproject.toml

PYTHON      ?= python3
WORKERS     ?= 2
LAB_FLAGS   ?=
CHAPTERS    ?=
TEST_FLAGS  ?=
BENCH_FLAGS ?=
LOCK_FLAGS  ?=
STUDIO_FLAGS ?=
TORCH       ?= $(shell cat .venv/.torch 2>/dev/null)

PARALLEL := -n $(WORKERS) --dist loadfile
QUICK := tests/course tests/studio tests/answers tests/check/test_blame.py tests/repo
# The plugin holds chapters to their seconds and memory. By themselves: nbval and coverage both want to measure kernels.
NBVAL := $(PARALLEL) --nbval --nbval-current-env --nbval-cell-timeout=900 -p tests.chapters.budgets -p tests.chapters.clock

BIN   := .venv/bin
PY    := $(BIN)/python
UV    := $(BIN)/uv
# Two lists of packages: what students need, and on top of it what authors and instructors need.
STAMP := .venv/.installed
DEV   := .venv/.installed-dev
LOCK  := $(if $(wildcard $(DEV)),requirements-dev.lock,requirements.lock)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab demo studio classroom build test test-quick bench book lock FORCE

help: ## this list
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' Makefile | while read -r name what; do printf '  %-10s %s\n' "$$name" "$$what"; done

lab: $(STAMP) ## open JupyterLab on the course
	@echo "Opening JupyterLab on the course (Ctrl-C here ends it) ..."
	@$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" \
		$(if $(wildcard notebooks/*.ipynb),--LabApp.default_url=/lab/tree/notebooks) $(LAB_FLAGS)

demo: $(STAMP) ## paint the cat; writes out/demo.png and out/demo-strip.png
	@mkdir -p out
	@$(BIN)/course paint cat swirls -o out/demo.png --size 288 --strip out/demo-strip.png

studio: $(DEV) ## open the web page on which a class paints; STUDIO_FLAGS=--class opens it to the network
	@$(BIN)/course studio $(STUDIO_FLAGS)

classroom: $(DEV) ## for instructors: install what handing out and grading need
	@echo "Ready: $(BIN)/classroom release handout --zip, and $(BIN)/classroom grade inbox.zip --out report"

build: $(DEV) ## for authors: write the notebooks of the chapters from solutions/*.py
	@OMP_NUM_THREADS=2 $(BIN)/classroom build $(CHAPTERS)

test-quick: $(DEV) ## format, lint, types, layers and the tests that need no browser, no class and no chapter
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy
	@OMP_NUM_THREADS=1 $(PY) -m pytest $(PARALLEL) --no-cov $(QUICK) $(TEST_FLAGS)

test: $(DEV) ## format, lint, types, tests, every chapter run, coverage
	@echo "Checking the format (ruff format) ..."
	@$(BIN)/ruff format --check .
	@echo "Checking the code (ruff check) ..."
	@$(BIN)/ruff check .
	@echo "Checking the types (mypy) ..."
	@$(BIN)/mypy
	@echo "Running every chapter's solution, and comparing (nbval) ..."
	@# the later chapters take longest and begin: as pytest orders them, by cells, one core waits for chapter 3 at the end
	@# What fails here does not keep the tests behind it from being run. These are run in the order of folders: browsers
	@# and classes, which take longest, begin, and small files fill up at the end.
	@OMP_NUM_THREADS=1 $(PY) -m pytest --quiet $(NBVAL) --no-loadscope-reorder `ls -r solutions/*.ipynb`; chapters=$$?; \
	echo "Running the tests ..."; \
	OMP_NUM_THREADS=1 $(PY) -m pytest $(PARALLEL) --no-loadscope-reorder --cov --cov-report=term $(TEST_FLAGS) && \
	exit $$chapters

bench: $(DEV) ## measure all that is stated about speed and memory (an hour); writes out/bench.json and out/bench.md
	@$(PY) -m benchmarks $(BENCH_FLAGS)

book: $(DEV) ## the chapters, without solutions, and the package as a web site; writes out/book/index.html
	@OMP_NUM_THREADS=2 $(PY) -m tools.book $(CHAPTERS)

lock: ## write both lists of packages again, from pyproject.toml
	@echo "Resolving pyproject.toml, for Python 3.10 and newer on every platform ..."
	@test -x $(UV) || { $(PYTHON) -m venv .venv && $(PY) -m pip install --quiet --disable-pip-version-check uv; }
	@$(RESOLVE) --extra dev $(LOCK_FLAGS) pyproject.toml --output-file requirements-dev.lock
	@# the students' list with the versions of the other one, of which it is a part
	@$(RESOLVE) --extra install --constraints requirements-dev.lock pyproject.toml --output-file requirements.lock

RESOLVE = $(UV) pip compile --quiet --universal --python-version 3.10 --no-python-downloads --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

# --- installing ------------------------------------------------------------------------------------------------------
# The stamp is written last and holds the folder it was made in, so that an interrupted installation and a moved clone
# (scripts in .venv name their Python by its full path) both start afresh. A changed list is installed on top.

ifneq ($(shell test -x $(PY) && cat $(STAMP) 2>/dev/null),$(CURDIR))
FRESH := yes
LOCK  := requirements.lock
$(STAMP): FORCE
else ifneq ($(TORCH),$(shell cat .venv/.torch 2>/dev/null))
$(STAMP): FORCE
endif

$(STAMP): pyproject.toml requirements.lock
ifdef FRESH
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "Python 3.10 or newer is needed; $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
		echo "If you have a newer one, name it: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Creating .venv and installing into it (once: 1 to 5 minutes, up to 6 GB of disk on Linux) ..."
	@rm -f $(STAMP) $(DEV)
	@$(PYTHON) -m venv --clear .venv
	@awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements-dev.lock > .venv/uv.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
else
	@echo "The list of packages has changed: bringing .venv up to date ..."
endif
	@$(SYNC) $(LOCK)
	@$(COURSE)
	@$(UV) pip check --python $(PY) --quiet
	@echo "$(TORCH)" > .venv/.torch
	@echo "Installed."
	@echo "$(CURDIR)" > $(STAMP)

$(DEV): $(STAMP) requirements-dev.lock
	@echo "Installing what authors and instructors need besides ..."
	@$(SYNC) requirements-dev.lock
	@$(COURSE)
	@$(UV) pip check --python $(PY) --quiet
	@# nbgrader is here for the tests; students need not see its menu
	@$(BIN)/jupyter labextension disable --level=sys_prefix --log-level=ERROR @jupyter/nbgrader
	@echo "Installed."
	@touch $(DEV)

COURSE = $(UV) pip install --python $(PY) --quiet --no-deps --no-build-isolation --editable .

# Where Python is told to write no bytecode, as in many containers, each process would compile 1200 files of torch anew:
# five of its six seconds, and the tests start hundreds of processes. Elsewhere it makes the first import quick.
COMPILED := UV_COMPILE_BYTECODE=1
ifeq ($(TORCH),cpu)
SYNC = $(COMPILED) $(PY) tools/install_torch_cpu.py $(UV) $(PY)
else
SYNC = $(COMPILED) $(UV) pip sync --python $(PY) --require-hashes
endif

FORCE:
