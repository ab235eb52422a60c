PYTHON ?= python3
BIN := .venv/bin
SPREAD := --numprocesses=3 --dist=loadfile --no-loadscope-reorder
OPEN := $(if $(DISPLAY)$(WAYLAND_DISPLAY)$(filter Darwin,$(shell uname)),--open)
# What PyTorch has wheels for; pip would say so in many lines.
define CHECK
import platform, sys
v, machine = sys.version_info, platform.machine()
reason = ("Python %d.%d has no PyTorch yet, or no longer" % v[:2] if not (3, 10) <= v[:2] <= (3, 14) else
          "a 32-bit Python has no PyTorch" if sys.maxsize < 2**32 else
          "Python for Intel Macs has no PyTorch after 2.2" if (sys.platform, machine) == ("darwin", "x86_64") else "")
sys.exit(reason + "; to take another Python: PYTHON=python3.12 make ..." if reason else 0)
endef
export CHECK

# Where the system's Python changed or the folder was copied, .venv may have lost its Python: it is made again.
ifneq ($(wildcard .venv/demo-ready),)
ifneq ($(shell $(BIN)/python -c "import pip; print('works')" 2>&1),works)
CLEAR := --clear
.PHONY: .venv/demo-ready
endif
endif

.PHONY: demo test train bench figures

demo: .venv/demo-ready  ## open the page on 127.0.0.1:7860
	$(BIN)/python demo.py $(OPEN) $(ARGS)

test: .venv/test-ready  ## lint, types, then all tests; the page is tested in Chromium where there is one
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	PYTHONWARNDEFAULTENCODING=1 $(BIN)/python -m pytest $(SPREAD) $(ARGS)

train: .venv/demo-ready  ## fit the default recipe: a new folder in runs/
	$(BIN)/python train.py $(ARGS)

bench: .venv/demo-ready  ## the figures of docs/results.md
	$(BIN)/python -m bench.drawn $(ARGS)

figures: .venv/demo-ready  ## the figures of README.md, and with ARGS=--all of docs/results.md: docs/figures.json
	$(BIN)/python -m bench.figures $(ARGS)

.venv/demo-ready: requirements.txt constraints.txt
	@$(PYTHON) -c "$$CHECK"
	$(PYTHON) -m venv $(CLEAR) .venv
	$(BIN)/python -m pip install --quiet --requirement requirements.txt --constraint constraints.txt
	touch $@

.venv/test-ready: requirements-dev.txt .venv/demo-ready
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt --constraint constraints.txt
	touch $@
