# What there is to do here. Settings, each of which can be given on the command line or in the environment:
DATA_DIR ?= data
HOST ?= 127.0.0.1
PORT ?= 8888
VENV ?= .venv
TOOLS ?= .tools
CARGO_TARGET_DIR ?= target
CARGO ?= cargo
# The model that is served, and the service that rows are replayed to
MODEL ?= notebooks/model.json
URL ?= http://127.0.0.1:$(or $(SERVICE_PORT),8000)
# auto: in Docker or podman if one answers, else on this machine itself; or docker, podman, native
ENGINE ?= auto
IMAGE ?= isoforest-jupyter
CONTAINERS = $(or $(filter docker podman,$(ENGINE)),docker)
PYTHON3 ?= python3

export DATA_DIR ENGINE HOST IMAGE PORT VENV TOOLS CARGO_TARGET_DIR

.DEFAULT_GOAL := help
.PHONY: help setup run image library notebooks html latency test browser image-test programs serve replay service-image service-venv service-test service-bench up down logs open monitoring-venv monitoring-test monitoring-e2e dashboard-preview bench instructions interchange-venv interchange-test check data clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  Settings: DATA_DIR, MODEL, REPLAY, URL, HOST and PORT (of JupyterLab), ROCKET_PORT (of make serve), SERVICE_PORT, GRAFANA_PORT, PROMETHEUS_PORT (of make up), ENGINE, IMAGE, VENV, TOOLS, CARGO_TARGET_DIR. Example: PORT=8889 DATA_DIR=~/csv make run\n'

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

html: setup ## Writes the notebooks as HTML pages that draw offline, into target/html
	@"$(VENV)/bin/python" jupyter/export_html.py

latency: setup ## Times the notebooks natively, in the image and beside Python; writes the README's table
	@"$(VENV)/bin/python" jupyter/latency.py --readme README.md $(LATENCY)

test: setup ## Runs every test but those from outside: browser, image-test, service-test, interchange-test, monitoring-test, monitoring-e2e
	$(CARGO) test --locked -p isoforest-schema
	$(CARGO) test --locked -p isoforest --release --features notebook,cli
	$(CARGO) test --locked -p isoforest-service
	$(PYTHON3) jupyter/tests/prelude.py
	"$(VENV)/bin/python" jupyter/tests/kernel.py
	"$(VENV)/bin/python" jupyter/tests/messages.py
	"$(VENV)/bin/python" jupyter/execute.py --output-dir "$(CARGO_TARGET_DIR)/notebooks"

browser: setup ## Does in a real browser what a newcomer does (wants Debian's chromium)
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/browser
	"$(VENV)/bin/python" jupyter/tests/exported_html.py

image-test: setup ## Runs the Jupyter image as a user would: in a browser, and without a network
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/image.py

programs: # the service, the replay and the command line
	@$(CARGO) build --locked --release -p isoforest-service
	@$(CARGO) build --locked --release -p isoforest --features cli

serve: programs ## Builds and starts the service at http://127.0.0.1:8000 with notebooks/model.json (MODEL)
	@if [ ! -f "$(MODEL)" ]; then \
	  echo "isoforest: there is no $(MODEL) yet; training on $(DATA_DIR)/train.csv, as train.ipynb does"; \
	  "$(CARGO_TARGET_DIR)/release/isoforest" train "$(DATA_DIR)/train.csv" --output "$(MODEL)" --random-state 16 --contamination 0.001; \
	fi
	@exec "$(CARGO_TARGET_DIR)/release/isoforest-service" --model "$(MODEL)"

replay: programs ## Sends data/test.csv to the service, 400 rows a second (or as REPLAY says: REPLAY="--loop --shift mean=3")
	@"$(CARGO_TARGET_DIR)/release/replay" "$(DATA_DIR)/test.csv" --url "$(URL)" --score-share 0.25 $(or $(REPLAY),--rate 400)

service-image: ## Builds the service's image, isoforest-service
	$(CONTAINERS) build --tag isoforest-service --file service/Dockerfile .

service-venv:
	@[ -d "$(TOOLS)/service-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/service-venv"
	@"$(TOOLS)/service-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r service/tests_external/requirements.txt

service-test: programs service-venv ## Tests the running service: scikit-learn, schemathesis, Prometheus, load, a browser
	set -e; for test in readme_calls parity hostile_clients api_conformance prometheus_scrape reload_under_load docs_page; do \
	  "$(TOOLS)/service-venv/bin/python" service/tests_external/$$test.py; done
	"$(TOOLS)/service-venv/bin/python" service/tests_external/readme_calls.py --file service/README.md

service-bench: programs service-venv ## Measures the service beside an empty route and FastAPI; writes the table of service/README.md
	@$(CARGO) build --locked --release -p isoforest-service --examples
	"$(TOOLS)/service-venv/bin/python" service/bench/serve.py --readme service/README.md

up: ## Starts service, Prometheus, Alertmanager, Grafana and Caddy (ENGINE=native: without containers or Grafana)
	@$(if $(filter file,$(origin MODEL)),,MODEL="$(MODEL)") $(PYTHON3) monitoring/stack up

down: ## Ends them; their data is kept
	@$(PYTHON3) monitoring/stack down

logs: ## Shows what they say
	@$(PYTHON3) monitoring/stack logs

open: ## Prints their addresses and users, and what runs
	@$(PYTHON3) monitoring/stack open

monitoring-venv:
	@[ -d "$(TOOLS)/monitoring-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/monitoring-venv"
	@"$(TOOLS)/monitoring-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r monitoring/tests/requirements.txt

monitoring-test: monitoring-venv ## Checks the stack's files, rules, dashboard and commands (wants Debian's prometheus, prometheus-alertmanager)
	cd monitoring && promtool test rules prometheus/tests/*.test.yml
	"$(TOOLS)/monitoring-venv/bin/python" monitoring/tests/lint.py
	$(PYTHON3) monitoring/tests/commands.py

monitoring-e2e: programs monitoring-venv ## Brings the stack up, sends rows, breaks it and sees it heal (E2E=docker: in containers)
	PATH="$$PATH:$(abspath $(TOOLS)/monitoring-venv)/bin" $(PYTHON3) monitoring/tests/end_to_end.py $(or $(E2E),native)

dashboard-preview: monitoring-venv ## Draws the dashboard with the numbers of the Prometheus that runs
	"$(TOOLS)/monitoring-venv/bin/python" monitoring/grafana/preview.py

bench: ## Compares speed with scikit-learn, isotree and a Rust crate; writes crate/benches/RESULTS.md (BENCH=--quick, BENCH=--scale)
	@$(PYTHON3) crate/benches/compare $(BENCH)

instructions: ## Counts the instructions of scoring a row, with a limit (wants Debian's valgrind)
	$(PYTHON3) crate/benches/instructions.py

interchange-venv:
	@mkdir -p "$(TOOLS)"
	@[ -d "$(TOOLS)/interchange-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/interchange-venv"
	@"$(TOOLS)/interchange-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r crate/tests_external/requirements.txt

interchange-test: programs interchange-venv ## Tests import and export beside scikit-learn, onnxruntime, PostgreSQL, Graphviz (wants Debian's postgresql, graphviz)
	set -e; for test in import_sklearn export_onnx export_sql export_dot; do \
	  "$(TOOLS)/interchange-venv/bin/python" crate/tests_external/$$test.py; done

check: ## Runs what CI runs
	.ci/run

data: ## Makes data/train.csv and data/test.csv again: the same seed, the same bytes
	$(CARGO) run --locked --release -p isoforest --features cli -- generate --output data

clean: ## Ends the stack and removes its data and everything that was built or installed here
	-$(PYTHON3) monitoring/stack down --volumes
	$(CARGO) clean
	rm -rf "$(VENV)" "$(TOOLS)"
