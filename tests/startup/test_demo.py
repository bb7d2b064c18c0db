"""`manage.py demo`: what it refuses, what it starts and prints, and that Ctrl-C ends it all"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.processes import ROOT, copy_to

pytestmark = pytest.mark.apart

PATIENCE = 120  # seconds


def test_it_refuses_to_run_without_debug(settings: Settings) -> None:
    settings.DEBUG = False

    with pytest.raises(CommandError, match="requires DEBUG=1"):
        call_command("demo")


def test_a_port_in_use_is_named(settings: Settings) -> None:
    settings.DEBUG = True

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is in use"):
            call_command("demo", port=port)


def free_ports(count: int) -> list[int]:
    """Return ports on which nobody listens."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


def wait_for(words: str, program: subprocess.Popen[bytes], output: Path) -> str:
    """Wait until a program has said this, and return all that it has said."""
    end = time.monotonic() + PATIENCE
    while words not in (said := output.read_text()):
        assert program.poll() is None, said
        assert time.monotonic() < end, said
        time.sleep(0.1)
    return said


def test_it_says_where_to_click_and_ends_with_all_its_parts_on_ctrl_c(tmp_path: Path) -> None:
    project = copy_to(tmp_path / "shop")
    for folder in ("emulator", "examples"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    shutil.copy(ROOT / "products.json", project)
    api, front, emulator = free_ports(3)
    ports = ["--port", str(api), "--page-port", str(front), "--emulator-port", str(emulator)]
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    output = tmp_path / "output"
    with output.open("w") as told:
        demo = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *ports],
            cwd=project,
            env={**plain, "DEBUG": "1", "SECRET_KEY": "of a test", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        said = wait_for("Ctrl-C stops everything.", demo, output)
        assert [is_open(port) for port in (api, front, emulator)] == [True] * 3  # the addresses can be opened at once
        for name, address in (
            ("The shop front", f"http://localhost:{front}/"),
            ("The API", f"http://localhost:{api}/api/products/"),
            ("API reference", f"http://localhost:{api}/api/docs/"),
            ("The admin", f"http://localhost:{api}/admin/"),
            ("Payments", f"http://localhost:{emulator}/"),
        ):
            (line,) = [line for line in said.splitlines() if line.strip().startswith(name)]
            assert address in line.split()
            assert answers(address), name
        assert [line.split() for line in said.splitlines() if "@example.com" in line] == [
            ["Staff", "admin@example.com", "demo-demo-demo"],
            ["Customer", "customer@example.com", "demo-demo-demo"],
        ]
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(timeout=PATIENCE)

    rest = output.read_text().partition("Ctrl-C stops everything.")[2]
    assert (code, rest.split()) == (0, ["Stopped."])
    assert [is_open(port) for port in (api, front, emulator)] == [False] * 3


def is_open(port: int) -> bool:
    """Return whether a program listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(address: str) -> bool:
    """Return whether this URL answers with success as soon as something listens there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(address, timeout=30) as answer:  # noqa: S310 - one of this test's own
                return bool(answer.status == 200)
        except ConnectionError:
            time.sleep(0.1)
        except OSError as wrong:
            if not isinstance(getattr(wrong, "reason", None), ConnectionError):
                return False
            time.sleep(0.1)
    return False
