#!/usr/bin/env python
"""Django's command line."""

import os
import sys


def main() -> None:
    """Run a command; a wrong setting ends in one sentence, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    if sys.argv[1:2] == ["test"]:  # as pytest itself says it: the tests read no .env, and so touch no database that it names
        os.environ.setdefault("PYTEST_VERSION", "manage.py test")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as missing:
        sys.exit(f"The Python package {missing.name!r} is not installed. Run: make install")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(f"Cannot start: {wrong}")


if __name__ == "__main__":
    main()
