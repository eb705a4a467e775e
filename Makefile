# `make` lists what there is. Everything runs in .venv, made on first use from pinned requirements.
.DEFAULT_GOAL := help
.PHONY: help demo run test test-browser screenshots bench-studio drill bench-media test-gpu lint clean
.DELETE_ON_ERROR:

PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip install -qq --disable-pip-version-check --requirement
PACKAGES := lumiku credits avatars pose_generator
VISION := $(or $(VISION_MODELS),var/vision)/face_detection_full_range_sparse.tflite
# The stack and the suite set their own environment; this only lets `manage.py` load without secrets.
demo run lint test-browser screenshots bench-studio test-gpu bench-media $(VISION): export DEBUG := 1

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 20

demo: .venv/run.stamp $(VISION) ## order 4 poses x 2 pictures on a private stack; pictures in out/
	@$(PYTHON) manage.py demo $(ARGS)

run: .venv/run.stamp $(VISION) ## keep the studio and the API at http://localhost:4000 (PORT=...)
	@$(PYTHON) manage.py up $(ARGS)

test: .venv/dev.stamp $(VISION) ## all tests, on SQLite and on PostgreSQL (ARGS="-k ledger")
	@$(PYTHON) -m lumiku.management.suite $(ARGS)

test-browser: .venv/dev.stamp $(VISION) ## the studio in Chromium, installed by apt if it is missing (minutes)
	@$(PYTHON) -m lumiku.studio.tests.browser.chromium
	@$(PYTHON) -m pytest lumiku/studio/tests/browser/check_*.py $(ARGS)

screenshots: .venv/dev.stamp $(VISION) ## every page of the studio, two widths, light and dark; in out/studio
	@$(PYTHON) -m lumiku.studio.tests.browser.chromium
	@$(PYTHON) -m lumiku.studio.tests.browser.screenshots $(ARGS)

bench-studio: .venv/dev.stamp $(VISION) ## first paint, layout shift and bytes of every page of the studio
	@$(PYTHON) -m lumiku.studio.tests.browser.chromium
	@$(PYTHON) -m lumiku.studio.tests.browser.figures

drill: .venv/dev.stamp ## kill processes, empty Redis, measure (minutes)
	@$(PYTHON) -m lumiku.management.suite --drill $(ARGS)

bench-media: .venv/dev.stamp $(VISION) ## CPU per step of a picture: decode, exports, matte (a minute)
	@$(PYTHON) -m pose_generator.tests.media_bench

test-gpu: .venv-gpu/gpu.stamp ## the diffusers backend on tiny random weights (own .venv-gpu)
	@HF_HUB_OFFLINE=1 .venv-gpu/bin/python -m pytest lumiku/backends/tests/gpu/check_*.py $(ARGS)

lint: .venv/dev.stamp ## style, types, layers, migrations, API schema
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(PACKAGES)
	$(PYTHON) -m pose_generator.posing.check
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PYTHON) manage.py makemigrations --check
	$(PYTHON) manage.py spectacular --validate --fail-on-warn >/dev/null

clean: ## remove .venv, caches, pictures, and all data of demo and run
	rm -rf .venv .venv-gpu var out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(PACKAGES) -name __pycache__ -prune -exec rm -rf {} +

# A name on PATH may be a shim for a Python that is not there, or lack venv: ask each.
.venv/bin/python:
	@for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
		then echo "Making .venv with $$python"; exec $$python -m venv .venv; fi; \
	done; \
	echo "Lumiku needs Python 3.11, 3.12 or 3.13 with venv: install one and run make again." >&2; exit 1

.venv/run.stamp: requirements.txt | .venv/bin/python
	@echo "Installing $<"
	@$(PIP) $<
	@touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt | .venv/bin/python
	@echo "Installing $<"
	@$(PIP) $<
	@touch $@ .venv/run.stamp

# The CUDA libraries that torch brings are of no use to anything else here, hence an environment of its own.
.venv-gpu/gpu.stamp: requirements-gpu.txt requirements-dev.txt requirements.txt | .venv/bin/python
	@echo "Installing $< (minutes, and gigabytes where torch comes with CUDA)"
	@$(PYTHON) -m venv .venv-gpu
	@$(PIP:$(PYTHON)%=.venv-gpu/bin/python%) $< --requirement requirements-dev.txt
	@touch $@

# Without these files everything works but finding people in photos, so a failure here stops nothing; the next make tries
# again.
$(VISION): | .venv/run.stamp
	@echo "Fetching the vision models (36 MB, once)"
	@$(PYTHON) manage.py fetch_vision_models || echo "Going on without them."
