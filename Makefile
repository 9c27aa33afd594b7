# Everything a newcomer needs: `make demo`, `make test`, `make check`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check format lint types contracts torch hooks clean

help:
	@echo "make demo    train on a bundled data set and say where the report is"
	@echo "make test    set up and run the tests (no PyTorch needed)"
	@echo "make check   everything CI runs: format, lint, types, contracts, tests, PyTorch comparison"

# One stamp per set of requirements: setting up is repeated only when pyproject.toml changes.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@

$(VENV)/.torch: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable ".[torch]"
	@touch $@

demo: $(VENV)/.installed
	$(BIN)/clearprop train breast_cancer --seed 0 --out clearprop-demo --overwrite

# Coverage is measured here, once: PyTorch adds no line of ours.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 -q -m "not torch" --cov --cov-report=term

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

torch: $(VENV)/.torch
	$(BIN)/python -m pytest -q -m torch

check: lint types contracts test torch

hooks: $(VENV)/.dev
	$(BIN)/pre-commit install

clean:
	rm -rf $(VENV) build dist *.egg-info src/*.egg-info .coverage .coverage.* clearprop-demo
