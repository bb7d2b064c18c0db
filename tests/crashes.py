"""Call the shop in a separate process, on the test's database, and kill it at a given statement."""

import json
import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.db import connection

from tests.processes import ROOT

CRASH_EXIT_CODE = 9
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


def get_database_url() -> str:
    """Return the URL of the database on which the test runs."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgres://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def make_environment(**more: str) -> dict[str, str]:
    """Return an environment with the test's database and secrets, in which the shop reads no `.env`."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    variables = {
        "DJANGO_SETTINGS_MODULE": "store.settings",
        "PYTEST_VERSION": "a process of a test",
        "DEBUG": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": get_database_url(),
        "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
        "STRIPE_API_BASE": settings.STRIPE_API_BASE,
        "STRIPE_WEBHOOK_SECRET": settings.STRIPE_WEBHOOK_SECRET,
        "THROTTLE_ENABLED": "0",
        "MAX_UNPAID_ORDERS": "0",
        "MAX_UNPAID_ORDERS_PER_NETWORK": "0",
    }
    return {**plain, **variables, **more}


def post_and_crash(path: str, body: str, headers: dict[str, str], *, at: str, nth: int = 1, inside: bool = True) -> None:
    """Post in a process that is killed at the nth statement matching `at`, inside or outside of a transaction; fail if none is."""
    call: dict[str, Any] = {"path": path, "body": body, "headers": headers, "at": at, "nth": nth, "inside": inside}
    completed = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=make_environment(),
        input=json.dumps(call),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert completed.returncode == CRASH_EXIT_CODE, completed.stdout + completed.stderr
