"""Threads that nothing ends but the program."""

import threading
import traceback
from collections.abc import Callable


def forever(act: Callable[[], None], name: str) -> None:
    """Start a thread that does this again and again, and says on stderr what goes wrong."""

    def run() -> None:
        while True:
            try:
                act()
            except Exception:  # noqa: BLE001 - a thread that dies would do nothing any more, and nobody would know
                traceback.print_exc()

    threading.Thread(target=run, daemon=True, name=name).start()
