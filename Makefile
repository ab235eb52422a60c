PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test train bench

demo: .venv/demo-ready  ## open the page on 127.0.0.1:7860
	$(BIN)/python demo.py $(ARGS)

test: .venv/test-ready  ## lint, then all tests; the page is tested in Chromium where there is one
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m pytest $(ARGS)

train: .venv/demo-ready  ## fit the default recipe: a new folder in runs/
	$(BIN)/python train.py $(ARGS)

bench: .venv/demo-ready  ## the figures of the README
	$(BIN)/python -m bench.drawn $(ARGS)

.venv/demo-ready: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

.venv/test-ready: requirements-dev.txt .venv/demo-ready
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@
