# `make` lists what there is. Everything runs from .venv, which is made when it is missing.

.DEFAULT_GOAL := help
PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q
LOCK := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help run test check format story browser bench-main bench-hosts bench-engine bench-ordinary bench-calibration bench-credentials scaffolds fuzz lock clean install install-dev

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: install ## Start Leakline (PORT, HOST, DATA_DIR are respected); Ctrl-C stops it
	@exec $(PY) -m config.serve

test: install-dev ## Run the tests, on SQLite unless DATABASE_URL says otherwise
	@$(PYTEST) $(ARGS)

check: install-dev ## Format, lint, types, layers, missing migrations, templates, addresses
	@$(PY) -m ruff format --quiet --check . || { echo "Not formatted: run make format" >&2; exit 1; }
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PY) -m djlint templates --lint --quiet
	@$(PY) .ci/addresses

format: install-dev ## Write Python and lint fixes the way `make check` wants them
	@$(PY) -m ruff format --quiet .
	@$(PY) -m ruff check --quiet --fix .

story: install-dev ## Run the end-to-end stories: real processes, real servers on loopback
	@$(PYTEST) -m story $(ARGS)

browser: install-dev ## Run the tests that drive Chromium
	@$(PYTEST) -m browser $(ARGS)

bench-main: install-dev ## Kill the worker 20 times during 500 polls; measure idle CPU and the first page
	@$(PY) -m tests.bench.main $(ARGS)

bench-hosts: install-dev ## Track 82,000 simulated forks, write them to both databases, and bear every fault
	@nice $(PY) -m tests.bench.hosts $(ARGS)

fuzz: install-dev ## Feed the engine hostile bytes for SECONDS (600), with atheris where it runs
	@nice -n 19 $(PY) -m tests.fuzz.run --seconds $(or $(SECONDS),600) $(ARGS)

bench-engine: install-dev ## Hold the engine and SCANOSS against disguised copies of real leaks
	@$(PY) -m tests.bench.engine $(ARGS)

bench-ordinary: install-dev ## Hold 1,000 ordinary packages against every leak: how many are accused?
	@nice $(PY) -m tests.bench.ordinary $(ARGS)

bench-calibration: install-dev ## Say what a score means, over innocent packages that nobody tuned on
	@nice $(PY) -m tests.bench.calibration $(ARGS)

bench-credentials: install-dev ## Count credentials found and missed, and false alarms in ordinary packages
	@$(PY) -m tests.bench.credentials $(ARGS)

scaffolds: install-dev ## Learn again what generators of new projects write (tests/bench/scaffolds.txt)
	@$(PY) -m tests.bench.scaffolds $(ARGS)

lock: install-dev ## Pin the newest allowed requirements, with hashes
	@$(LOCK) --upgrade pyproject.toml -o requirements/run.txt
	@$(LOCK) --upgrade --group dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	@echo uv | $(LOCK) --upgrade - -o requirements/uv.txt

clean: ## Remove .venv and caches; var/ with your data stays
	@rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

install:
	@requirements/install run

install-dev:
	@requirements/install dev
