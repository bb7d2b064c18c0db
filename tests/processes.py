"""Starts the shop in a process of its own, from a copy that holds no `.env`, so that nothing but the given variables counts."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("accounts", "carts", "core", "orders", "pricing", "products", "store")
FILES = ("manage.py", "conftest.py", "pytest.ini", "tests/__init__.py", "tests/schema_client.py", "tests/services.py")
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "a-key-of-the-tests-that-nobody-else-uses-and-that-is-long-enough",
    "ALLOWED_HOSTS": "shop.example",
    "FRONTEND_URL": "https://shop.example",
}


def copy_to(folder: Path) -> Path:
    """Copy the program without its tests, and return the folder."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in the project, under these variables and no others of the shop's."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**plain, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(project: Path, script: str, **variables: str) -> Any:
    """Run a script in the started shop and return the JSON that it prints last."""
    start = "import django, json, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'store.settings'; django.setup()\n"
    done = run(project, "-W", "ignore", "-c", start + script, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
