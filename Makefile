# `make rehearse` and `make test` do everything, set-up included, on a machine with Python, Java and Maven.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: rehearse docker-base compose test lint fmt bench worlds soak e2e clean

rehearse: .venv
	$(BIN)/kmig rehearse first-wave $(if $(RUNTIME),--runtime $(RUNTIME))

# where no image can be pulled: kmig-base is for KMIG_BASE_IMAGE and RUNTIME=docker, kmig-base-python for compose/kmig
docker-base:
	compose/kafka/base.sh kmig-base

# the clusters of compose/rehearsal.yaml, up and with their users; TARGET=automq for AutoMQ and an object store
FOLDER ?= trial
compose: .venv
	$(BIN)/python -m migrate.rehearse.compose $(FOLDER) $(TARGET)

# crash tests write a thousand small folders: in memory, where there is room
ROOM := $(shell test $$(df -Pk /dev/shm 2>/dev/null | awk 'NR==2 {print $$4}' | grep . || echo 0) -gt 4000000 && echo TMPDIR=/dev/shm)

# by their folders and not by their marks: what does not run is not even read; what takes longest begins
LIVE := tests/moving tests/live
UNIT := $(foreach folder,$(LIVE) tests/e2e,--ignore=$(folder))

test: .venv
	$(ROOM) $(BIN)/pytest -q -n 3 --dist worksteal --durations=10 $(UNIT)
	$(BIN)/pytest -q -n 3 --dist loadscope --no-loadscope-reorder --durations=10 $(LIVE)

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: .venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.inventory
	$(BIN)/python -m bench.plan
	$(BIN)/python -m bench.boundary
	$(BIN)/python -m bench.replay
	$(BIN)/python -m bench.data
	$(BIN)/python -m bench.offsets

# whole migrations in simulated worlds: prints each seed that breaks a promise; an interrupted run goes on
SEEDS ?= 1000
FROM ?= 0
worlds: .venv
	@$(BIN)/python -m tests.worlds seeds $(SEEDS) $(FROM)

# every kill point and every example: some two minutes; every probe against four targets, which writes docs/protocol.md: some seven minutes;
# twenty random histories through a real MirrorMaker 2: some twenty minutes; 20,000 simulated worlds: hours
soak: .venv
	$(BIN)/pytest -q -n 2 --thorough tests/execute tests/plan tests/cli/test_hostile_names.py
	$(BIN)/python -m tests.protocol_page
	$(BIN)/python -m tests.moving.soak
	$(BIN)/python -m tests.worlds seeds 20000

# the report in headless Chromium, whole jobs with live clients, secrets in an OpenBao server, rehearsals in Docker,
# the table of histories on real clusters: some eight minutes
# (Debian's packages chromium, chromium-driver, docker.io, debootstrap, docker-compose; root for the engine it starts)
e2e: .venv
	$(BIN)/pytest -q -n 2 --dist loadfile --durations=10 tests/e2e

.venv: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,bench]' || (rm -rf .venv; exit 1)
	touch .venv

clean:
	rm -rf .venv rehearsals
