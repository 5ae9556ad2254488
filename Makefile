# make demo, make test: all the set-up is theirs, in .venv, and a second call is instant.
# Needed beforehand: Python >= 3.11 and a C++ compiler, Node >= 20.19 for the live view's page; .ci/system says what
# else a bare machine lacks.

PYTHON ?= $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done),python3)
# SKIP=forbid makes any skipped test a failure (tests/no_skips.py).
SKIP ?= allow
# For example TESTS="tests/ext -k grid"; these run in one process.
TESTS ?=

# A judge of our packets that insists on old versions of what it needs; it runs with the newer ones in the extra `test`.
JUDGE := v2xflexstack==0.11.2

VENV := .venv
BIN := $(VENV)/bin
# Bytecode is kept, whatever the machine's settings: a process that compiles all modules anew starts three times slower.
export PYTHONDONTWRITEBYTECODE :=
PYTEST = $(BIN)/python -m pytest -p tests.no_skips --skips=$(SKIP) --durations=15
# Browsers draw with the processor, on all cores, and wait for a camera that rests; slow readers of a stream are told from
# others by the clock: they have the machine to themselves.
ALONE := tests/web/server/test_stream.py tests/web/browser
# All others: a process for each core and two more, as many tests wait for something, and a file's tests in one of them,
# as they share fixtures. Files in the order in which they are found (tests/conftest.py): by the number of their tests
# the longest, which have few, would come last. A test that kills its process would be run again and again if that were
# started anew.
WORKERS := $(shell nproc 2>/dev/null | awk '{print ($$1 < 4 ? $$1 : 3) + 2}')
ALL := $(addprefix --ignore=,$(ALONE)) -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
SOURCES := $(wildcard ext/*.pyx ext/*.pxd ext/*.pxi ext/*.hpp)
# The demo's end, s of the city's clock; its whole day ends at 3600.
UNTIL ?= 900
RUN := $(BIN)/wayside run lingang --until $(UNTIL) --out runs/demo --force

.DELETE_ON_ERROR:
.PHONY: help demo demo-headless screenshots test ready test-viewer fuzz bench lint build viewer clean

help:
	@echo 'make demo           serve the city of Lingang: open the printed address in a browser (PORT=8080)'
	@echo 'make demo-headless  run 15 minutes of it (UNTIL=900) without a browser; results in runs/demo'
	@echo 'make screenshots    pictures of the live view, in runs/screenshots'
	@echo 'make test           ruff, mypy, Vitest, pytest (TESTS="tests/ext -k grid", SKIP=forbid)'
	@echo 'make fuzz           a million broken packets of each kind into the decoder, under AddressSanitizer'
	@echo 'make bench          all benchmarks in their small form; python -m benchmarks for one'
	@echo 'make lint           ruff and mypy alone'
	@echo 'make build          rebuild the extensions where their sources changed'
	@echo 'make viewer         the same for the page of the live view (Node 20.19 or newer)'
	@echo 'make clean          remove what was built, .venv and caches; runs/ stays'

demo: build viewer
	$(BIN)/wayside serve lingang $(if $(PORT),--port $(PORT))

demo-headless: build
	$(RUN)

screenshots: build viewer $(VENV)/tests
	$(BIN)/python -m tests.web.browser.screenshots runs/screenshots

# What comes before pytest goes side by side: much of it waits for the network or keeps one core busy. What a target says
# is shown when it is done.
test:
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=target ready
	$(PYTEST) $(or $(TESTS),$(ALL))
	$(if $(TESTS),,$(PYTEST) $(ALONE))

ready: lint test-viewer $(VENV)/tests $(if $(TESTS),,$(VENV)/collected)

# Where there is no Node, `viewer` has said so.
test-viewer: viewer
	@if [ -f web/dist/index.html ] && command -v npm >/dev/null; then \
		cd web/viewer && { [ -d node_modules ] || npm ci; } && npm run lint && npm test; fi

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: build
	$(BIN)/python -m tests.edge.messages.fuzz

bench: build
	$(BIN)/python -m benchmarks all --small

build: $(VENV)/built

# setup.py looks whether there is anything to do.
viewer: $(VENV)/requirements
	@$(BIN)/python setup.py -q build_viewer

$(VENV)/created:
	@.ci/system python $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	@touch $@

# The build's own requirements are installed first: then pip need not fetch them again for an isolated build, the
# extensions can be rebuilt in place, and the live view's page needs no more than these.
$(VENV)/requirements: $(VENV)/created pyproject.toml
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		> $(VENV)/build-requires.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r $(VENV)/build-requires.txt
	@touch $@

# New flags or directives mean new C++. Built here, on all cores, they are taken by pip as they are, which would use one.
$(VENV)/installed: $(VENV)/requirements pyproject.toml setup.py
	rm -f ext/*.c ext/*.cpp
	$(BIN)/python setup.py -q build_ext --inplace
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[test]'
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps $(JUDGE)
	@.ci/system sumo $(VENV)
	@touch $@

$(VENV)/built: $(VENV)/installed $(SOURCES)
	$(BIN)/python setup.py -q build_ext --inplace
	@touch $@

$(VENV)/tests: .ci/system | $(VENV)/created
	@.ci/system tests
	@touch $@

# Each process of pytest-xdist would compile all tests for itself, which takes longer than most of them: once is enough.
# What is wrong with them they tell when they are run.
$(VENV)/collected: $(VENV)/built $(shell find tests -name '*.py')
	@$(PYTEST) --collect-only -qq >/dev/null 2>&1 || :
	@touch $@

clean:
	rm -rf $(VENV) build dist web/dist web/viewer/node_modules *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results
	rm -f ext/*.c ext/*.cpp ext/*.so
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
