# make setup | run | ask Q="..." | test | lint | bench | eval | soak       (see README.md)
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
IBIDEM := .venv/bin/ibidem
LOCK := requirements.lock
TASKS ?= $(wildcard ../shared/eval)
Q ?= What is a run, and how does it end?

.PHONY: help setup setup-dev run ask test lint bench eval soak clean

help:
	@sed -n '1p' Makefile; sed -nE 's/^([a-z-]+):.*## (.*)/  make \1  \t\2/p' Makefile

# Installs from a hash-locked file, with uv where it is there and pip elsewhere. Running it twice does nothing twice.
define install
	@test -x $(PY) || python3 -m venv .venv
	@if command -v uv >/dev/null; then uv pip install -q --python $(PY) --require-hashes -r $(1); \
	 else $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f .venv/.stamp-*
	@touch $@
endef

.venv/.stamp-run: requirements.lock pyproject.toml
	$(call install,requirements.lock)

.venv/.stamp-dev: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch .venv/.stamp-run

setup: .venv/.stamp-run  ## install into .venv

setup-dev: .venv/.stamp-dev

run: setup  ## index docs/, ibidem/ and examples/, serve on 127.0.0.1:8765 and print the one-time link
	@$(IBIDEM) serve docs ibidem examples

ask: setup  ## ask the running server, or work alone:  make ask Q="..."
	@$(IBIDEM) status --json | grep -q '"sources": \[{' || $(IBIDEM) add docs ibidem examples
	@$(IBIDEM) ask "$(Q)"

test: setup-dev  ## set up, lint, types, and every test
	@.venv/bin/ruff format -q --check ibidem tests bench && .venv/bin/ruff check -q ibidem tests bench && .venv/bin/mypy
	@$(PY) -m pytest

lint: setup-dev
	@.venv/bin/ruff format ibidem tests bench && .venv/bin/ruff check --fix ibidem tests bench && .venv/bin/mypy

bench: setup-dev  ## speed and size, as figures (EVAL=DIR adds the quality of quotes, CHROMA=1 a comparison, LOG=1 a record)
	@$(PY) -m bench.run $(if $(EVAL),--eval $(EVAL)) $(if $(CHROMA),--chroma) $(if $(LOG),--log)

eval: setup  ## how much is found, against the last run in evals/LOG.md:  make eval [TASKS="DIR..."]
ifeq ($(strip $(TASKS)),)
	@echo 'no evaluation tasks (make eval TASKS="DIR..."): our own questions about docs/ and examples/ instead'
	@$(IBIDEM) evaluate --questions evals/questions.jsonl docs examples --log evals/LOG.md --missed
else
	@$(IBIDEM) evaluate $(TASKS) --log evals/LOG.md
endif

soak: setup-dev  ## kill -9 at random moments, for minutes
	@$(PY) -m pytest tests/soak -q -o addopts="" --soak

clean:
	@rm -rf .venv build *.egg-info
