# `make run` and `make test` need python3 (3.11 or newer), python3-venv and make; the rest they fetch themselves.
PYTHON ?= python3
# `make test TESTS=tests/unit` runs a part, in one process, which names the files as it goes.
PROCESSES ?= $(if $(TESTS),0,2)
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench chaos lock clean

run: .venv/ready  ## Everything in one process, with the seeds and a demo partner, on http://127.0.0.1:8000
	@SYNDICATE_PARTNER_NETWORKS=$${SYNDICATE_PARTNER_NETWORKS-127.0.0.0/8} $(BIN)/syndicate up --demo

test: check  ## Style, types and every test; the compose tests skip only without a Docker engine and without CI
	@$(BIN)/pytest --numprocesses $(PROCESSES) $(TESTS)

check: .venv/ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: .venv/ready-dev  ## Cost per event and delivery, documents per second, latency; each as a ratio within one run
	@$(BIN)/python -m tests.benchmarks.cost
	@$(BIN)/python -m tests.benchmarks.belt
	@$(BIN)/python -m tests.benchmarks.feeds
	@$(BIN)/python -m tests.benchmarks.deliveries
	@$(BIN)/python -m tests.benchmarks.scaling
	@$(BIN)/python -m tests.benchmarks.schedule
	@$(BIN)/python -m tests.benchmarks.hub

chaos: .venv/ready-dev  ## Kill everything with -9 while documents flow; then count
	@$(BIN)/python -m tests.benchmarks.chaos
	@$(BIN)/python -m tests.benchmarks.tempers
	@$(BIN)/python -m tests.benchmarks.replay

lock:  ## Pin every dependency by hash, for every supported Python; no index address in the files
	@test -x $(BIN)/uv || $(BIN)/pip install -q uv
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q --group office -c requirements.lock -o requirements-office.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q --no-deps --group semantic -o requirements-semantic.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Syndicate needs Python 3.11 or newer; this is " + sys.version.split()[0])'
	@$(PYTHON) -m venv .venv || { echo 'The venv module is missing: apt-get install python3-venv' >&2; exit 1; }
	@touch $@

.venv/ready: .venv/python requirements.lock pyproject.toml
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock requirements-semantic.lock
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-semantic.lock
	@touch $@

clean:
	rm -rf .venv .syndicate .mypy_cache .ruff_cache .pytest_cache .hypothesis
