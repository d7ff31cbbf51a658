# Two commands: `make report` and `make test`. The README says the same without make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export PYTHONHASHSEED := 0
# one computation, one thread: the same last digit on every machine, and no two libraries fighting for two cores
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MPLBACKEND := Agg

.PHONY: report test check clean
report: $(VENV)/.installed
	@$(BIN)/magical-housing report

test: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
# watching which lines run slows every test down, so it is done where the engine's own tests are
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests/analysis/sem --cov=analysis/sem --cov-branch --cov-report=term:skip-covered --cov-fail-under=95
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/analysis/sem

$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf build reports/_site $(VENV)
