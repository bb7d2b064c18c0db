"""docs/operations.md: reload (HUP) and replacement (USR2) of the server, while shoppers call it"""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crashes import make_environment
from tests.processes import copy_to, serving_from

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
CALLERS = 2
PAUSE = 0.02  # seconds between two calls


class Shoppers:
    """Callers that ask for the configuration all the time; counts the names of the shop, and the errors, that they got."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/api/config/"
        self.answers: Counter[str] = Counter()
        self.is_done = threading.Event()

    def ask(self) -> str:
        """Return the name of the shop, or the error."""
        try:
            with urllib.request.urlopen(self.url, timeout=30) as response:  # noqa: S310 - http
                name: str = json.load(response)["data"]["shop_name"]
        except OSError as error:
            return repr(error)
        return name

    def ask_on(self) -> None:
        """Ask until the test is done."""
        while not self.is_done.is_set():
            self.answers[self.ask()] += 1
            time.sleep(PAUSE)

    def wait_for(self, name: str) -> None:
        """Wait until only this name is given."""
        wait_until(lambda: {self.ask() for _ in range(4)} == {name})


def wait_until(is_met: Callable[[], bool]) -> None:
    """Wait for a condition for at most half a minute."""
    deadline = time.monotonic() + 30
    while not is_met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def shopping(port: int) -> Iterator[Shoppers]:
    """Let shoppers call until the end of the block."""
    shoppers = Shoppers(port)
    threads = [threading.Thread(target=shoppers.ask_on) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield shoppers
    finally:
        shoppers.is_done.set()
        for thread in threads:
            thread.join()


def make_variables() -> dict[str, str]:
    """Return an environment in which the server reads `.env`."""
    variables = make_environment()
    del variables["PYTEST_VERSION"]
    return variables


def test_a_reload_applies_a_changed_env_file_and_code_and_fails_no_request(tmp_path: Path) -> None:
    project = copy_to(tmp_path)
    env_file, view = project / ".env", project / "store" / "views.py"
    env_file.write_text("SHOP_NAME=Lamps\n")

    with serving_from(project, make_variables(), "--workers", "1") as (port, server), shopping(port) as shoppers:
        shoppers.wait_for("Lamps")
        env_file.write_text("SHOP_NAME=Lanterns\n")
        view.write_text(view.read_text().replace('"shop_name": profile.name', '"shop_name": profile.name.upper()'))
        server.send_signal(signal.SIGHUP)
        shoppers.wait_for("LANTERNS")

    assert set(shoppers.answers) == {"Lamps", "LANTERNS"}


def test_a_second_master_takes_over_and_fails_no_request(tmp_path: Path) -> None:
    project, pid_file = copy_to(tmp_path / "project"), tmp_path / "pid"
    new_pid_file = tmp_path / "pid.2"
    (project / ".env").write_text("SHOP_NAME=Lamps\n")

    with serving_from(project, make_variables(), "--workers", "1", "--pid", str(pid_file)) as (port, server):
        with shopping(port) as shoppers:
            shoppers.wait_for("Lamps")
            (project / ".env").write_text("SHOP_NAME=Lanterns\n")
            server.send_signal(signal.SIGUSR2)
            wait_until(lambda: new_pid_file.exists() and new_pid_file.read_text().strip() != "")
            new_master = int(new_pid_file.read_text())
            wait_until(lambda: shoppers.ask() == "Lanterns")
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
            shoppers.wait_for("Lanterns")
        os.kill(new_master, signal.SIGTERM)
        wait_until(lambda: not Path(f"/proc/{new_master}").exists() or _is_zombie(new_master))

    assert set(shoppers.answers) == {"Lamps", "Lanterns"}


def _is_zombie(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return state.startswith("Z")
