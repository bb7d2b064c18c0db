"""`manage.py move_media`: moves the images when a shop switches between local files, a bucket and Cloudinary."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core.exceptions import DomainError
from orders.line_images import update_image_urls
from products.media import migration


class Command(BaseCommand):
    """Moves images to the current storage."""

    help = (
        "Move every image to the storage in the settings: Cloudinary if its three keys are set, the bucket MEDIA_S3_BUCKET if that "
        "is set, else MEDIA_ROOT. Safe to run again. Exit code 0: all are moved; 1: some could not be moved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from-url",
            default="",
            help="base URL of the images, if they are not in MEDIA_ROOT: the former MEDIA_S3_PUBLIC_URL, "
            "or https://res.cloudinary.com/NAME/image/upload",
        )

    def handle(self, *args: Any, from_url: str, **options: Any) -> None:
        try:
            pending = migration.find_pending()
        except DomainError as error:
            raise CommandError(f"The images in the storage cannot be listed: {error.__cause__}", returncode=1) from None
        total = len(pending.pks)
        if total and pending.need_url and not from_url:
            raise CommandError(f"{total} picture(s) are stored elsewhere; pass their base URL with --from-url.", returncode=2)
        moved = failed = 0
        with tqdm(total=total, unit="picture", disable=None) as bar:
            for result in migration.migrate_images(pending, update_image_urls, from_url):
                bar.update(1)
                if result.error:
                    failed += 1
                    self.stderr.write(f"  picture {result.image.pk} ({result.old_names[-1]}): {result.error}")
                    continue
                moved += 1
        self.stdout.write(f"{moved} moved, {failed} failed")
        if failed:
            raise CommandError(f"{failed} picture(s) could not be moved; run it again.", returncode=1)
