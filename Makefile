# Needs Python 3.11 or later; everything else is installed below .venv and .tox.
PYTHON ?= python3
TOX := .venv/bin/tox

.PHONY: test demo audit lint types bench clean

test: $(TOX)  ## set everything up, then lint, check types, and run the tests
	@$(TOX) run -e lint,types,test

demo: $(TOX)  ## set everything up, then grade the example class
	@$(TOX) run -q -e demo -- demo-grades

bench: $(TOX)  ## measure throughput and memory
	@$(TOX) run -q -e bench

audit: $(TOX)  ## prove that the grading of every assignment is sound
	@$(TOX) run -q -e audit

lint types: $(TOX)
	@$(TOX) run -e $@

$(TOX):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "grader needs Python 3.11 or later; this is " + sys.version.split()[0] + ": pass one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check 'tox>=4.20'

clean:
	rm -rf .tox .venv demo-grades
