.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help
help: ## show what can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2}'

.venv/.ready: uv.lock pyproject.toml infra/cli/launcher.sh infra/console_assets/package-lock.json
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync --quiet --frozen --all-extras
	@install -m 755 infra/cli/launcher.sh $(BIN)/leadspine
	@$(BIN)/python -m infra.console_assets
	@touch $@

.PHONY: setup
setup: .venv/.ready ## install everything into .venv, from the lock file

.PHONY: synth
synth: .venv/.ready ## make the template and its assets in cdk.out, offline (LAYERS=1 fills the dependency layers)
	@$(BIN)/python -m infra.aws.app $(if $(LAYERS),--layers)

.PHONY: schemas
schemas: .venv/.ready ## write the generated contracts, JSON Schemas and reference docs
	@$(BIN)/python -m infra.schemas

.PHONY: up
up: setup ## run the whole system on this machine, in the background
	@$(BIN)/leadspine up --detach

.PHONY: down
down: setup ## stop it; its state is kept
	@$(BIN)/leadspine down

.PHONY: check
check: .venv/.ready ## everything that can be said without running: lint, types, imports, generated files, template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m infra.schemas --check
	@$(BIN)/leadspine policy check
	@$(BIN)/python -m infra.aws.app
	@$(BIN)/cfn-lint --ignore-checks W3005 -t cdk.out/Leadspine.template.json

.PHONY: test
test: .venv/.ready ## all tests: in process on all cores, then in a browser, then journeys on the laptop cloud
	@$(BIN)/python -m pytest -n auto --dist worksteal --ignore=tests/journeys --ignore=tests/integration/local --ignore=tests/browser
	@$(BIN)/python -m pytest tests/browser
	@$(BIN)/python -m pytest tests/integration/local tests/journeys

.PHONY: worlds
worlds: .venv/.ready ## play generated worlds that try to break synchronisation and sending (SEEDS=25 FIRST=0 JOBS=2)
	@$(BIN)/python -m tests.worlds --seeds $(or $(SEEDS),25) --first $(or $(FIRST),0) --jobs $(or $(JOBS),2)

.PHONY: clean
clean: ## remove everything that was made here, except the laptop cloud's state
	@rm -rf .build cdk.out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: demo
demo: setup ## a generated B2B world through the public doors of the laptop cloud, then its funnel (LEADS=300 SEED=7)
	@$(BIN)/leadspine up --detach
	@$(BIN)/leadspine demo --leads $(or $(LEADS),300) --seed $(or $(SEED),7)

.PHONY: bench
bench: .venv/.ready ## measure speed, write units and cost; writes bench.json (QUICK=1, ONLY=insights LEADS=1000000 FACTS=50000000)
	@$(BIN)/python -m infra.bench --json bench.json $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
	  $(if $(LEADS),--leads $(LEADS)) $(if $(FACTS),--facts $(FACTS))
