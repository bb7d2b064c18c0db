"""Ending a command that waits."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from core.shutdown import ShutdownFlag


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Put the signal handler back."""
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_a_wait_that_nobody_ends_takes_its_time() -> None:
    begin = time.monotonic()

    assert not ShutdownFlag().wait(0.3)

    assert time.monotonic() - begin >= 0.3


def test_a_signal_ends_a_wait_at_once_and_every_wait_after_it() -> None:
    stop, begin = ShutdownFlag(signal.SIGUSR1), time.monotonic()
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR1)).start()

    assert stop.wait(30)
    assert stop.wait(30)

    assert time.monotonic() - begin < 5


def test_a_storm_of_signals_is_no_hindrance() -> None:
    stop = ShutdownFlag(signal.SIGUSR1)
    done = threading.Event()

    def storm() -> None:
        while not done.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        for _ in range(50):
            stop.wait(0.002)
            stop.asked = False
    finally:
        done.set()
        thread.join()
    assert not thread.is_alive()
