# Every target sets up what it needs: the first one run on a fresh machine makes .venv from requirements.lock.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
STUDY ?= enterprise_activation
SHARED ?= ../shared
COPIES ?= 117
NOTEBOOKS := $(wildcard notebooks/[0-9]*.ipynb)

.PHONY: report test lint lab calibration bench lock clean

report: $(READY)
	$(BIN)/procmine report end_to_end --study $(STUDY)

test: lint packages
	$(BIN)/pytest -n 2 --dist loadscope --doctest-modules --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg \
		src tests $(NOTEBOOKS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: $(READY)
	$(BIN)/procmine lab

calibration: $(READY)
	$(BIN)/python tests/calibration.py

bench: $(READY)
	$(BIN)/python tests/scale/bench.py --shared $(SHARED) --copies $(COPIES)

lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --group dev --no-header --no-annotate \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv outputs

# The tests of pages look at them in a browser, those of database exports start a server of their own. On Debian both
# are installed; elsewhere the tests skip and say so.
.PHONY: packages
packages:
	@missing=""; command -v chromium >/dev/null || missing="chromium"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	test -z "$$missing" || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; } || \
		echo "not here:$$missing; the tests in tests/browser and tests/servers that need it will skip"

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "procmine needs Python 3.11 or newer; name one with PYTHON=..."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@
