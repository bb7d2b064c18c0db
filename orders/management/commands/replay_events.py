"""`manage.py replay_events`: works kept events of the payment provider through again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.models import StripeEvent
from orders.payments import webhook_events


class Command(BaseCommand):
    """Works events through again that failed or wait; one that is done changes nothing."""

    help = "Work kept events of the payment provider through again: those that failed or wait, or the one that is named."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--id", default="", metavar="EVT", help="the event with this id")
        which.add_argument("--failed", action="store_true", help="those that failed or wait (the default)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"] and not StripeEvent.objects.filter(event_id=options["id"]).exists():
            raise CommandError(f"There is no event {options['id']}")
        done, failed = webhook_events.replay(options["id"])
        self.stdout.write(f"{done} done, {failed} failed")
        if failed:
            raise CommandError("Some events still fail; the admin shows why")
