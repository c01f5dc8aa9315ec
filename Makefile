# make setup | run | ask Q="..." | test | lint | clients | bench | eval | soak       (see README.md)
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
IBIDEM := .venv/bin/ibidem
LOCK := requirements.lock
TASKS ?= $(wildcard ../shared/eval)
DIST ?= dist
Q ?= What is a run, and how does it end?

CLIENTS := tests/clients
NPM := $(shell command -v npm)
QUICK_CLIENTS := $(if $(NPM),$(CLIENTS)/node/node_modules/.stamp)
SLOW_CLIENTS := $(if $(NPM),$(CLIENTS)/programs/node_modules/.stamp) $(CLIENTS)/llm/.venv/.stamp $(CLIENTS)/aider/.venv/.stamp

WEB := $(shell find web -path web/node_modules -prune -o -type f -not -name openapi.json -print)

.PHONY: help setup setup-dev page wheel types run ask test test-page clients lint bench eval soak clean

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

setup:  ## install into .venv, and build the page
	@$(MAKE) --no-print-directory -j2 .venv/.stamp-run page

# The page needs Node; without it everything else works, and / says how to build it.
page:
	@if ! command -v npm >/dev/null; then echo 'no Node: the page is not built. Install Node 20.19 or newer and run make setup again.'; \
	 else $(MAKE) -s --no-print-directory ibidem/api/page/index.html; fi

web/node_modules/.stamp: web/package-lock.json web/.npmrc
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

ibidem/api/page/index.html: web/node_modules/.stamp $(WEB)
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@

wheel: setup-dev page  ## a wheel that carries the page, into dist/
	@rm -rf build/lib  # files of an earlier build that are no more would go in too
	@$(PY) -m pip wheel -q --no-deps --no-build-isolation -w $(DIST) .

types: setup-dev web/node_modules/.stamp  ## the page's types, from the server's schema
	@$(PY) -c 'import json; from ibidem.api.server import routes; print(json.dumps(routes().openapi()))' > web/openapi.json
	@cd web && npm run --silent schema

setup-dev: .venv/.stamp-dev

run: setup  ## index docs/, ibidem/ and examples/, serve on 127.0.0.1:8765 and print the one-time link
	@$(IBIDEM) serve docs ibidem examples

ask: setup  ## ask the running server, or work alone:  make ask Q="..."
	@$(IBIDEM) status --json | grep -q '"sources": \[{' || $(IBIDEM) add docs ibidem examples
	@$(IBIDEM) ask "$(Q)"

test:  ## set up, lint, types, and every test
	@$(MAKE) --no-print-directory -j2 setup-dev test-page $(QUICK_CLIENTS)
	@.venv/bin/ruff format -q --check ibidem tests bench && .venv/bin/ruff check -q ibidem tests bench && .venv/bin/mypy
	@$(PY) -m pytest -n 2 --dist loadfile

test-page: page
	@if command -v npm >/dev/null; then cd web && npm run --silent types && npm run --silent test; fi

# Programs that speak to Ollama, OpenAI or MCP, each from a lock file of its own. Without Node those of npm are skipped.
$(CLIENTS)/%/node_modules/.stamp: $(CLIENTS)/%/package-lock.json $(CLIENTS)/%/.npmrc
	@cd $(CLIENTS)/$* && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

$(CLIENTS)/%/.venv/.stamp: $(CLIENTS)/%/requirements.lock
	@test -x $(CLIENTS)/$*/.venv/bin/python || python3 -m venv $(CLIENTS)/$*/.venv
	@if command -v uv >/dev/null; then uv pip install -q --python $(CLIENTS)/$*/.venv/bin/python --require-hashes -r $<; \
	 else $(CLIENTS)/$*/.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r $<; fi
	@touch $@

clients: setup-dev $(QUICK_CLIENTS) $(SLOW_CLIENTS)  ## every client program against a real server, aider and Continue among them
	@$(PY) -m pytest tests/clients -q -o addopts="" --clients

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
	@rm -rf .venv build *.egg-info ibidem/api/page web/node_modules $(CLIENTS)/*/node_modules $(CLIENTS)/*/.venv
