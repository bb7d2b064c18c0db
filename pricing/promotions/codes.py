"""The codes of promotions. A code belongs to one promotion; those of a deleted promotion may be given to another."""

import re
import secrets
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

from django.db import IntegrityError, transaction

from pricing.models import MAX_CODE, Promotion, PromotionCode

CODE_FORMAT = re.compile(r"[A-Z0-9][A-Z0-9-]*", re.ASCII)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 and O, 1, I and L, which look alike
RANDOM_LENGTH = 10  # characters: 31^10 codes, too many to guess
MAX_PREFIX = MAX_CODE - RANDOM_LENGTH
BATCH = 500  # codes in one statement, below SQLite's limit of variables
LISTED = 5  # codes named in a message


class CodeRefused(Exception):
    """A promotion cannot have this code; the message tells staff why."""


def normalize_code(text: str) -> str:
    """Return a code as it is stored: without spaces, in capital letters."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def parse_codes(text: str) -> list[str]:
    """Return the codes in a text, one a line, each once. Raises CodeRefused, which names the first wrong one."""
    codes = dict.fromkeys(filter(None, map(normalize_code, re.split(r"[\r\n,;]+", text))))
    for code in codes:
        validate_code(code)
    return list(codes)


def validate_code(code: str) -> None:
    """Check the characters and the length of a normalized code. Raises CodeRefused."""
    if len(code) > MAX_CODE:
        raise CodeRefused(f"{code[:MAX_CODE]}… is too long: a code has up to {MAX_CODE} characters")
    if not CODE_FORMAT.fullmatch(code):
        raise CodeRefused(f"{code} cannot be a code: use the letters A to Z, digits and hyphens, and begin with a letter or digit")


def add_codes(promotion: Promotion, codes: Sequence[str], *, single_use: bool) -> int:
    """Give normalized codes to a promotion, and return how many it did not have yet. Call it in a transaction.

    Raises CodeRefused for codes of other promotions.
    """
    added = 0
    for start in range(0, len(codes), BATCH):
        batch = codes[start : start + BATCH]
        present = list(PromotionCode.objects.filter(code__in=batch).select_related("promotion"))
        own = {row.code for row in present if row.promotion_id == promotion.pk}
        freed = [row for row in present if row.code not in own]
        refuse_taken(freed)
        moved = _move(freed, promotion, single_use=single_use)
        new = [PromotionCode(promotion=promotion, code=code, single_use=single_use) for code in batch if code not in own | moved]
        try:
            with transaction.atomic():
                added += len(PromotionCode.objects.bulk_create(new))
        except IntegrityError:
            raise CodeRefused("Someone else has just given one of these codes to a promotion") from None
        added += len(moved)
    return added


def _move(freed: Iterable[PromotionCode], promotion: Promotion, *, single_use: bool) -> set[str]:
    """Give the codes of deleted promotions to another one, and return those that it has now: carts keep what was entered.

    Those that were for one order, and that an order has, are deleted instead, so that they can be created again.
    """
    rows = PromotionCode.objects.filter(pk__in=[row.pk for row in freed])
    rows.filter(redemptions__single_use=True).delete()
    moved = set(rows.values_list("code", flat=True))
    rows.update(promotion=promotion, single_use=single_use, is_used=False)
    return moved


def refuse_taken(rows: Iterable[PromotionCode]) -> None:
    """Refuse codes of promotions that are not deleted. Raises CodeRefused."""
    taken = [row for row in rows if row.promotion.deleted_at is None]
    if taken:
        names = ", ".join(f"{row.code} (of {row.promotion})" for row in taken[:LISTED])
        raise CodeRefused(f"In use already: {names}{' and others' if len(taken) > LISTED else ''}")


def find_taken(codes: Collection[str], promotion_id: int | None) -> list[PromotionCode]:
    """Return the rows of these codes that belong to other promotions."""
    rows = PromotionCode.objects.filter(code__in=codes).select_related("promotion")
    return list(rows.exclude(promotion=promotion_id) if promotion_id is not None else rows)


def create_random_codes(promotion: Promotion, count: int, *, prefix: str = "", single_use: bool = True) -> Iterator[str]:
    """Create codes of a normalized prefix and random characters, and yield them as their rows are written.

    Call it in a transaction.
    """
    while count > 0:
        candidates = {prefix + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)) for _ in range(min(count, BATCH))}
        candidates -= set(PromotionCode.objects.filter(code__in=candidates).values_list("code", flat=True))
        rows = [PromotionCode(promotion=promotion, code=code, single_use=single_use) for code in sorted(candidates)]
        PromotionCode.objects.bulk_create(rows)
        count -= len(rows)
        yield from (row.code for row in rows)
