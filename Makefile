# Everything a newcomer needs: `make demo`, `make test`, `make check`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test check format lint types contracts torch docs sanitize bench hooks clean

help:
	@echo "make demo      train on a bundled data set and say where the report is"
	@echo "make test      set up and run the tests (no PyTorch needed)"
	@echo "make check     everything CI runs: format, lint, types, contracts, tests, PyTorch, docs"
	@echo "make docs      build the documentation: build/docs/index.html"
	@echo "make sanitize  test the compiled core with address and undefined-behaviour checks (GCC)"
	@echo "make bench     measure speed against PyTorch, JAX and scikit-learn, and draw the figure"

# One stamp per set of requirements: setting up is repeated only when one of these changes.
$(VENV)/.pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	@touch $@

# With a compiler and Python's headers at hand, a core that does not build is an error.
$(VENV)/.installed: $(VENV)/.pip pyproject.toml setup.py $(wildcard native/*)
	@headers=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))'); \
	if command -v $(CXX) > /dev/null && test -e "$$headers/Python.h"; \
	then export CLEARPROP_REQUIRE_NATIVE=1; \
	else echo "No C++ compiler or no Python.h: installing without the compiled core."; fi; \
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# By name, not by folder: clearprop is installed already and need not be compiled again.
$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet "clearprop[dev]"
	@touch $@

$(VENV)/.torch: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet "clearprop[torch]"
	@touch $@

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet "clearprop[bench]"
	@touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet "clearprop[docs]"
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

# The variable silences an advertisement.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	$(BIN)/python docs/tools/check_site.py build/docs
	@echo "The documentation: build/docs/index.html"

check: lint types contracts test torch docs

# Another build of the whole package, which PYTHONPATH puts before the installed one. libstdc++ is
# loaded early because AddressSanitizer must find the function that throws C++ exceptions, and pytest
# leaves the file descriptors alone because the sanitizers write their report there, then abort.
SANITIZED := build/sanitize
sanitize: $(VENV)/.dev
	rm -rf $(SANITIZED)
	CLEARPROP_SANITIZE=1 CLEARPROP_REQUIRE_NATIVE=1 $(BIN)/python setup.py --quiet build \
		--build-base $(SANITIZED) --build-lib $(SANITIZED)/lib
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libstdc++.so)" \
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc \
	PYTHONPATH=$(CURDIR)/$(SANITIZED)/lib $(BIN)/python -m pytest -q --capture=sys tests/engines

bench: $(VENV)/.bench
	$(BIN)/clearprop bench
	$(BIN)/clearprop bench --figure docs/images/performance.png --overwrite

hooks: $(VENV)/.dev
	$(BIN)/pre-commit install

clean:
	rm -rf $(VENV) build dist *.egg-info src/*.egg-info src/clearprop/*.so .coverage .coverage.* clearprop-demo
