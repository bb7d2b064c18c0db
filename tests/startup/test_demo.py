"""`manage.py demo`: what it refuses, what it starts and prints, and that Ctrl-C ends it all"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


@dataclass
class Demo:
    """A running demo in a copy of the project, what it prints, and the ports of API, shop front and emulator."""

    project: Path
    process: subprocess.Popen[bytes]
    output: Path
    ports: list[int]

    def wait_for(self, words: str) -> str:
        """Wait until the demo has printed these words; return all that it has printed."""
        return wait_for(words, self.process, self.output)

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def running_demo(folder: Path, *arguments: str, **variables: str) -> Iterator[Demo]:
    """Start the demo in a copy of the project, which may be there from an earlier start."""
    project = folder / "shop"
    if not project.exists():
        copy_to(project)
        for name in ("emulator", "examples"):
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("tests", "*.pyc.*"))
        shutil.copy(ROOT / "products.json", project)
    ports = free_ports(3)
    options = [str(part) for pair in zip(("--port", "--page-port", "--emulator-port"), ports, strict=True) for part in pair]
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *options, *arguments],
            cwd=project,
            env=get_environment(**variables),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    demo = Demo(project, process, folder / "output", ports)
    try:
        yield demo
    finally:
        if process.poll() is None:
            demo.stop()


def get_environment(**variables: str) -> dict[str, str]:
    """Return the environment of a fresh machine, with these settings."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**plain, "DEBUG": "1", "SECRET_KEY": "of a test", "PYTHONUNBUFFERED": "1", **variables}


def test_it_says_where_to_click_and_ends_with_all_its_parts_on_ctrl_c(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--empty", MARKETS="de:EUR") as demo:
        said = demo.wait_for("Ctrl-C stops everything.")
        api, front, emulator = demo.ports
        assert [is_open(port) for port in demo.ports] == [True] * 3  # the addresses can be opened at once
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
            ["Packer", "packer@example.com", "demo-demo-demo"],
            ["Customer", "customer@example.com", "demo-demo-demo"],
        ]
        assert "71 created, 0 changed, 0 unchanged, 0 failed" in said  # whatever the markets are
        assert "Prices" not in said
        code = demo.stop()

    rest = demo.output.read_text().partition("Ctrl-C stops everything.")[2]
    assert (code, rest.split()) == (0, ["Stopped."])
    for port in demo.ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_shop_whose_catalog_is_not_of_this_start_gets_no_orders(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--empty") as demo:
        demo.wait_for("Ctrl-C stops everything.")

    with running_demo(tmp_path) as demo:
        said = demo.wait_for("Ctrl-C stops everything.")

    assert "Importing" not in said
    assert "A month of orders" not in said


def test_a_month_of_orders_fills_the_shop_once_and_prints_no_e_mails(tmp_path: Path) -> None:
    with running_demo(tmp_path, SHOP_EMAIL="owner@shop.example") as demo:
        demo.wait_for("Ctrl-C stops everything.")
        printed = demo.wait_for("The shop now has 64 orders of the last 30 days; their e-mails are not sent.")
        integrity, again = (
            subprocess.run(
                [sys.executable, "manage.py", command],
                cwd=demo.project,
                env=get_environment(),
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for command in ("check_integrity", "fill_demo")
        )

    assert "Subject:" not in printed
    assert (integrity, again) == ("No problems.\n", "")


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
