# One way in for each job. Everything sets itself up in .venv, as an ordinary user.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM := false
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: demo test soak bench evidence lint setup clean

# The core installs and runs without torch; the demo and the tests train, so they add it. torch goes
# first and by itself: the pinned build is a CPU one, and nothing after it may replace it.
$(VENV)/installed: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch==2.13.0
	$(PIP) -c .ci/constraints.txt -e '.[train,quant,dev]'
	touch $@

setup: $(VENV)/installed

demo: setup
	$(BIN)/rewardkit demo

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

soak: setup
	$(BIN)/python -m tests.soak $(ARGS)

bench: setup
	$(BIN)/python -m tests.bench

evidence: setup
	$(BIN)/python -m tests.docs.evidence

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

clean:
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
