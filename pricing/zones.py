"""Deletes zones, suggests codes for their methods, and finds zones that do not work as they seem to."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from core.countries import get_market_country, list_countries
from core.markets import Market
from pricing import rules
from pricing.models import MAX_METHOD_CODE, ShippingMethod, Zone

FIRST_SUFFIX = 2


@dataclass(frozen=True, slots=True)
class ZoneWarning:
    """Something about a zone, or about all zones of a market, that staff should know."""

    text: str
    zone_id: int | None = None


@transaction.atomic
def delete(zone_ids: Collection[int]) -> None:
    """Delete zones with their methods; orders keep the names of theirs."""
    Zone.objects.filter(pk__in=zone_ids).delete()
    rules.rebuild()


def suggest_code(name: str, taken: Collection[str] = ()) -> str:
    """Return a code for a method of this name that no other method has, such as express-2."""
    base = slugify(name)[:MAX_METHOD_CODE].strip("-_") or "delivery"
    used = set(ShippingMethod.objects.filter(code__startswith=base[: MAX_METHOD_CODE - 4]).values_list("code", flat=True))
    code, suffix = base, FIRST_SUFFIX
    while code in used or code in taken:
        ending = f"-{suffix}"
        code, suffix = base[: MAX_METHOD_CODE - len(ending)] + ending, suffix + 1
    return code


def list_warnings(market: Market) -> list[ZoneWarning]:
    """Return the warnings about the zones of a market; two statements."""
    zones = list(Zone.objects.filter(market=market.code).order_by("-priority", "id").prefetch_related("methods"))
    return [*_find_without_methods(zones), *_find_hidden(zones), *_find_uncovered(zones, market)]


def _find_without_methods(zones: Iterable[Zone]) -> Iterator[ZoneWarning]:
    for zone in zones:
        if not any(method.is_active for method in zone.methods.all()):
            yield ZoneWarning(f"Nothing is delivered to {zone.name}: it has no active method.", zone.pk)


def _find_hidden(zones: list[Zone]) -> Iterator[ZoneWarning]:
    """Yield the zones all of whose addresses fit a zone that is tried before."""
    for position, zone in enumerate(zones):
        other = next((other for other in zones[:position] if covers(other, zone)), None)
        if other is not None:
            yield ZoneWarning(
                f"{zone.name} is never used: {other.name} is tried before it, and fits all of its addresses.", zone.pk
            )


def _find_uncovered(zones: Collection[Zone], market: Market) -> Iterator[ZoneWarning]:
    country = get_market_country(market)
    if zones and country and not any(not zone.countries or country in zone.countries for zone in zones):
        name = list_countries()[country]
        yield ZoneWarning(f"Nothing is delivered to {name}, the country of market {market.code}: no zone is for it.")


def covers(wide: Zone, narrow: Zone) -> bool:
    """Return whether every address that fits `narrow` fits `wide`, as far as their conditions show it."""
    if wide.countries and not (narrow.countries and set(narrow.countries) <= set(wide.countries)):
        return False
    if wide.states and not (narrow.states and set(narrow.states) <= set(wide.states)):
        return False
    if not (wide.postal_from or wide.postal_prefixes):
        return True
    if not (narrow.postal_from or narrow.postal_prefixes):
        return False
    has_range = not narrow.postal_from or _covers_range(wide, narrow)
    return has_range and all(_covers_prefix(wide, prefix) for prefix in narrow.postal_prefixes)


def _covers_range(wide: Zone, narrow: Zone) -> bool:
    first, last = narrow.postal_from, narrow.postal_to
    is_within = len(first) == len(wide.postal_from) and wide.postal_from <= first and last <= wide.postal_to
    return is_within or any(first.startswith(prefix) and last.startswith(prefix) for prefix in wide.postal_prefixes)


def _covers_prefix(wide: Zone, prefix: str) -> bool:
    return prefix.startswith(tuple(wide.postal_prefixes))
