# Zhisong: `make demo` to try it, `make test` to prove it, `make help` for the rest.
PYTHON ?= python3
RUN = .venv/bin/python
SHELL = /bin/sh
# compiled modules apart from the tree, whatever the shell says: later starts are twice as quick
export PYTHONPYCACHEPREFIX = $(CURDIR)/var/cache/pyc
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL = help
.PHONY: help setup demo demo-reset services reset test lint bench bench-crowd bench-orders bench-hosts bench-routing oversell crash soak fuzz requirements backup restore

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## the environment in .venv and the catalogues (each target below calls it)
	@command -v $(PYTHON) >/dev/null || { echo "setup: Python 3.11 or newer is needed. Debian, Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) backend/config/setup.py

demo: setup ## the whole system on this machine until Ctrl-C (ZS_PORT=9000 for another port, ZS_PLAY=0 to act every role yourself)
	@exec $(RUN) -m backend.config.demo

demo-reset: setup ## the same from empty stores
	@exec $(RUN) -m backend.config.demo reset

reset: setup ## remove this checkout's data: stores, letters, photos
	@$(RUN) -m backend.config.demo reset-only

services: setup ## PostgreSQL and Valkey alone, for `python -m backend ...` by hand
	@exec $(RUN) -m backend.config.services

bench: setup ## medians of giving, pages and planning, on services of its own
	@$(RUN) -m backend.config.bench

bench-crowd: setup ## a large gift beside small ones, callbacks, expiry, refunds and kept pages, measured
	@$(RUN) -m backend.config.bench_crowd

bench-routing: setup ## plans beside PyVRP, VROOM and OR-Tools: INSTANCES=folder of .vrp and .txt files, ARGS="--seconds 30 --cores 2"
	@test -n "$(INSTANCES)" || { echo "bench-routing: INSTANCES=folder is wanted, with bks.json beside the files if you have it; github.com/PyVRP/Instances and github.com/VROOM-Project/vroom-scripts keep the public ones" >&2; exit 1; }
	@test -x var/bench-routing/bin/python || $(PYTHON) -m venv var/bench-routing
	@var/bench-routing/bin/python -m pip install -q -r routing/peers/requirements.txt
	@$(RUN) -m routing.rivals $(INSTANCES) --python var/bench-routing/bin/python $(ARGS)

bench-orders: setup ## gifts a second through the door beside pgbench, bare Django and django-oscar (QUICK=1, APART=1)
	@$(RUN) -m backend.config.bench_orders

bench-hosts: setup ## the same crowd over WEBS=1,2,4 web processes on one database: cost per gift in web and database
	@$(RUN) -m backend.config.proofs.hosts

oversell: setup ## buyers at the door want what there is little of: exactly the stock (ROUNDS=200 SEED=1 BUYERS=64 MOST=1000 WEBS=1)
	@$(RUN) -m backend.config.proofs.oversell

crash: setup ## kill -9 of PostgreSQL, web, worker, beat and Valkey under a giving crowd (ROUNDS=50 SEED=1 WEBS=1)
	@$(RUN) -m backend.config.proofs.crash

soak: setup ## half the top rate for MINUTES=30: memory, latency and tables must stay flat (RATE=200 to choose; plot in var/soak)
	@$(RUN) -m backend.config.proofs.soak

fuzz: setup ## properties and the supplier API with 25 times the usual budget (ZS_FUZZ=100 for more)
	@$(RUN) -m pytest -m hypothesis --hypothesis-profile=fuzz --timeout 0
	@ZS_FUZZ=$${ZS_FUZZ:-25} $(RUN) -m pytest --timeout 0 tests/journeys/test_conservation.py tests/journeys/test_supplier_fuzz.py

backup: setup ## the database and photos as files in var/backups
	@$(RUN) -m backend.config.backup

restore: setup ## both from a backup into an empty database (FILE=var/backups/zhisong-….dump)
	@$(RUN) -m backend.config.backup restore $(FILE)

requirements: setup ## pin again what requirements.in names (UPGRADE=--upgrade for newer versions)
	@$(RUN) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(UPGRADE) -o requirements.txt requirements.in

test: setup ## the whole suite against services of its own
	@$(RUN) -m pytest -n 2 --dist loadgroup

lint: setup ## style, types, import contracts, translations and migrations in step
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check -q .
	@$(RUN) -m mypy
	@$(RUN) .venv/bin/lint-imports
	@$(RUN) -m backend translations --check
	@$(RUN) -W ignore::RuntimeWarning -m backend makemigrations --check --dry-run
