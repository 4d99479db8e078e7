# Everything there is to do here. Each setting can be given on the command line or in the environment:
DATA_DIR ?= data
HOST ?= 127.0.0.1
PORT ?= 8888
VENV ?= .venv
TOOLS ?= .tools
CARGO_TARGET_DIR ?= target
CARGO ?= cargo
# The model to serve, and the service that replay sends rows to
MODEL ?= notebooks/model.json
URL ?= http://127.0.0.1:$(or $(SERVICE_PORT),8000)
# auto: in Docker or podman if one is running, else directly on this machine; or docker, podman, native
ENGINE ?= auto
IMAGE ?= isoforest-jupyter
CONTAINERS = $(or $(filter docker podman,$(ENGINE)),docker)
PYTHON3 ?= python3

export DATA_DIR ENGINE HOST IMAGE PORT VENV TOOLS CARGO_TARGET_DIR

.DEFAULT_GOAL := help
.PHONY: help cluster cluster-test cluster-e2e cluster-bench setup run image library notebooks html latency test browser image-test programs serve replay service-image service-venv service-test service-bench up down logs open monitoring-venv monitoring-test monitoring-e2e dashboard-preview bench bench-loops quality instructions interchange-venv interchange-test check data clean

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  Settings: DATA_DIR, LABELLED_DIR (of compare.ipynb), MODEL, REPLAY, URL, HOST and PORT (of JupyterLab), ROCKET_PORT (of make serve), SERVICE_PORT, GRAFANA_PORT, PROMETHEUS_PORT (of make up), ENGINE, IMAGE, VENV, TOOLS, CARGO_TARGET_DIR. Example: PORT=8889 DATA_DIR=~/csv make run\n'

setup:
	@$(PYTHON3) jupyter/setup.py

run: ## Starts JupyterLab at http://127.0.0.1:8888 (the first time it builds for about 12 minutes)
	@$(PYTHON3) jupyter/run.py

image: ## Builds the Jupyter image (make run does so too if Docker or podman is running)
	@$(PYTHON3) jupyter/container.py build

library: ## Rebuilds the library for the notebooks after a change in crate/
	@$(PYTHON3) jupyter/setup.py library

notebooks: setup ## Runs the notebooks from scratch and saves their outputs
	@"$(VENV)/bin/python" jupyter/execute.py

html: setup ## Writes the notebooks as HTML pages that work offline, into target/html
	@"$(VENV)/bin/python" jupyter/export_html.py

latency: setup ## Times the notebooks natively, in the image and against Python; writes the README's table
	@"$(VENV)/bin/python" jupyter/latency.py --readme README.md $(LATENCY)

test: setup ## Runs all tests except browser, image-test, service-test, interchange-test, monitoring-test, monitoring-e2e, cluster-test, cluster-e2e
	$(CARGO) test --locked -p isoforest-schema
	$(CARGO) test --locked -p isoforest --release --features notebook,cli
	$(CARGO) test --locked -p isoforest-service
	$(PYTHON3) jupyter/tests/prelude.py
	"$(VENV)/bin/python" jupyter/tests/kernel.py
	"$(VENV)/bin/python" jupyter/tests/messages.py
	"$(VENV)/bin/python" jupyter/execute.py --output-dir "$(CARGO_TARGET_DIR)/notebooks"

browser: setup ## Does what a newcomer does, in a real browser (needs Debian's chromium)
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/browser
	"$(VENV)/bin/python" jupyter/tests/exported_html.py

image-test: setup ## Runs the Jupyter image as a user would, without a network too (needs Docker or podman, and Debian's chromium)
	@"$(VENV)/bin/python" -m pip install --quiet --disable-pip-version-check -r jupyter/requirements-test.txt
	"$(VENV)/bin/python" jupyter/tests/image.py

programs: # the service, the replay and the command line
	@$(CARGO) build --locked --release -p isoforest-service
	@$(CARGO) build --locked --release -p isoforest --features cli

serve: programs ## Builds and starts the service at http://127.0.0.1:8000 with notebooks/model.json (or MODEL)
	@if [ ! -f "$(MODEL)" ]; then \
	  echo "isoforest: there is no $(MODEL) yet; training on $(DATA_DIR)/train.csv, as train.ipynb does"; \
	  "$(CARGO_TARGET_DIR)/release/isoforest" train "$(DATA_DIR)/train.csv" --output "$(MODEL)" --random-state 16 --contamination 0.001; \
	fi
	@exec "$(CARGO_TARGET_DIR)/release/isoforest-service" --model "$(MODEL)"

replay: programs ## Sends data/test.csv to the service, 400 rows a second (other options: REPLAY="--loop --shift mean=3")
	@"$(CARGO_TARGET_DIR)/release/replay" "$(DATA_DIR)/test.csv" --url "$(URL)" --score-share 0.25 $(or $(REPLAY),--rate 400)

service-image: ## Builds the service's image, isoforest-service
	$(CONTAINERS) build --tag isoforest-service --file service/Dockerfile .

service-venv:
	@[ -d "$(TOOLS)/service-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/service-venv"
	@"$(TOOLS)/service-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r service/tests_external/requirements.txt

service-test: programs service-venv ## Tests the running service from outside (needs Debian's prometheus, wrk, chromium)
	set -e; for test in readme_calls parity hostile_clients api_conformance prometheus_scrape reload_under_load docs_page; do \
	  "$(TOOLS)/service-venv/bin/python" service/tests_external/$$test.py; done
	"$(TOOLS)/service-venv/bin/python" service/tests_external/readme_calls.py --file service/README.md

service-bench: programs service-venv ## Compares the service with an empty route and FastAPI; writes service/README.md's table (needs Debian's wrk)
	@$(CARGO) build --locked --release -p isoforest-service --examples
	"$(TOOLS)/service-venv/bin/python" service/bench/serve.py --readme service/README.md

up: ## Starts the service, Prometheus, Alertmanager, Grafana and Caddy (ENGINE=native: no containers or Grafana, needs Debian's prometheus)
	@$(if $(filter file,$(origin MODEL)),,MODEL="$(MODEL)") $(PYTHON3) monitoring/stack up

down: ## Stops them and keeps their data
	@$(PYTHON3) monitoring/stack down

logs: ## Follows their logs
	@$(PYTHON3) monitoring/stack logs

open: ## Shows what is running, with addresses and users
	@$(PYTHON3) monitoring/stack open

monitoring-venv:
	@[ -d "$(TOOLS)/monitoring-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/monitoring-venv"
	@"$(TOOLS)/monitoring-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r monitoring/tests/requirements.txt

monitoring-test: monitoring-venv ## Checks the stack's files, rules, dashboard and commands (needs Debian's prometheus, prometheus-alertmanager)
	cd monitoring && promtool test rules prometheus/tests/*.test.yml
	"$(TOOLS)/monitoring-venv/bin/python" monitoring/tests/lint.py
	$(PYTHON3) monitoring/tests/commands.py

monitoring-e2e: programs monitoring-venv ## Starts the stack, sends rows, breaks it and checks that it heals (needs the same; E2E=docker: Docker)
	PATH="$$PATH:$(abspath $(TOOLS)/monitoring-venv)/bin" $(PYTHON3) monitoring/tests/end_to_end.py $(or $(E2E),native)

dashboard-preview: monitoring-venv ## Draws the dashboard with data from the running Prometheus (needs Debian's chromium)
	"$(TOOLS)/monitoring-venv/bin/python" monitoring/grafana/preview.py

bench: ## Compares speed with scikit-learn, isotree and a Rust crate; writes crate/benches/RESULTS.md (BENCH=--quick, --scale, "--part growth")
	@$(PYTHON3) crate/benches/compare $(BENCH)

bench-loops: ## Times each way of scoring, and explanations, with Criterion (a part: LOOPS='--bench scoring -- batch/10')
	$(CARGO) bench --locked --manifest-path crate/benches/loops/Cargo.toml --target-dir "$(CARGO_TARGET_DIR)/bench-loops" $(LOOPS)

quality: ## Compares how well outliers are found, beside nearest neighbours, scikit-learn and isotree; writes crate/quality/QUALITY.md (QUALITY=--quick)
	@$(PYTHON3) crate/quality $(QUALITY)

instructions: ## Counts the instructions that scoring a row takes, and checks a limit (needs Debian's valgrind)
	$(PYTHON3) crate/benches/instructions.py

interchange-venv:
	@mkdir -p "$(TOOLS)"
	@[ -d "$(TOOLS)/interchange-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/interchange-venv"
	@"$(TOOLS)/interchange-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r crate/tests_external/requirements.txt

interchange-test: programs interchange-venv ## Tests import and export against scikit-learn, onnxruntime, PostgreSQL, Graphviz (needs Debian's postgresql, graphviz)
	set -e; for test in import_sklearn export_onnx export_sql export_dot; do \
	  "$(TOOLS)/interchange-venv/bin/python" crate/tests_external/$$test.py; done

# Its target folder is its own: another workspace, whose lock file knows other versions.
CLUSTER_TARGET_DIR ?= cluster/target
cluster_cargo = CARGO_TARGET_DIR="$(abspath $(CLUSTER_TARGET_DIR))" $(CARGO)

cluster: ## Builds isoforest-cluster, which scores on many machines (the first time builds for about 15 minutes)
	$(cluster_cargo) build --locked --release --manifest-path cluster/Cargo.toml
	@echo "isoforest: $(CLUSTER_TARGET_DIR)/release/isoforest-cluster; cluster/README.md says what it does"

cluster-test: ## Tests isoforest-cluster: in process, and with a scheduler and executors as processes
	$(cluster_cargo) test --locked --release --manifest-path cluster/Cargo.toml

cluster-e2e: cluster ## Tests the profile cluster in containers (the image builds for about 25 minutes the first time)
	CARGO_TARGET_DIR="$(abspath $(CLUSTER_TARGET_DIR))" $(PYTHON3) cluster/tests_external/containers.py

cluster-bench: cluster ## Measures rows a second beside isoforest score; writes the figures of cluster/README.md
	@[ -d "$(TOOLS)/cluster-venv" ] || $(PYTHON3) -m venv "$(TOOLS)/cluster-venv"
	@"$(TOOLS)/cluster-venv/bin/python" -m pip install --quiet --disable-pip-version-check -r cluster/bench/requirements.txt
	"$(TOOLS)/cluster-venv/bin/python" cluster/bench/rates.py --readme cluster/README.md --program "$(CLUSTER_TARGET_DIR)/release/isoforest-cluster" $(RATES)

check: ## Runs what CI runs
	.ci/run

data: ## Regenerates data/train.csv and data/test.csv, byte for byte
	$(CARGO) run --locked --release -p isoforest --features cli -- generate --output data

clean: ## Stops the stack, removes its data and everything built or installed here, except images and monitoring/.env
	-$(PYTHON3) monitoring/stack down --volumes
	$(CARGO) clean
	rm -rf "$(VENV)" "$(TOOLS)"
