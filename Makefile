# make demo   from a fresh clone to a cited answer
# make test   the whole test suite: fast, drills, real models, browser
# make check  lint and types
# make audit  known vulnerabilities of the packages, where the registry tells them
# make docs   the pages that are generated from the code
# make test-hardening  all of tests/hardening: what strangers broke once
# make test-upgrade  the page's tests on the pinned and on the newest Gradio; needs the network
# make test-fuzz  ten minutes of damaged files, settings, requests and data folders
# make test-faults  the long form of the crash, disk and damage drills
# make test-llama-index  our LlamaIndex components with its newest release of the same minor
# make test-load    the long form of the server's load tests, fifteen minutes

PYTHON ?= python3
BIN := .venv/bin
DEMO := ASSISTANT_DATA=.demo
# progress is for people: pip is quiet where nobody looks
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-compile \
	$(shell test -t 2 || echo --quiet)
# only what has one of the hashes that are written down, and nothing that is built here
LOCKED := $(PIP) --require-hashes --only-binary :all:

# pip compiles with one core all that it installs; here all cores do it. In the demo, while models are
# fetched, and without what no command of the demo imports: Python compiles that when it first does
COMPILED := -qq -j 0 .venv/lib
COMPILE := $(BIN)/python -m compileall $(COMPILED)
# in a process group, so that its workers are ended with it
IN_GROUP := import compileall, os; os.setpgid(0, 0); compileall.main()
UNUSED := /(kubernetes|networkx|nltk|sklearn|sympy|tests?|torch|transformers)/

# the newest LlamaIndex of the release that pyproject.toml allows, in a folder of its own
NEWER := build/llama-index

.PHONY: test-llama-index demo test test-fast test-drills test-real test-browser test-hardening test-upgrade test-fuzz test-faults test-load audit check docs speed clean

demo: .venv/.installed
	@$(BIN)/python -c '$(IN_GROUP)' $(COMPILED) -x '$(UNUSED)' & group=$$!; \
	trap 'kill -- -$$group 2>/dev/null' EXIT; trap 'exit 1' INT TERM; \
	$(BIN)/assistant models pull || { echo 'make demo: without the models there is none.' >&2; exit 1; }; \
	wait; trap - EXIT
	$(DEMO) $(BIN)/assistant ingest eval/sets/sample/articles
	$(DEMO) $(BIN)/assistant ask "Who is the ROK special representative?"

test: test-fast test-drills test-real test-browser

test-fast: .venv/.tested
	$(BIN)/python -m pytest -n auto

test-drills: .venv/.tested
	$(BIN)/python -m pytest -m drill -n auto

test-real: .venv/.tested
	$(BIN)/assistant models pull $(shell cat tests/models.txt)
	$(BIN)/python -m pytest -m real

test-browser: .venv/.tested
	$(BIN)/python -m pytest -m browser

test-hardening: .venv/.tested
	$(BIN)/python -m pytest -m 'not real and not browser' -n auto tests/hardening

test-upgrade: .venv/.tested
	.ci/upgrade

test-fuzz: .venv/.tested
	FUZZ=10 $(BIN)/python -m pytest -s tests/hardening/test_fuzz.py

test-faults: .venv/.tested
	FAULTS=long $(BIN)/python -m pytest -m drill tests/drills

test-llama-index: .venv/.tested
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --upgrade --target $(NEWER) \
		"$(shell sed -n 's/.*"\(llama-index-core[^"]*\)".*/\1/p' pyproject.toml)"
	PYTHONPATH=$(NEWER) $(BIN)/python -c 'import llama_index.core; print("llama-index-core", llama_index.core.__version__)'
	PYTHONPATH=$(NEWER) $(BIN)/python -m pytest tests/assistant/test_llama_index.py \
		tests/index/retrieval/test_llama_index.py tests/test_llama_index_page.py

test-load: .venv/.tested
	LOAD=long $(BIN)/python -m pytest -s -m drill tests/drills/test_server_load.py

audit: .venv/.tested
	$(BIN)/python .ci/audit.py

check: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/.installed
	$(BIN)/python -m docs.generate

speed: .venv/.installed
	$(BIN)/assistant models pull
	$(BIN)/python -m eval speed

clean:
	rm -rf .venv .demo build *.egg-info

.venv/.installed: pyproject.toml requirements/base.txt requirements/cpu.txt requirements/cuda.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(LOCKED) -r requirements/base.txt
	@$(LOCKED) -r requirements/cpu.txt 2>/dev/null || \
		(echo "No CPU build of torch is offered here: taking the one with CUDA, 2.7 GB" && \
		$(LOCKED) -r requirements/cuda.txt)
	$(PIP) --no-build-isolation -e .
	@touch $@

.venv/.tested: .venv/.installed requirements/cluster.txt requirements/test.txt
	$(LOCKED) -r requirements/cluster.txt -r requirements/test.txt
	@-$(COMPILE)
	@touch $@

# what `eval train` needs besides
.venv/.training: .venv/.installed requirements/train.txt
	$(LOCKED) -r requirements/train.txt
	@touch $@
