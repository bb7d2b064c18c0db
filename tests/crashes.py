"""A call of the shop in a process of its own, on the database of the test, that dies at a statement."""

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.db import connection

from tests.processes import ROOT

DIED = 9
SCRIPT = """
import json, os, re, sys
import django
django.setup()
from django.db import connection
from django.test import Client
call = json.loads(sys.stdin.read())
seen = 0

def watch(execute, sql, params, many, context):
    global seen
    if re.search(call["at"], sql) and connection.in_atomic_block == call["inside"]:
        seen += 1
        if seen == call["nth"]:
            os._exit(9)
    return execute(sql, params, many, context)

with connection.execute_wrapper(watch):
    client = Client(SERVER_NAME="localhost", headers=call["headers"])
    answer = client.generic("POST", call["path"], call["body"], content_type="application/json")
print(answer.status_code, answer.content[:500])
"""


def database_url() -> str:
    """Return the address of the database on which the test runs."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"


def variables(**more: str) -> dict[str, str]:
    """Return an environment in which the shop has the test's database and secrets, and no `.env`."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    own = {
        "DJANGO_SETTINGS_MODULE": "store.settings",
        "PYTEST_VERSION": "a process of a test",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DEBUG": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": database_url(),
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "STRIPE_WEBHOOK_SECRET": settings.STRIPE_WEBHOOK_SECRET,
        "THROTTLE_ENABLED": "0",
    }
    return {**plain, **own, **more}


def dies(path: str, body: str, headers: dict[str, str], *, at: str, nth: int = 1, inside: bool = True) -> None:
    """Post in a process that dies at the nth statement that fits `at`, inside of a transaction or outside. Fails where none did."""
    given: dict[str, Any] = {"path": path, "body": body, "headers": headers, "at": at, "nth": nth, "inside": inside}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=variables(),
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == DIED, done.stdout + done.stderr
