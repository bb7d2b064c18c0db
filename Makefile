# Each of these works as the first command on a fresh machine with Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
# The schema and the checks are made with these values, whatever a .env says.
PLAIN := DEBUG=1 SECRET_KEY=for-checks-only AUTH_COOKIE_SECURE=0 DATABASE_URL=sqlite:///db.sqlite3
PRODUCTION := DEBUG=0 SECRET_KEY=$(shell head -c 48 /dev/urandom | od -An -tx1 | tr -d ' \n') ALLOWED_HOSTS=shop.example \
	FRONTEND_URL=https://shop.example REDIS_URL=redis://cache:6379/0 EMAIL_HOST=mail.shop.example AUTH_COOKIE_SECURE=1 SECURE_SSL_REDIRECT=1 HSTS_SECONDS=3600

.PHONY: run test check schema install clean

run: .venv/run.stamp .env ## start the shop with a demo catalog: API on 8000, catalog page on 5173
	@$(BIN)/python manage.py demo $(ARGS)

test: .venv/dev.stamp ## run all tests, on SQLite and, where it is installed, on PostgreSQL
	@$(BIN)/python -m tests.run

check: .venv/dev.stamp ## style, layers, types, migrations, production settings, schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(PLAIN) $(BIN)/mypy .
	$(PLAIN) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(PLAIN) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file .venv/openapi.yaml
	diff openapi.yaml .venv/openapi.yaml || (echo "openapi.yaml is not what the code says: run 'make schema'"; exit 1)

schema: .venv/dev.stamp ## write openapi.yaml anew
	$(PLAIN) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file openapi.yaml

install: .venv/run.stamp ## install what the shop needs to run

.env:
	@printf 'DEBUG=1\nSECRET_KEY=%s\n' "$$(head -c 48 /dev/urandom | od -An -tx1 | tr -d ' \n')" > .env
	@echo "Wrote .env with DEBUG=1 and a random SECRET_KEY (see .env.example for the rest)."

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| (echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ..."; exit 1)
	@$(PYTHON) -m venv .venv || (rm -rf .venv; echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1)

.venv/run.stamp: .venv/bin/pip requirements.txt
	@echo "Installing what the shop needs (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.stamp: .venv/bin/pip requirements.txt requirements-dev.txt
	@echo "Installing what the tests need (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run.stamp

clean: ## remove what was installed and made; the database and .env stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*
