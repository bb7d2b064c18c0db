"""Long-running commands end when they are told to: after what they are doing, and at once while they wait."""

import signal
import time

SLICE = 0.2  # seconds after which a wait looks up


class ShutdownFlag:
    """Whether the process has been asked to end, by Ctrl-C, a termination or the closing of its terminal.

    Not a `threading.Event`: its lock would be waited for for ever by a handler that has interrupted whoever holds it.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        self.asked = False
        for number in signals:
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until the process is asked to end; returns whether it is."""
        end = time.monotonic() + seconds
        while not self.asked and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, SLICE))
        return self.asked
