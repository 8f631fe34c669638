PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
# What only helps a benchmark stands beside it and starts nothing by itself.
BENCHMARKS = $(shell grep -l '^if __name__ == "__main__"' tests/bench/*.py)

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types contracts docs soak bench lock clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tocsin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python lacks venv. On Debian or Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: locks/demo.txt pyproject.toml | $(VENV)/.python
	@{ test $(VENV)/.dev -nt locks/demo.txt && test $(VENV)/.dev -nt pyproject.toml; } \
	  || { echo "Installing Tocsin with the demo's broker (about a minute)" \
	  && $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r locks/demo.txt \
	  && $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .; }
	@touch $@

$(VENV)/.dev: locks/dev.txt pyproject.toml | $(VENV)/.python
	@echo "Installing Tocsin with its test tools (about two minutes)"
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r locks/dev.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: $(VENV)/.demo  ## Run Tocsin with a simulated crisis on embedded parts
	@$(BIN)/tocsin demo $(DEMO_ARGS)

test: $(VENV)/.dev  ## Run the whole test suite
	$(BIN)/python -m pytest

check: $(VENV)/.dev  ## Format check, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

format: $(VENV)/.dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## Build the documentation as a site, into build/site
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/site

soak: $(VENV)/.dev  ## Run the long versions of the tests, or those of SOAK="file ..."
	@$(BIN)/python tests/soak.py $(SOAK)

bench: $(VENV)/.dev  ## Run every benchmark
	@set -e; for file in $(BENCHMARKS); do $(BIN)/python $$file; done

bench-%: $(VENV)/.dev
	@$(if $(filter tests/bench/$(subst -,_,$*).py,$(BENCHMARKS)),,echo "There is no benchmark $*" && exit 1)
	@$(BIN)/python tests/bench/$(subst -,_,$*).py

lock: $(VENV)/.dev  ## Lock the dependencies anew from the bounds in pyproject.toml
	$(BIN)/python deploy/lock.py

clean:  ## Remove the virtual environment and caches
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .hypothesis
