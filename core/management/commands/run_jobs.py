"""`manage.py run_jobs`: the worker of the outbox."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from core import outbox
from core.shutdown import ShutdownFlag


class Command(BaseCommand):
    """Does the background work that is due; safe to run many times at once."""

    help = "Do the background work that is due (mails and the like); stays and waits for more unless --once is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")
        parser.add_argument("--pause", type=float, default=2.0, help="seconds between two looks (default 2)")

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        stop = ShutdownFlag() if once else ShutdownFlag(signal.SIGTERM, signal.SIGINT)
        while True:
            try:
                done, failed = outbox.run_due()
            except Error as wrong:
                if once:
                    raise
                self.stderr.write(f"the database did not answer, trying again: {wrong}")
                connection.close()  # the next look opens a new one
                done = failed = 0
            if done or failed:
                self.stdout.write(f"{done} done, {failed} failed")
            if once and not done and not failed:
                return
            if not once and stop.wait(0 if done else pause):
                return
