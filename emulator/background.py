"""Background threads that run until the program ends."""

import threading
import traceback
from collections.abc import Callable


def start_loop(function: Callable[[], None], name: str) -> None:
    """Start a thread that calls the function in a loop and prints exceptions to stderr."""

    def run() -> None:
        while True:
            try:
                function()
            except Exception:  # noqa: BLE001 - the loop must survive, or all later work would be lost silently
                traceback.print_exc()

    threading.Thread(target=run, daemon=True, name=name).start()
