# Each target sets itself up. PYTHON chooses the interpreter (3.11 or newer), VENV the virtual environment.
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
ARGS ?=
.DEFAULT_GOAL := help

.PHONY: help setup quickstart test test-slow lint format clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(BIN)/.installed  ## Create the virtual environment and install everything

# torch first and by itself, so that nothing pulls another build of it in (see CONTRIBUTING.md on CPU and CUDA builds)
$(BIN)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "REAL needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[train,dev]'
	@touch $@

quickstart: setup  ## Train and evaluate the embedded miniature (python run.py), about 5 minutes on two cores
	$(BIN)/python run.py $(ARGS)

test: setup  ## Run the test suite, linter and type checker
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 -m "not slow" $(ARGS)

test-slow: setup  ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow $(ARGS)

lint: setup  ## Check style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## Remove caches (never results)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
