# make help lists the commands. A fresh machine needs git, make and Python 3.11 to 3.13 with venv, nothing else.

PYTHON ?= python3
RUN = .venv/bin/python -m
PACKAGES = .venv/.packages
READY = .venv/.ready

# Sums add up in the same order on every machine only if one thread adds them.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Code of other places must not slip in.
unexport PYTHONPATH
unexport PYTHONHOME

# An environment that was moved, or whose Python is gone, is made again.
ifneq "$(shell test -x .venv/bin/python && cat $(READY) 2>/dev/null)" "$(CURDIR)"
.PHONY: $(PACKAGES) $(READY)
endif

.DEFAULT_GOAL := help
.PHONY: help book test check execute bench serve gate lint format nbval lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r goal does; do \
	  printf '  make %-9s %s\n' "$$goal" "$$does"; done

book: $(READY) ## make the environment, build the book, say where it is
	@$(RUN) selloff book build

test: gate lint ## run every test: stale notebooks, style, types, code, notebooks, site, browser
	@echo "tests: code, notebooks, site and browser"
	@$(RUN) pytest tests notebooks --nbval --nbval-current-env -n 2 --dist loadscope

check: $(READY) ## run the quick tests only: code, no notebooks, no site
	@$(RUN) pytest tests -n 2 --dist loadscope -m "not slow and not chapters and not site and not browser"

execute: $(READY) ## execute the stale notebooks (all of them: make execute ALL=1)
	@$(RUN) selloff book execute $(if $(ALL),--all)

bench: $(READY) ## time the models beside what one would use instead
	@$(RUN) selloff.bench

serve: $(READY) ## show the built book on this machine (PORT=8000)
	@$(RUN) selloff book serve $(if $(PORT),--port $(PORT))

gate: $(READY) ## say which notebooks are stale
	@$(RUN) selloff book check

lint: $(READY) ## check style and types
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy

format: $(READY) ## write code in the house's style
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

lock: ## choose the newest packages and lock them (needs uv)
	@command -v uv >/dev/null 2>&1 || { echo "make lock needs uv. Install it (pip install uv) and run make lock again." >&2; exit 1; }
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --upgrade --quiet --output-file requirements.lock

clean: ## delete the environment, the built site and caches
	rm -rf .venv _build .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(PACKAGES): requirements.lock
	@if test -x .venv/bin/python && cmp -s requirements.lock .venv/requirements.lock \
	    && test "$$(cat $(READY) 2>/dev/null)" = "$(CURDIR)"; then touch $@; exit 0; fi; \
	  sh .ci/environment "$(origin PYTHON)" "$(PYTHON)" "make $(firstword $(MAKECMDGOALS) book)" && touch $@

$(READY): $(PACKAGES) pyproject.toml
	@echo "environment: the package itself"
	@$(RUN) pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@printf '%s' "$(CURDIR)" > $@
