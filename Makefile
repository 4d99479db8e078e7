# What there is to do here. Settings, each of which can be given on the command line or in the environment:
DATA_DIR ?= data
HOST ?= 127.0.0.1
PORT ?= 8888
VENV ?= .venv
TOOLS ?= .tools
CARGO_TARGET_DIR ?= target
CARGO ?= cargo
# auto: in Docker or podman if one answers, else on this machine itself; or docker, podman, native
ENGINE ?= auto
IMAGE ?= isoforest-jupyter
PYTHON3 ?= python3

export DATA_DIR ENGINE HOST IMAGE PORT VENV TOOLS CARGO_TARGET_DIR

.DEFAULT_GOAL := help
.PHONY: help setup run image library notebooks latency test browser image-test check data clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  Settings: DATA_DIR, HOST, PORT, ENGINE, IMAGE, VENV, TOOLS, CARGO_TARGET_DIR. Example: PORT=8889 DATA_DIR=~/csv make run\n'

setup:
	@$(PYTHON3) jupyter/setup.py

run: ## Opens JupyterLab at http://127.0.0.1:8888 (the first time builds for about 12 minutes)
	@$(PYTHON3) jupyter/run.py

image: ## Builds the Jupyter image (make run does so too, where Docker or podman answers)
	@$(PYTHON3) jupyter/container.py build

library: ## Builds the library for the notebooks again, after a change in crate/
	@$(PYTHON3) jupyter/setup.py library

notebooks: setup ## Runs both notebooks from scratch and rewrites their outputs
	@"$(VENV)/bin/python" jupyter/execute.py

latency: setup ## Prints how long the notebooks' cells take
	@"$(VENV)/bin/python" jupyter/latency.py

test: setup ## Runs every test but the browser's (make browser)
	$(CARGO) test --locked -p isoforest-schema
	$(CARGO) test --locked -p isoforest --release --features notebook,cli
	$(PYTHON3) jupyter/tests/prelude.py
	"$(VENV)/bin/python" jupyter/tests/kernel.py
	"$(VENV)/bin/python" jupyter/execute.py --output-dir "$(CARGO_TARGET_DIR)/notebooks"

browser: setup ## Runs exploration.ipynb in a real browser (wants Debian's chromium)
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/browser.py

image-test: setup ## Runs the Jupyter image as a user would: in a browser, and without a network
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/image.py

check: ## Runs what CI runs
	.ci/run

data: ## Makes data/train.csv and data/test.csv again: the same seed, the same bytes
	$(CARGO) run --locked --release -p isoforest --features cli -- generate --output data

clean: ## Removes everything that was built or installed here
	$(CARGO) clean
	rm -rf "$(VENV)" "$(TOOLS)"
