# Needs Python 3.11 or later; everything else is installed below .venv and .tox.
PYTHON ?= python3
TOX := .venv/bin/tox
SET_UP := $(TOX) run -q -e test --notest
RUN := .tox/test/bin/python
ASSIGNMENTS := $(notdir $(wildcard assignments/*))

.PHONY: test demo audit lint types bench clean

test: $(TOX)  ## set everything up, pass the tests, then lint and check types
	@$(TOX) run -e test,lint,types

# Exit code 1 says that something could not be graded: two submissions of this class, on purpose.
demo: $(TOX)  ## set everything up, then grade the example class
	@$(SET_UP)
	@$(RUN) -m grader grade lenet_and_losses tests/example_class --out demo-grades || test $$? -eq 1

audit: $(TOX)  ## prove that the grading of every assignment is sound
	@$(SET_UP)
	@for name in $(ASSIGNMENTS); do $(RUN) -m grader audit $$name || exit 1; done

bench: $(TOX)  ## measure throughput and memory
	@$(SET_UP)
	@$(RUN) benchmarks/throughput.py
	@$(RUN) benchmarks/throughput.py --memory

lint: $(TOX)
	@$(TOX) run -e lint

types: $(TOX)
	@$(SET_UP)
	@$(TOX) run -e types

$(TOX):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "grader needs Python 3.11 or later; this is " + sys.version.split()[0] + ": pass one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check 'tox>=4.20'

clean:
	rm -rf .tox .venv demo-grades
