"""`manage.py track_parcels`: asks carriers what has become of parcels."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from core.shutdown import ShutdownFlag
from orders.carriers.registry import find_carrier
from orders.fulfilment.parcels.polling import TrackingReport, TrackingRun, list_carriers_to_ask


class Command(BaseCommand):
    """Asks the gateways of carriers about each parcel that is on its way, once an hour, and records what they report.

    Exit code: 0 all was well, 2 something needs attention.
    """

    help = "Ask carriers what has become of parcels. Run it every ten minutes, or keep it running with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--carrier", default="", help="only the carrier with this code or name")
        parser.add_argument(
            "--loop", type=int, default=0, metavar="SECONDS", help="keep running, and repeat after this many seconds"
        )

    def handle(self, *args: Any, carrier: str, loop: int, **options: Any) -> None:
        carriers = list_carriers_to_ask()
        if carrier:
            known = find_carrier(carrier)
            if known is None:
                raise CommandError("CARRIERS has no carrier with this code or name.")
            if not known.gateway:
                raise CommandError(f"{known.name} has no gateway in CARRIERS.")
            carriers = [known]
        stop = ShutdownFlag(signal.SIGTERM, signal.SIGINT) if loop else ShutdownFlag()
        while True:
            run = TrackingRun(carriers)
            try:
                run.run()
            except (OperationalError, InterfaceError) as error:
                run.report.attention.append(f"the database did not answer: {error}")
                connection.close()  # the next run opens a new connection
            self._print_report(run.report, quiet=options["verbosity"] == 0)
            if not loop and run.report.exit_code:
                raise SystemExit(run.report.exit_code)
            if not loop or stop.wait(loop):
                return

    def _print_report(self, report: TrackingReport, *, quiet: bool) -> None:
        for line in report.attention:
            self.stderr.write(f"attention: {line}")
        if not quiet:
            self.stdout.write(
                f"asked about {report.asked} parcels, {report.events} new events, {len(report.attention)} need attention"
            )
