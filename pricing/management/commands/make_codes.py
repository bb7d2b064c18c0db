"""`manage.py make_codes`: creates random codes of a promotion, and writes them to a file."""

from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from core import csv_export
from pricing.models import Promotion
from pricing.promotions import codes

MAX_COUNT = 100_000  # codes
UNUSABLE, UNWRITABLE = 1, 2  # exit codes


class Command(BaseCommand):
    """Creates codes for single orders, such as those of a mailing."""

    help = (
        "Create random codes of a promotion and write them to a CSV file, one a line. Each is for one order, unless --many-uses is "
        "given. They do without 0, O, 1, I and L. Exit code 1: the promotion or a value cannot be used; 2: the file "
        "exists or cannot be written. In both cases no code was created."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--promotion", type=int, required=True, metavar="ID", help="id of the promotion, as its page's address names it"
        )
        parser.add_argument("--count", type=int, required=True, metavar="N", help=f"number of codes, up to {MAX_COUNT:,}")
        parser.add_argument("--prefix", default="", help="what each code begins with, such as SPRING-")
        parser.add_argument("--out", type=Path, required=True, metavar="F", help="path of the file, which must not exist yet")
        parser.add_argument("--many-uses", action="store_true", help="let each code be used by any number of orders")

    def handle(self, *args: Any, promotion: int, count: int, prefix: str, out: Path, many_uses: bool, **options: Any) -> None:
        if not 1 <= count <= MAX_COUNT:
            raise CommandError(f"--count must be from 1 to {MAX_COUNT:,}", returncode=UNUSABLE)
        prefix = _parse_prefix(prefix)
        if out.exists():
            raise CommandError(f"{out} exists already", returncode=UNWRITABLE)
        unfinished = out.with_name(f"{out.name}.part")
        try:
            with transaction.atomic(), unfinished.open("wb") as stream:
                row = _lock_promotion(promotion)
                created = codes.create_random_codes(row, count, prefix=prefix, single_use=not many_uses)
                stream.writelines(csv_export.generate_file(chain([["code"]], ([code] for code in created))))
            unfinished.replace(out)
        except OSError as error:
            raise CommandError(f"{error.filename or out} cannot be written: {error.strerror}", returncode=UNWRITABLE) from None
        finally:
            unfinished.unlink(missing_ok=True)
        if options["verbosity"]:
            self.stdout.write(f"{count} code(s) of “{row}” written to {out}")


def _parse_prefix(prefix: str) -> str:
    """Return the normalized prefix. Raises CommandError."""
    prefix = codes.normalize_code(prefix)
    if len(prefix) > codes.MAX_PREFIX:
        raise CommandError(f"--prefix has more than {codes.MAX_PREFIX} characters", returncode=UNUSABLE)
    try:
        codes.validate_code(f"{prefix}{codes.ALPHABET[0]}")
    except codes.CodeRefused:
        text = "--prefix takes the letters A to Z, digits and hyphens, and begins with a letter or digit"
        raise CommandError(text, returncode=UNUSABLE) from None
    return prefix


def _lock_promotion(promotion_id: int) -> Promotion:
    """Return a promotion that applies with codes, so that it is not deleted meanwhile. Raises CommandError."""
    rows = Promotion.objects.filter(pk=promotion_id, deleted_at=None) if abs(promotion_id) < 2**63 else Promotion.objects.none()
    promotion = rows.select_for_update(no_key=True).first()
    if promotion is None:
        raise CommandError(f"There is no promotion {promotion_id}", returncode=UNUSABLE)
    if promotion.kind != Promotion.Kind.CODE:
        raise CommandError(f"“{promotion}” applies by itself, without a code", returncode=UNUSABLE)
    return promotion
