# Everything a newcomer needs is here: `make demo`, `make test`. Python 3.11+ and make are enough.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test check format chaos bench lock clean
.DELETE_ON_ERROR:

$(VENV)/.runtime: locks/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tercel needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what Tercel needs into $(VENV) (once)"
	@$(PIP) --require-hashes -r locks/runtime.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime locks/dev.txt
	@echo "installing what the tests need into $(VENV) (once)"
	@$(PIP) --require-hashes -r locks/dev.txt
	@touch $@

demo: $(VENV)/.runtime
	@$(BIN)/tercel demo

# A process more than there are cores: most tests wait for processes of their own. Those of one file share servers, so
# they stay together.
test: $(VENV)/.dev
	@$(BIN)/python -m pytest --numprocesses $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist loadfile --durations 20

check: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

chaos: $(VENV)/.dev
	@$(BIN)/python -m bench.chaos

format: $(VENV)/.dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev
	@$(BIN)/python -m bench report

# Needs uv. The locks carry hashes for every platform, and no address of a registry.
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
lock:
	@$(LOCK) --group build -o locks/runtime.txt
	@$(LOCK) --group dev -o locks/dev.txt

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis
