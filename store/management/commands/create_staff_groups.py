"""`manage.py create_staff_groups`: groups of permissions for those who pack, sell and manage."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from store import staff_groups


class Command(BaseCommand):
    """Creates the staff groups of a new shop."""

    help = (
        f"Create the staff groups {', '.join(staff_groups.PERMISSIONS)}, unless they exist. A group that exists keeps the "
        "permissions that you have given it; --reset returns one to its first permissions. Run it after migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = list(staff_groups.PERMISSIONS)
        parser.add_argument(
            "--reset", choices=names, metavar="NAME", help=f"give one group its first permissions again: {', '.join(names)}"
        )

    def handle(self, *args: Any, reset: str | None, verbosity: int, **options: Any) -> None:
        try:
            if reset:
                staff_groups.reset_group(reset)
                report = f"Reset: {reset}."
            else:
                report = f"Created: {', '.join(staff_groups.create_groups()) or 'none, because all groups exist'}."
        except staff_groups.UnknownPermissions as error:
            raise CommandError(f"No group was changed. Unknown permissions: {error}. Run manage.py migrate first.") from None
        if verbosity:
            self.stdout.write(report)
