"""`manage.py replay_events`: processes stored events of the payment provider again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.models import StripeEvent
from orders.payments import webhook_events


class Command(BaseCommand):
    """Processes failed and waiting events again. An event that is already done changes nothing."""

    help = "Process stored events of the payment provider again: failed and waiting events, or a single one."

    def add_arguments(self, parser: CommandParser) -> None:
        selection = parser.add_mutually_exclusive_group()
        selection.add_argument("--id", default="", metavar="EVT", help="the event with this id")
        selection.add_argument("--failed", action="store_true", help="failed and waiting events (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"] and not StripeEvent.objects.filter(event_id=options["id"]).exists():
            raise CommandError(f"Event {options['id']} does not exist")
        done, failed = webhook_events.replay_events(options["id"])
        self.stdout.write(f"{done} done, {failed} failed")
        if failed:
            raise CommandError("Some events still fail. The admin shows their errors")
