# Each of these works as the first command on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
# The schema and the checks use these values, whatever .env contains.
PLAIN := DEBUG=1 SECRET_KEY=for-checks-only AUTH_COOKIE_SECURE=0 DATABASE_URL=sqlite:///db.sqlite3
PRODUCTION := DEBUG=0 SECRET_KEY=$(shell head -c 48 /dev/urandom | od -An -tx1 | tr -d ' \n') ALLOWED_HOSTS=shop.example \
	FRONTEND_URL=https://shop.example DATABASE_URL=postgres://shop@db/shop REDIS_URL=redis://cache:6379/0 EMAIL_HOST=mail.shop.example \
	TRUSTED_PROXIES=1 AUTH_COOKIE_SECURE=1 SECURE_SSL_REDIRECT=1 HSTS_SECONDS=3600

# The next release of Django needs Python 3.12 or newer.
NEXT_DJANGO := 6.1.3
NEXT_PYTHON ?= $(firstword $(foreach python,$(wildcard $(HOME)/.pyenv/versions/3.1[2-9].*/bin/python) python3.14 python3.13 python3.12,\
	$(shell $(python) -c 'import sys; print(sys.executable)' 2> /dev/null)))
NEXT_TESTS := core/tests store/tests/test_compiled_queries*.py

.PHONY: run test soak bench scale check docs next-django schema examples previous-release install clean

run: .venv/run.stamp .env ## start the shop with a demo catalog: API on 8000, shop front on 5173
	@PYTHONUNBUFFERED=1 $(BIN)/python manage.py demo $(ARGS)

test: .venv/dev.stamp ## run all tests, on SQLite and, where it is installed, on PostgreSQL
	@$(BIN)/python -m tests.run $(ARGS)

soak: .venv/dev.stamp ## run the long tests alone, at full size (about 20 minutes)
	@TEST_PROFILE=soak $(BIN)/python -m tests.run -m "soak or scaled"

bench: .venv/run.stamp ## compare the shop's speed with plain Django and a lower bound (5 minutes, or one with ARGS=--quick)
	@$(BIN)/python -m benchmarks.compare $(ARGS)

scale: .venv/dev.stamp ## run the shop as a fleet, and kill its parts under load (5 minutes, or one with ARGS=--quick)
	@$(BIN)/python -m tests.fleet.scale $(ARGS)

check: .venv/dev.stamp ## style, layers, types, migrations, production settings, schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(PLAIN) $(BIN)/mypy .
	$(PLAIN) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(PLAIN) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file .venv/openapi.yaml
	diff openapi.yaml .venv/openapi.yaml || (echo "openapi.yaml differs from the code: run 'make schema'"; exit 1)
	$(PLAIN) $(BIN)/python manage.py write_error_reference --file .venv/errors.md
	diff docs/errors.md .venv/errors.md || (echo "docs/errors.md differs from the code: run 'make schema'"; exit 1)

next-django: ## run the tests of the kernel and the compiled queries with the next release of Django
ifeq ($(NEXT_PYTHON),)
	@echo "NOT RUN: the tests with Django $(NEXT_DJANGO). Python 3.12 or newer is not installed (make next-django NEXT_PYTHON=...)."
else
	@$(MAKE) --no-print-directory .venv-next/stamp
	@DATABASE_URL=sqlite:///next.sqlite3 REDIS_URL= .venv-next/bin/python -m pytest --quiet -W default --disable-warnings -p no:cacheprovider $(NEXT_TESTS)
endif

.venv-next/stamp: requirements.txt requirements-dev.txt requirements-otel.txt Makefile
	@echo "Installing Django $(NEXT_DJANGO) beside the shop (a minute, once) ..."
	@$(NEXT_PYTHON) -m venv --clear .venv-next
	@cat requirements.txt requirements-otel.txt | grep -vE '^(Django==|-r )' > .venv-next/requirements.txt
	@grep -E '^(pytest|jsonschema)' requirements-dev.txt >> .venv-next/requirements.txt
	@.venv-next/bin/pip install --quiet --disable-pip-version-check Django==$(NEXT_DJANGO) -r .venv-next/requirements.txt
	@touch $@

docs: .venv/dev.stamp ## build the documentation as a site in the folder site
	@$(BIN)/python -m docs_site

schema: .venv/dev.stamp ## regenerate openapi.yaml and docs/errors.md
	$(PLAIN) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file openapi.yaml
	$(PLAIN) $(BIN)/python manage.py write_error_reference --file docs/errors.md

examples: .venv/dev.stamp ## record the examples of openapi.yaml again
	WRITE_EXAMPLES=1 $(BIN)/python -m pytest --quiet -p no:cacheprovider tests/test_api_examples.py
	@$(MAKE) --no-print-directory schema

previous-release: ## keep the code of RELEASE (a tag or commit) for the tests of the next upgrade
	git archive --format=tar $(RELEASE) accounts carts core orders pricing products store manage.py ':(exclude)*/tests/*' \
		':(exclude)store/static/*' | gzip -9n > tests/upgrade/previous_release.tar.gz

install: .venv/run.stamp ## install what the shop needs to run

.env:
	@printf 'DEBUG=1\nSECRET_KEY=%s\n' "$$(head -c 48 /dev/urandom | od -An -tx1 | tr -d ' \n')" > .env
	@echo "Wrote .env with DEBUG=1 and a random SECRET_KEY (see .env.example for the rest)."

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| (echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..."; exit 1)
	@$(PYTHON) -m venv .venv || (rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1)

.venv/run.stamp: .venv/bin/pip requirements.txt
	@echo "Installing what the shop needs (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/bin/pip requirements.txt requirements-s3.txt requirements-otel.txt requirements-dev.txt
	@echo "Installing what the tests need (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run.stamp

clean: ## remove what was installed and generated; the database and .env stay
	rm -rf .venv .venv-next staticfiles site .mypy_cache .ruff_cache .pytest_cache
