# make demo     read the page and the images in samples/ (or PAGE=…, LINE=…, or IMAGE=…, a character)
# make test     lint, type check and test everything; the same as .ci/run
# make format   let ruff put the code in order
# make lock     renew the pins in requirements/ (needs uv)
# make clean    remove the virtual environment and what the tools left

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
PIP_INSTALL := $(RUN) pip install --quiet --disable-pip-version-check
LOCK := uv pip compile --universal --python-version 3.10 --generate-hashes --no-annotate --quiet \
	--custom-compile-command "make lock" requirements/build.in pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint types tests format lock clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# Through the environment and as given, so that any file name survives the shell, and "$" survives make.
override IMAGE := $(value IMAGE)
override LINE := $(value LINE)
override PAGE := $(value PAGE)
export IMAGE LINE PAGE

demo: $(VENV)/core.stamp
ifneq ($(value IMAGE),)
	@$(RUN) koocr predict "$$IMAGE" -n 5 --picture demo.png
else ifneq ($(value LINE),)
	@$(RUN) koocr line "$$LINE"
else ifneq ($(value PAGE),)
	@$(RUN) koocr read "$$PAGE" --picture demo.png
else
	@$(RUN) koocr predict samples/*.png samples/*.jpg -n 5 --picture demo-characters.png
	@$(RUN) koocr line samples/lines/*.png samples/lines/*.jpg
	@$(RUN) koocr read samples/pages/소식지.jpg --picture demo.png
endif

test: lint types tests

lint: $(VENV)/dev.stamp
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types: $(VENV)/dev.stamp
	$(RUN) mypy

tests: $(VENV)/dev.stamp
	$(RUN) pytest -q --numprocesses auto

format: $(VENV)/dev.stamp
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

# The stamps lie inside the environment: whoever removes it removes them too.
$(VENV)/core.stamp: requirements/core.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements/core.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(VENV)/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/core.stamp

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "koocr needs Python 3.10 or later; name one: make PYTHON=python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 1; }

lock:
	$(LOCK) --output-file requirements/core.txt
	$(LOCK) --extra train --extra data --extra dev --output-file requirements/dev.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
