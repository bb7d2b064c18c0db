"""`python -m emulator`: a local stand-in for Stripe Checkout."""

import argparse
import contextlib
import os
import signal
import sqlite3
import sys
from urllib.parse import urlsplit

from emulator.desk import Desk
from emulator.server import Server


def address(given: str) -> str:
    """Return the address of a webhook, or nothing where there is none. Raises ValueError."""
    url = urlsplit(given)
    if given and (url.scheme not in ("http", "https") or not url.hostname or url.port == 0):
        raise ValueError
    return given


def main() -> None:
    """Read the arguments and serve until the end."""
    parser = argparse.ArgumentParser(prog="emulator", description="A local stand-in for Stripe Checkout. No money moves.")
    parser.add_argument("--port", type=int, default=12111, help="of the loopback interface; 0 takes any")
    parser.add_argument("--webhook", type=address, default="", metavar="URL", help="where events are sent")
    parser.add_argument("--public-url", default="", metavar="URL", help="where a browser finds the pages")
    parser.add_argument("--file", default="", metavar="PATH", help="a SQLite file that keeps the books over a restart")
    parser.add_argument("--pace", type=float, default=1.0, help="seconds before the first repeated try of an event")
    parser.add_argument("--control", action="store_true", help="let tests control it, with the token in EMULATOR_TOKEN")
    given = parser.parse_args()
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_emulator").partition(",")[0]
    token = os.environ.get("EMULATOR_TOKEN", "")
    if given.control and not token:
        parser.error("--control needs EMULATOR_TOKEN in the environment")
    try:
        desk = Desk(given.public_url, given.webhook, secret, pace=given.pace, file=given.file)
        server = Server(given.port, desk, token if given.control else "")
    except OSError as wrong:
        sys.exit(f"The emulator cannot listen on port {given.port}: {wrong.strerror}. Choose another with --port.")
    except sqlite3.Error as wrong:
        sys.exit(f"The emulator cannot keep its books in {given.file}: {wrong}.")
    desk.books.public_url = given.public_url or f"http://localhost:{server.server_port}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"Payment emulator on {desk.books.public_url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
