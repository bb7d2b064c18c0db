"""Starts the shop in a process of its own, from a copy that holds no `.env`, so that nothing but the given variables counts."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from tests.services import free_port, wait_for_port

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("accounts", "carts", "core", "orders", "pricing", "products", "store")
FILES = (
    "manage.py",
    "gunicorn.conf.py",
    "conftest.py",
    "pytest.ini",
    "tests/__init__.py",
    "tests/profile.py",
    "tests/schema_client.py",
    "tests/services.py",
)
SERVER = (str(Path(sys.executable).with_name("gunicorn")), "--log-level", "error")
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "a-key-of-the-tests-that-nobody-else-uses-and-that-is-long-enough",
    "ALLOWED_HOSTS": "shop.example",
    "FRONTEND_URL": "https://shop.example",
}


def copy_to(folder: Path) -> Path:
    """Copy the program without its tests, and return the folder. Its bytecode comes along, so that a start need not compile it."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("tests", "*.pyc.*"))  # those are being written
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def load_settings(project: Path, **variables: str) -> dict[str, Any]:
    """Return the settings under these variables and no others of the shop's, read in this process. Raises ImproperlyConfigured."""
    with mock.patch.dict(os.environ, {**_inherited(), **variables}, clear=True):
        return runpy.run_path(str(project / "store" / "settings.py"))


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in the project, under these variables and no others of the shop's."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**_inherited(), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def serving(variables: dict[str, str], *options: str) -> Iterator[int]:
    """Run the production server under these variables, and yield its port."""
    with serving_from(ROOT, variables, "--workers", "1", *options) as (port, _):
        yield port


@contextmanager
def serving_from(project: Path, variables: dict[str, str], *options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run the production server of a project, and yield its port and its master."""
    port = free_port()
    server = subprocess.Popen([*SERVER, "--bind", f"127.0.0.1:{port}", *options], cwd=project, env=variables)
    try:
        wait_for_port(port)
        yield port, server
    finally:
        server.terminate()
        server.wait(timeout=30)


def run_script(project: Path, script: str, **variables: str) -> Any:
    """Run a script in the started shop and return the JSON that it prints last."""
    start = "import django, json, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'store.settings'; django.setup()\n"
    done = run(project, "-W", "ignore", "-c", start + script, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
