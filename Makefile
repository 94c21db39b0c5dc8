# The one door: people and CI type the same. Needs Python 3.11, make and git.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help

.PHONY: help
help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: run
run: $(VENV)/run.stamp ## synthetic landing data, dbt build on DuckDB, what came out
	@$(BIN)/stedi run

# Two files of tests at a time, each with a Local Athena of its own; in their own order, because the longest have few tests.
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: lint $(VENV)/pycanon.stamp ## everything: lint, unit, data and property tests, both engines
	$(BIN)/pytest $(SIDE_BY_SIDE)

.PHONY: test-fast
test-fast: lint $(VENV)/pycanon.stamp ## the same without Local Athena
	$(BIN)/pytest $(SIDE_BY_SIDE) -m "not athena"

.PHONY: test-nightly
test-nightly: $(VENV)/dev.stamp profiles.yml ## random sequences of changes, others each time; longer than anybody waits
	STEDI_NIGHTLY=1 $(BIN)/pytest tests/python/test_incremental.py -k any_sequence

.PHONY: lint
lint: $(VENV)/dev.stamp profiles.yml ## ruff, mypy, and sqlfluff over the SQL Athena gets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint models analyses

.PHONY: athena
athena: $(VENV)/athena.stamp profiles.yml ## what target athena needs, into .venv

.PHONY: dev
dev: $(VENV)/dev.stamp $(VENV)/pycanon.stamp ## install what tests, lint and Local Athena need

# dbt shows a port that is taken as a traceback.
DOCS_PORT ?= 8080

.PHONY: docs
docs: $(VENV)/run.stamp profiles.yml ## dbt's documentation, served at http://localhost:8080 (DOCS_PORT)
	@$(BIN)/python -c 'import socket; socket.socket().bind(("127.0.0.1", $(DOCS_PORT)))' 2>/dev/null || \
		{ echo 'make docs: port $(DOCS_PORT) is taken; try another: make docs DOCS_PORT=8081' >&2; exit 1; }
	@$(MAKE) --no-print-directory docs-static
	$(BIN)/dbt docs serve --port $(DOCS_PORT)

# Without the unit tests, which would hide the models in the lineage graph.
.PHONY: docs-static
docs-static: $(VENV)/run.stamp profiles.yml ## the same as one file, target/static_index.html
	$(BIN)/dbt docs generate --static --vars 'unit_tests: false'

.PHONY: clean
clean: ## remove what was built, but not data/
	rm -rf $(VENV) target logs

profiles.yml: profiles.yml.example
	cp $< $@

# Programs in an environment name its Python by path: in a folder that was moved or copied none of them starts.
MOVED := $(if $(wildcard $(VENV)/run.stamp),$(if $(shell grep -sE "[!\"']$(realpath $(VENV))/bin/python" $(BIN)/pip),,moved))

.PHONY: moved
moved:
	@echo '$(VENV) was made in another folder, and is made anew'

# The lock files name every package, so nothing brings anything along; the project itself comes last.
$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(MOVED)
	$(PYTHON) -m venv $(if $(MOVED),--clear) $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/athena.stamp: requirements/athena.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/athena.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --requirement requirements/dev.txt
	@touch $@

# Apart: it needs other versions of numpy and pandas. Compiled files of all of pandas would take longer than its tests.
$(VENV)/pycanon.stamp: requirements/pycanon.txt $(VENV)/run.stamp
	rm -rf $(VENV)/pycanon
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-compile --target $(VENV)/pycanon --requirement requirements/pycanon.txt
	@touch $@
