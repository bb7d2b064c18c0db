#!/usr/bin/env python
"""Django's command line."""

import os
import sys

OWN = ("accounts", "carts", "core", "orders", "pricing", "products", "store")


def main() -> None:
    """Run a command; a missing package or a wrong setting ends in one sentence, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    if sys.argv[1:2] == ["test"]:  # as pytest itself says it: the tests read no .env, and so touch no database that it names
        os.environ.setdefault("PYTEST_VERSION", "manage.py test")
    try:
        run()
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package in OWN:  # a mistake in the shop itself
            raise
        sys.exit(f"The Python package {package!r} is not installed. Run: {sys.executable} -m pip install -r requirements.txt")


def run() -> None:
    """Run the command that the arguments name."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(f"Cannot start: {wrong}")


if __name__ == "__main__":
    main()
