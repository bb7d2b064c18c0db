"""`manage.py move_media`: carries the pictures over when a shop switches between local files and Cloudinary."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from orders.line_images import readdress_pictures
from products.media import migration


class Command(BaseCommand):
    """Moves pictures to where the shop stores them now."""

    help = (
        "Store every picture where the settings say that pictures are stored now: on Cloudinary when its three keys are set, "
        "else in MEDIA_ROOT. Safe to run again. Exit code 0: all are there; 1: some could not be moved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from-url", default="", help="where they are delivered now: https://res.cloudinary.com/NAME/image/upload"
        )

    def handle(self, *args: Any, from_url: str, **options: Any) -> None:
        total = migration.waiting()
        if total and not settings.CLOUDINARY_ON and not from_url:
            raise CommandError(f"{total} picture(s) are on Cloudinary; say with --from-url where they are delivered.", returncode=2)
        moved = failed = 0
        with tqdm(total=total, unit="picture", disable=None) as bar:
            for one in migration.move(readdress_pictures, from_url):
                bar.update(1)
                if one.problem:
                    failed += 1
                    self.stderr.write(f"  picture {one.picture.pk} ({one.before[-1]}): {one.problem}")
                    continue
                moved += 1
        self.stdout.write(f"{moved} moved, {failed} failed")
        if failed:
            raise CommandError(f"{failed} picture(s) could not be moved; run it again.", returncode=1)
