# Wraps set-up around the program's own commands; see README.md for the same without make.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
ARGS ?=

.PHONY: demo test lint bench bundle setup clean

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --editable '.[development]'
	touch $@

demo: setup
	$(RUN) -m app demo $(ARGS)

test: setup
	QT_QPA_PLATFORM=offscreen $(RUN) -m pytest $(ARGS)

lint: setup
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports

bench: setup
	$(RUN) -m tests.benchmarks $(ARGS)

bundle: setup
	$(RUN) -m PyInstaller --noconfirm build.spec
	$(RUN) tests/bundle_smoke.py

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
