"""`manage.py test` runs the pytest suite."""

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

from django.core.management import CommandError


class PytestRunner:
    """Runs pytest with the labels and the usual flags, in a separate process that ignores `.env`."""

    def __init__(self, *, verbosity: int = 1, failfast: bool = False, keepdb: bool = False, **_: Any) -> None:
        self.flags = [
            *(["--quiet"] if verbosity == 0 else ["--verbose"] * (verbosity - 1)),
            *(["--exitfirst"] if failfast else []),
            *(["--reuse-db"] if keepdb else []),
        ]

    def run_tests(self, test_labels: list[str], **_: Any) -> int:
        """Run the tests at these paths, or all tests; return the exit code."""
        if find_spec("pytest") is None:
            raise CommandError("The tests require more packages: pip install -r requirements-dev.txt (or make test)")
        command = [sys.executable, "-m", "pytest", *self.flags, *test_labels]
        return subprocess.run(command, env=os.environ, check=False).returncode  # noqa: S603 - fixed arguments
