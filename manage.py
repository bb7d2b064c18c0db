#!/usr/bin/env python
"""Django's command-line utility."""

import os
import sys

SHOP_PACKAGES = ("accounts", "carts", "core", "orders", "pricing", "products", "store")


def main() -> None:
    """Run a command. A missing package or an invalid setting exits with one sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    if sys.argv[1:2] == ["test"]:  # pytest sets it too; with it, settings ignore .env and the database that it names
        os.environ.setdefault("PYTEST_VERSION", "manage.py test")
    try:
        run()
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package in SHOP_PACKAGES:  # a bug in the shop itself
            raise
        sys.exit(f"The Python package {package!r} is not installed. Run: {sys.executable} -m pip install -r requirements.txt")


def run() -> None:
    """Run the command given on the command line."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Cannot start: {error}")


if __name__ == "__main__":
    main()
