# `make demo` on a fresh machine needs python3.11 and make, and a network to install from.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
GRAPHIQL_SOURCES := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install demo test lint graphiql clean
.DEFAULT_GOAL := install

install: $(VENV)/.installed $(VENV)/.graphiql

demo: install
	$(BIN)/graph-api demo

test: install $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --maxprocesses 4

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Build GraphiQL again, say after installing npm.
graphiql:
	rm -f $(VENV)/.graphiql
	$(MAKE) install

clean:
	rm -rf $(VENV) web/node_modules graph_api/static/graphiql dist build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find graph_api tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's python3.11 comes without the module that puts pip into a virtual environment.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or later is needed: install it, or name it: make PYTHON=/path/to/python3.11' >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$package; \
	  else \
	    echo "$(PYTHON) cannot make a virtual environment. Run: sudo apt-get install -y $$package" >&2; \
	    exit 1; \
	  fi; }
	$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: $(BIN)/pip pyproject.toml constraints.txt
	$(PIP_INSTALL) -e '.'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP_INSTALL) -e '.[dev]'
	@touch $@

# The service runs without GraphiQL, so what prevents its build is said and does not fail `install`.
$(VENV)/.graphiql: $(GRAPHIQL_SOURCES) | $(VENV)/.installed
	@if [ ! -f web/package.json ]; then \
	  echo 'GraphiQL is not built: there is no web/package.json. The API works without it.'; \
	elif ! command -v npm >/dev/null; then \
	  echo 'GraphiQL is not built: there is no npm (install Node.js 20.19 or later, then make graphiql).'; \
	  echo 'The API works without it.'; \
	elif ! { cd web && npm ci --fetch-retries=1 && npm run build; }; then \
	  echo 'GraphiQL is not built: npm failed, see above (then make graphiql). The API works without it.'; \
	fi
	@touch $@
