# Everything here needs only make and Python 3.11 or newer with its venv module; `make` lists the commands.

PYTHON ?= python3
DEMO_OUTPUT ?= demo_output
# Where the app listens, on this machine alone.
PORT ?= 8501
# Processes that share the tests, each with one torch thread.
WORKERS ?= 2

# What pytest says where it collected nothing: a line of it tells that there is no browser.
NO_BROWSER := 5

# Busy cores make torch's threads spin: 50 times slower without this.
export OMP_WAIT_POLICY := passive

BIN := .venv/bin
UV_PIP := $(BIN)/uv pip
READY := .venv/.installed-

# What each purpose needs beside the library and its demo.
GROUPS_test := --group test --group peers
GROUPS_lint := --group lint
GROUPS_docs := --group docs
EXTRAS_app := ,app
# The types of the app are those of what it is built on.
EXTRAS_lint := ,app

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo app test slow lint types docs generate pictures bench constraints clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY)demo ## set up, explain photos, a table and sonar scenes, and say where the report is
	@$(BIN)/xaivision demo --output $(DEMO_OUTPUT)
	@echo "The demo is in $(abspath $(DEMO_OUTPUT))"

app: $(READY)app ## set up and open the app in the browser
	@$(BIN)/xaivision app --port $(PORT)

test: $(READY)test ## set up and run the default tests
	@$(BIN)/python -m pytest -n $(WORKERS)

# A browser, the app and the model that it waits for share the cores with no other test.
slow: $(READY)test ## run the tests that take more than about ten seconds each
	@$(BIN)/python -m pytest -n $(WORKERS) -m slow --ignore tests/e2e
	@$(BIN)/python -m pytest -m slow tests/e2e || [ $$? -eq $(NO_BROWSER) ]

lint: $(READY)lint ## check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(READY)lint ## check the library's types
	@$(BIN)/mypy

docs: $(READY)docs ## build the documentation in docs/_build/html, warnings are errors
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "The documentation is in $(abspath docs/_build/html)/index.html"

generate: $(READY)docs ## write the generated tables into README.md and docs/
	@$(BIN)/python docs/generate.py

pictures: $(READY)demo ## draw the pictures in README.md and docs/ anew
	@$(BIN)/python docs/pictures.py

bench: $(READY)test $(READY)docs ## measure beside the peers and write the results into docs/benchmarks.md
	@$(BIN)/python -m benchmarks
	@$(BIN)/python docs/generate.py

constraints: $(BIN)/uv ## renew the pins after a change of pyproject.toml
	@env -u UV_TORCH_BACKEND $(UV_PIP) compile pyproject.toml --universal --python-version 3.11 --quiet \
		--extra demo --group setup $(GROUPS_test) $(GROUPS_lint) $(GROUPS_docs) --group quantus --no-header --no-annotate -o constraints.txt
	@! grep -nE '://|@' constraints.txt || { echo "constraints.txt must hold no address."; exit 1; }

clean: ## remove the environment and everything else these commands wrote
	rm -rf .venv $(DEMO_OUTPUT) dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv links files from its cache where it can and warns where it cannot: told to copy there, it has nothing to warn of.
$(READY)%: pyproject.toml constraints.txt | $(BIN)/uv
	@echo "Installing what 'make $*' needs. The first time fetches gigabytes; with UV_TORCH_BACKEND=cpu, far less."
	@probe="$$($(BIN)/uv cache dir)/.probe-$$$$"; mkdir -p "$${probe%/*}"; \
		ln .venv/pyvenv.cfg "$$probe" 2>/dev/null && rm "$$probe" || export UV_LINK_MODE="$${UV_LINK_MODE:-copy}"; \
		$(UV_PIP) install --python $(BIN)/python -c constraints.txt -e '.[demo$(EXTRAS_$*)]' $(GROUPS_$*)
	@touch $@

$(BIN)/uv:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "There is no $(PYTHON): install Python 3.11 or newer, or name one, as in: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Python 3.11 or newer is needed. Name one, as in: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make environments: install its venv package (Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
