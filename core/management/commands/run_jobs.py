"""`manage.py run_jobs`: the outbox worker."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection

from core import outbox
from core.shutdown import ShutdownFlag


class Command(BaseCommand):
    """Runs the background jobs that are due; several workers may run at once."""

    help = "Run due background jobs, such as e-mails. Waits for further jobs unless --once is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run the jobs that are due, then exit")
        parser.add_argument("--pause", type=float, default=2.0, help="seconds between polls (default 2)")

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        shutdown = ShutdownFlag() if once else ShutdownFlag(signal.SIGTERM, signal.SIGINT)
        while True:
            try:
                done, failed = outbox.run_due(is_stopping=lambda: shutdown.is_set)
            except Error as error:
                if once:
                    raise
                self.stderr.write(f"The database is unavailable, retrying: {error}")
                connection.close()  # the next poll opens a new connection
                done = failed = 0
            if done or failed:
                self.stdout.write(f"Background jobs: {done} done, {failed} failed")
            if once and not done and not failed:
                return
            if not once and shutdown.wait(0 if done else pause):
                return
