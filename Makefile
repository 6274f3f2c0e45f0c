# Every target is a line into `python -m bookkit` or pytest; `make help` lists them.
PYTHON  ?= python3
PROFILE ?= full
EDITION ?= open
PORT    ?= 8000
VENV    := .venv
RUN     := $(VENV)/bin/python
READY   := $(VENV)/.ready
# CPU=1 takes PyTorch's CPU-only build (1 GB in place of 6) where its own index can be reached.
INDEX   := $(if $(CPU),--extra-index-url https://download.pytorch.org/whl/cpu)

.DEFAULT_GOAL := help
.PHONY: help book serve test binder bench lint screenshot clean

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "This needs Python 3.11 or newer: make PYTHON=/path/to/it")'
	@echo "Environment in $(VENV): several minutes and up to 6 GB the first time"
	@$(PYTHON) -m venv $(VENV)
	@began=$$(date +%s); $(RUN) -m pip install --disable-pip-version-check $(INDEX) -r requirements.txt \
	  && $(RUN) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e . \
	  && echo "  done in $$(( $$(date +%s) - began )) s"
	@touch $@

book: $(READY)  ## make the site in _build/html (PROFILE=quick: a preview; EDITION=course: without solutions, in _build/course/html; DATA=folder: other IDX files; CPU=1)
	@$(RUN) -m bookkit build --profile $(PROFILE) --edition $(EDITION) $(if $(DATA),--data "$(DATA)")

serve: $(READY)  ## serve the site and print its address (PORT=8000; EDITION=course)
	@$(RUN) -m bookkit serve --port $(PORT) --edition $(EDITION)

test: $(READY)  ## run every test
	@$(RUN) -m bookkit parts
	@$(RUN) -m bookkit browser
	@$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

binder: $(READY)  ## go through what Binder does with the finished book, in a new environment: 10 minutes and up to 7 GB
	@$(RUN) tests/binder/rehearsal.py

bench: $(READY)  ## measure speed for the performance page, half an hour (PARTS="headline speed": these alone)
	@FIRSTCNN_PROFILE=$(PROFILE) $(RUN) tests/benchmarks/benchmark.py $(PARTS)

lint: $(READY)  ## check format and style
	@$(RUN) -m ruff format --check . && $(RUN) -m ruff check .
	@$(RUN) -m bookkit parts
	@$(VENV)/bin/node node_modules/eslint/bin/eslint.js --max-warnings=0 .

screenshot: $(READY)  ## take the README's picture from the finished site
	@$(RUN) -m bookkit browser
	@$(RUN) -m bookkit screenshot

clean:  ## remove what builds made (the environment, data and trained networks stay)
	@rm -rf _build .executed
