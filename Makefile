# Affekt. `make run` opens the program on the bundled demo; `make help` names the rest.
#
# PYTHON=/path/to/python     another Python than the one found
# TORCH_INDEX=URL            another place for torch, such as https://download.pytorch.org/whl/cpu (no GPU, much smaller)

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
EXE := .exe
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python$(EXE)
AFFEKT := $(BIN)/affekt$(EXE)
PIP := $(PY) -m pip install --disable-pip-version-check
# torch alone comes from the other place: asked about every package, one that answers slowly would cost minutes.
TORCH_PIN := $(shell sed -n 's/^ *"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
PIP_INSTALL := $(if $(TORCH_INDEX),$(PIP) --index-url $(TORCH_INDEX) $(TORCH_PIN) && )$(PIP)
# Coverage of everything but the window, in per cent; the window is driven by its tests but not counted.
COVERAGE_FLOOR := 85

.DEFAULT_GOAL := help
.PHONY: help run test lint check-format types imports unit smoke bench package demo screenshot clean system-packages

help:
	@echo "make run       set up .venv and open Affekt on the bundled demo (without a display: analyse it into report/)"
	@echo "make test      set up .venv and run every check and test"
	@echo "make lint      style, types and the direction of imports only"
	@echo "make bench     run the benchmarks"
	@echo "make package   build the stand-alone program into dist/ and try it"
	@echo "make demo      compose and render the demo music again"
	@echo "make screenshot  draw docs/window.png again"
	@echo "make clean     remove what was built, .venv included"

# --- Setting up: once, and again only when pyproject.toml changes ---------------------------------------------

system-packages:
	@sh packaging/system_packages.sh

$(PY):
	@python=$$(sh packaging/find_python.sh) && echo "Making $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(VENV)/.run-stamp: pyproject.toml | $(PY)
	$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.dev-stamp: pyproject.toml | $(PY)
	$(PIP_INSTALL) -e ".[dev]"
	@touch $@ $(VENV)/.run-stamp

$(VENV)/.package-stamp: pyproject.toml | $(PY)
	$(PIP_INSTALL) -e ".[package]"
	@touch $@ $(VENV)/.run-stamp

# --- Running ---------------------------------------------------------------------------------------------------

run: system-packages $(VENV)/.run-stamp
	@if [ "$$(uname -s)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then \
		echo "There is no display here, so the window stays closed; analysing the demo into report/ instead."; \
		$(AFFEKT) analyse resources/demo --out report --figures && ls report; \
	else \
		$(AFFEKT) resources/demo; \
	fi

# --- Checking --------------------------------------------------------------------------------------------------

test: system-packages $(VENV)/.dev-stamp
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory smoke
	@$(MAKE) --no-print-directory unit

lint: check-format types imports

check-format: $(VENV)/.dev-stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(VENV)/.dev-stamp
	$(PY) -m mypy

imports: $(VENV)/.dev-stamp
	$(BIN)/lint-imports

unit: export QT_QPA_PLATFORM := offscreen
unit: $(VENV)/.dev-stamp
	$(PY) -m coverage erase
	$(PY) -m pytest --cov --cov-report=
	$(PY) -m coverage report --omit="app/ui/*,app/library/migrations/*" --fail-under=$(COVERAGE_FLOOR)

smoke: $(VENV)/.run-stamp
	$(PY) packaging/smoke_test.py $(AFFEKT)

bench: system-packages $(VENV)/.dev-stamp
	@for file in tests/benchmarks/bench_*.py; do \
		[ -e "$$file" ] || continue; \
		echo "== $$file"; \
		QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} PYTHONPATH=. $(PY) "$$file" || exit 1; \
	done

# --- Making ----------------------------------------------------------------------------------------------------

package: system-packages $(VENV)/.package-stamp
	$(PY) -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build packaging/affekt.spec
	$(PY) packaging/smoke_test.py dist/affekt/affekt$(EXE)

demo: $(VENV)/.run-stamp
	$(PY) packaging/compose_demo.py

screenshot: $(VENV)/.run-stamp
	$(PY) packaging/screenshot.py

clean:
	rm -rf $(VENV) build dist report .coverage .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
