"""Stopping a command that waits."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from core.shutdown import ShutdownFlag


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Restore the signal handler."""
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_a_wait_that_nobody_ends_takes_its_time() -> None:
    start = time.monotonic()

    assert not ShutdownFlag().wait(0.3)

    assert time.monotonic() - start >= 0.3


def test_a_signal_ends_a_wait_at_once_and_every_wait_after_it() -> None:
    shutdown, start = ShutdownFlag(signal.SIGUSR1), time.monotonic()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    assert shutdown.wait(30)
    assert shutdown.wait(30)

    assert time.monotonic() - start < 5


def test_a_storm_of_signals_is_no_hindrance() -> None:
    shutdown = ShutdownFlag(signal.SIGUSR1)
    done = threading.Event()

    def storm() -> None:
        while not done.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        for _ in range(50):
            shutdown.wait(0.002)
            shutdown.is_set = False
    finally:
        done.set()
        thread.join()
    assert not thread.is_alive()
