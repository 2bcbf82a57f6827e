# Everything is installed into .venv; nothing else is touched.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test lint extension unit e2e bench train clean

# The main job on real input, offline.
demo: .venv/installed
	@$(BIN)/escalation demo
	@.ci/demo-self $(BIN)/escalation

# Every check.
test: .venv/installed-test lint extension unit

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The VS Code extension: types, lint, tests, and the package that is installed.
extension: .venv/installed-test
	@if command -v npm >/dev/null; \
	then cd vscode-extension && npm ci --no-audit --no-fund --silent && npm run --silent check; \
	else echo "the extension is not checked: npm (Node.js 20 or newer) is not there"; fi

unit: .venv/installed-test
	$(BIN)/python -m pytest -n auto --dist loadgroup

# Gets the editors and the browser that the tests drive (needs apt), then runs those tests.
e2e: .venv/installed-test extension
	.ci/editors
	.ci/browser
	.ci/code-server
	ESCALATION_E2E=1 $(BIN)/python -m pytest -m "editor or browser"

# Installs its peers into an environment of their own; writes bench/results.json. See docs/performance.md.
bench: .venv/installed-test
	$(BIN)/python -m bench

# Rebuilds the shipped weights from public packages. See docs/sensitivity.md.
train: .venv/installed-test
	$(BIN)/pip install --quiet --editable '.[train]'
	$(BIN)/python -m training.train

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/installed-test: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable '.[test]'
	@touch .venv/installed $@
