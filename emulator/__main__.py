"""`python -m emulator`: a local emulator of Stripe Checkout."""

import argparse
import contextlib
import os
import signal
import sqlite3
import sys
from urllib.parse import urlsplit

from emulator.emulator import Emulator
from emulator.server import Server


def webhook_url(text: str) -> str:
    """Validate a webhook URL; an empty string means no webhook. Raises ValueError."""
    url = urlsplit(text)
    if text and (url.scheme not in ("http", "https") or not url.hostname or url.port == 0):
        raise ValueError
    return text


def main() -> None:
    """Parse the arguments and serve until the process is terminated."""
    parser = argparse.ArgumentParser(prog="emulator", description="A local emulator of Stripe Checkout. No money moves.")
    parser.add_argument("--port", type=int, default=12111, help="port on the loopback interface; 0 picks a free one")
    parser.add_argument("--webhook", type=webhook_url, default="", metavar="URL", help="URL that receives webhook events")
    parser.add_argument("--public-url", default="", metavar="URL", help="URL at which browsers reach the payment pages")
    parser.add_argument("--file", default="", metavar="PATH", help="SQLite file that keeps the state across restarts")
    parser.add_argument("--pace", type=float, default=1.0, help="seconds before the first retry of an event delivery")
    parser.add_argument("--control", action="store_true", help="enable the control API; its token is in EMULATOR_TOKEN")
    options = parser.parse_args()
    secret = os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_emulator").partition(",")[0]
    token = os.environ.get("EMULATOR_TOKEN", "")
    if options.control and not token:
        parser.error("--control requires EMULATOR_TOKEN in the environment")
    try:
        emulator = Emulator(options.public_url, options.webhook, secret, pace=options.pace, file=options.file)
        server = Server(options.port, emulator, token if options.control else "")
    except OSError as error:
        sys.exit(f"The emulator cannot listen on port {options.port}: {error.strerror}. Choose another with --port.")
    except sqlite3.Error as error:
        sys.exit(f"The emulator cannot store its state in {options.file}: {error}.")
    emulator.state.public_url = options.public_url or f"http://localhost:{server.server_port}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(f"Payment emulator on {emulator.state.public_url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
