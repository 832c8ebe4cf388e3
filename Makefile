# make demo   from a fresh clone to a cited answer
# make test   the whole test suite, fast and real
# make check  lint and types

PYTHON ?= python3
BIN := .venv/bin
DEMO := ASSISTANT_DATA=.demo
# progress is for people: pip is quiet where nobody looks
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt \
	$(shell test -t 2 || echo --quiet)

.PHONY: demo test test-fast check speed clean

demo: .venv/.installed
	$(BIN)/assistant models pull
	$(DEMO) $(BIN)/assistant ingest eval/sets/sample/articles
	$(DEMO) $(BIN)/assistant ask "Who is the ROK special representative?"

test: .venv/.tested test-fast
	$(BIN)/assistant models pull $(shell cat tests/models.txt)
	$(BIN)/python -m pytest -m real

test-fast: .venv/.tested
	$(BIN)/python -m pytest

check: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

speed: .venv/.installed
	$(BIN)/assistant models pull
	$(BIN)/python -m eval speed

clean:
	rm -rf .venv .demo build *.egg-info

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	@touch $@

.venv/.tested: .venv/.installed
	$(PIP) -e '.[test]'
	@touch $@
