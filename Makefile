# Wraps set-up around the program's own commands; see README.md for the same without make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# What must run on Windows as well; the tests start what only POSIX has.
PROGRAM := -p app -p widgets -p services -p resources -p images
# How many processes run the tests.
WORKERS ?= 3
PYTEST := QT_QPA_PLATFORM=offscreen $(RUN) -m pytest
ARGS ?=

.PHONY: demo test soak coverage lint bench bundle setup clean

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --editable '.[development]'
	touch $@

demo: setup
	$(RUN) -m app demo $(ARGS)

test: setup
	$(PYTEST) -n $(WORKERS) -m "not soak" $(ARGS)

# The same faults as in the tests, for longer; ARGS are those of `python -m tests.soak`.
soak: setup
	$(PYTEST) -m soak
	$(RUN) -m tests.soak $(ARGS)

# The tests with a floor of covered lines for each package.
coverage: setup
	$(PYTEST) -n $(WORKERS) -m "not soak" --cov --cov-report= $(ARGS)
	$(RUN) .ci/coverage-floors

lint: setup
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(RUN) -m mypy --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32 $(PROGRAM)
	$(RUN) -m vulture
	$(VENV)/bin/lint-imports

bench: setup
	$(RUN) -m tests.benchmarks $(ARGS)

bundle: setup
	$(RUN) -m PyInstaller --noconfirm build.spec
	$(RUN) tests/bundle_smoke.py

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
