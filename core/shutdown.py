"""Graceful shutdown of long-running commands: they finish their current work, and stop at once while waiting."""

import signal
import time

POLL_INTERVAL = 0.2  # seconds between two checks of the flag


class ShutdownFlag:
    """Whether the process has been asked to stop by one of the signals.

    Not a `threading.Event`: a signal handler that interrupts the holder of its lock would deadlock.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self.is_set = False
        for number in signals:
            signal.signal(number, self._set)

    def _set(self, number: int, frame: object) -> None:
        self.is_set = True

    def wait(self, seconds: float) -> bool:
        """Wait for the given time or until the flag is set; return whether it is set."""
        end = time.monotonic() + seconds
        while not self.is_set and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, POLL_INTERVAL))
        return self.is_set
