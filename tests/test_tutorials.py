"""docs/tutorials: the changes of *Add a field* work in a copy of the project, and what *Add a payment provider* names exists"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orders import exceptions
from orders.payments import provider_state, stripe_gateway
from tests.processes import FOLDERS, ROOT

TUTORIALS = ROOT / "docs" / "tutorials"
FIELD, PROVIDER = (TUTORIALS / name for name in ("add-a-field.md", "add-a-payment-provider.md"))
CHANGE = re.compile(r"```diff\n--- (\S+)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
COMMANDS = re.compile(r"```bash\n(.*?)```", re.DOTALL)
COPIED = (*FOLDERS, "emulator", "tests", "conftest.py", "manage.py", "pytest.ini", "openapi.yaml", "gunicorn.conf.py")


def copy_project(folder: Path) -> Path:
    """Copy the shop with its tests, and return the folder."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def apply_change(folder: Path, path: str, change: str) -> None:
    """Replace the lines of a change that are there already by those that are there afterwards."""
    lines = change.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = (folder / path).read_text()
    assert text.count(before) == 1, f"{path} has no longer these lines once:\n{before}"
    (folder / path).write_text(text.replace(before, after))


@pytest.mark.apart
def test_a_field_is_added_as_the_tutorial_says(tmp_path: Path) -> None:
    project = copy_project(tmp_path / "shop")
    tutorial = FIELD.read_text()
    for path, change in CHANGE.findall(tutorial):
        apply_change(project, path, change)
    for path, code in FILE.findall(tutorial):
        (project / path).write_text(code)
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "SECRET_KEY": "of a test", "DATABASE_URL": "sqlite:///db.sqlite3"}

    for command in COMMANDS.findall(tutorial):
        words = command.replace(".venv/bin/python", sys.executable).split()
        completed = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, timeout=200, check=False)
        assert completed.returncode == 0, completed.stdout + completed.stderr

    assert completed.stdout.splitlines()[-1].startswith("2 passed")
    assert len(list((project / "orders" / "migrations").glob("*_order_gift_message.py"))) == 1


def test_the_gateway_has_what_the_tutorial_names() -> None:
    table = PROVIDER.read_text().partition("| function |")[2].partition("\n\n")[0]
    functions = re.findall(r"`([a-z_]+)\(", table)
    classes = set(re.findall(r"`([A-Z]\w+)`", table))

    assert functions[0] == "is_configured"
    assert [name for name in functions if not callable(getattr(stripe_gateway, name, None))] == []
    assert {name for name in classes if not hasattr(exceptions, name) and not hasattr(provider_state, name)} == set()
