# What a fresh machine needs: Python 3.11 or newer and make. Everything is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install run test changes check browser clean

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sanad needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

run: install
	$(BIN)/python app.py

# Browser tests use Debian's Chromium; where it is missing and cannot be installed they are skipped, each by its name.
browser:
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || { apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-core >/dev/null; } || true

check: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

test: .venv/tested browser check
	$(BIN)/python -m pytest

# 10,000 random changes to a folder; the index must equal a fresh build after each.
changes: .venv/tested
	$(BIN)/python -m tests.test_changes 10000

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
