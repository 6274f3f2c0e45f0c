# Every target is a line into `python -m bookkit`, pytest or tools/; `make help` lists them.
VENV    := .venv
RUN     := $(VENV)/bin/python
# An environment that was finished is brought up to date with its own Python; else python3 makes it anew.
PYTHON  ?= $(shell ls $(VENV)/.ready* >/dev/null 2>&1 && $(RUN) -V >/dev/null 2>&1 && echo $(RUN) || echo python3)
PROFILE ?= full
EDITION ?= open
PORT    ?= 8000
WANTED  := requirements.txt requirements-cuda.txt pyproject.toml
# The name of this file is a digest of what the environment is made from: time stamps say nothing.
DIGEST  := import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read() + sys.version[:4].encode()).hexdigest()[:16])
READY   := $(VENV)/.ready-$(shell cat $(WANTED) | $(PYTHON) -c '$(DIGEST)' 2>/dev/null)
READY   := $(READY)$(shell $(RUN) -V >/dev/null 2>&1 || echo -never)
PIP     := $(RUN) -m pip install --disable-pip-version-check
# CPU=1 takes PyTorch's CPU-only build (1 GB in place of 6) from its own index, where it has other hashes.
TORCH   := $(PIP) --no-deps --index-url https://download.pytorch.org/whl/cpu -r binder/torch.txt
LARGE   := echo "PyTorch's own index cannot be reached: this takes its large build."

.DEFAULT_GOAL := help
.PHONY: help book pdf epub serve test soak binder bench lint screenshot clean

help:  ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "This needs Python 3.11 or newer: make PYTHON=/path/to/it")'
	@echo "Environment in $(VENV): several minutes and up to 6 GB the first time"
	@[ "$(PYTHON)" = "$(RUN)" ] || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $(VENV)/.ready*
	@began=$$(date +%s); $(if $(CPU),$(TORCH) || { $(LARGE); false; },false) || cuda="-r requirements-cuda.txt"; \
	  $(PIP) --require-hashes --only-binary :all: -r requirements.txt $$cuda \
	  && $(PIP) --quiet --no-deps --no-build-isolation -e . \
	  && echo "  done in $$(( $$(date +%s) - began )) s"
	@touch $(@:-never=)

book: $(READY)  ## make the site in _build/html (PROFILE=quick: a preview; EDITION=course: without solutions, in _build/course/html; DATA=folder: other IDX files; CPU=1)
	@$(RUN) -m bookkit build --profile $(PROFILE) --edition $(EDITION) $(if $(DATA),--data "$(DATA)")

pdf: $(READY)  ## print the finished book into one PDF, which its pages then offer (EDITION=course)
	@$(RUN) tools/chromium.py
	@$(RUN) -m bookkit pdf --edition $(EDITION)

epub: $(READY)  ## pack the finished book into one EPUB, which its pages then offer (EDITION=course)
	@$(RUN) tools/chromium.py
	@$(RUN) -m bookkit epub --edition $(EDITION)

serve: $(READY)  ## serve the site and print its address (PORT=8000; EDITION=course)
	@$(RUN) -m bookkit serve --port $(PORT) --edition $(EDITION)

test: export PYTHONDONTWRITEBYTECODE :=  # hundreds of processes would compile the same files
test: $(READY)  ## run every test
	@$(RUN) -m bookkit parts
	@$(RUN) tools/chromium.py
	@$(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

soak: $(READY)  ## long trials, such as builds of this book that are interrupted at random moments: half an hour
	@$(RUN) -m pytest -m soak tests

binder: $(READY)  ## go through what Binder does with the finished book, in a new environment: 10 minutes and up to 7 GB
	@$(RUN) tests/binder/rehearsal.py

bench: $(READY)  ## measure speed for the performance page, half an hour (PARTS="headline speed": these alone)
	@FIRSTCNN_PROFILE=$(PROFILE) $(RUN) tests/benchmarks/benchmark.py $(PARTS)

lint: $(READY)  ## check format and style
	@$(RUN) -m ruff format --check . && $(RUN) -m ruff check .
	@$(RUN) -m bookkit parts
	@$(VENV)/bin/node node_modules/eslint/bin/eslint.js --max-warnings=0 .

screenshot: $(READY)  ## take the README's picture from the finished site
	@$(RUN) tools/chromium.py
	@$(RUN) tools/screenshot.py

clean:  ## remove what builds made (the environment, data and trained networks stay)
	@rm -rf _build .executed
