"""Service areas: writes a carrier's list of the postal codes that it serves, and deletes areas.

A list is all that a carrier serves in each country that the list names: postal codes that are absent from it are removed, unless
the caller keeps them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from core import advisory_locks
from core.markets import Market
from pricing import rules
from pricing.models import ServiceArea
from pricing.service_areas.files import AreaKey, Service

LOCK = "service areas"
BATCH_SIZE = 2_000  # rows in a statement; SQLite's own limit may be lower
COLUMNS = ("country", "postal_code", "carrier", "prepaid", "cod", "days")


class AreasChanged(Exception):
    """The service areas have changed since the caller was shown what their list changes."""


@dataclass(frozen=True, slots=True)
class Change:
    """An area whose service changes; `old` is None for a new one, `new` for one that is removed."""

    key: AreaKey
    old: Service | None
    new: Service | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a list changes."""

    added: Sequence[Change]
    changed: Sequence[Change]
    removed: Sequence[Change]
    unchanged: int
    limited: Sequence[str]  # countries that had no areas, so that the market delivered everywhere in them

    @property
    def digest(self) -> str:
        """A digest of all that would be written."""
        return sha256(repr((self.added, self.changed, self.removed)).encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def preview(market: Market, services: Mapping[AreaKey, Service], *, keep: bool = False) -> Changes:
    """Return what a list changes: two statements. `keep` leaves areas that are absent from it."""
    scope = {(key.country, key.carrier) for key in services}
    areas = ServiceArea.objects.filter(market=market.code, country__in={country for country, _ in scope})
    rows = areas.filter(carrier__in={carrier for _, carrier in scope}).order_by("country", "postal_code", "carrier")
    old: dict[AreaKey, Service] = {}
    for country, postal_code, carrier, *service in rows.values_list(*COLUMNS).iterator(BATCH_SIZE):
        if (country, carrier) in scope:
            old[AreaKey(country, postal_code, carrier)] = Service(*service)
    present = set(areas.order_by("country").values_list("country", flat=True).distinct())
    return Changes(
        added=[Change(key, None, service) for key, service in services.items() if key not in old],
        changed=[Change(key, old[key], service) for key, service in services.items() if old.get(key, service) != service],
        removed=[] if keep else [Change(key, service, None) for key, service in old.items() if key not in services],
        unchanged=sum(old.get(key) == service for key, service in services.items()),
        limited=sorted({country for country, _ in scope} - present),
    )


def count_nameless(services: Mapping[AreaKey, Service]) -> int:
    """Return how many areas of a list have no carrier: a list of a carrier never replaces them."""
    return sum(not key.carrier for key in services)


@transaction.atomic
def replace(market: Market, services: Mapping[AreaKey, Service], *, keep: bool = False, digest: str | None = None) -> Changes:
    """Write a list, and return what it has changed. Imports wait for each other.

    `digest` is of the changes that were shown before. Raises AreasChanged if they would be others now, and then writes nothing.
    """
    advisory_locks.lock(LOCK)
    changes = preview(market, services, keep=keep)
    if digest is not None and digest != changes.digest:
        raise AreasChanged
    if changes:
        _write(market, changes)
        rules.rebuild()
    return changes


def _write(market: Market, changes: Changes) -> None:
    rows = [
        ServiceArea(market=market.code, **change.key._asdict(), **change.new._asdict())
        for change in (*changes.added, *changes.changed)
        if change.new is not None
    ]
    ServiceArea.objects.bulk_create(
        rows,
        batch_size=BATCH_SIZE,
        update_conflicts=True,
        unique_fields=["market", "country", "postal_code", "carrier"],
        update_fields=["prepaid", "cod", "days"],
    )
    removed: dict[tuple[str, str], list[str]] = {}
    for change in changes.removed:
        removed.setdefault((change.key.country, change.key.carrier), []).append(change.key.postal_code)
    for (country, carrier), codes in removed.items():
        areas = ServiceArea.objects.filter(market=market.code, country=country, carrier=carrier)
        for start in range(0, len(codes), BATCH_SIZE):
            areas.filter(postal_code__in=codes[start : start + BATCH_SIZE]).delete()


@transaction.atomic
def save(area: ServiceArea) -> bool:
    """Save an area that staff have entered. Return whether it is the first, so that the country is limited from now on."""
    advisory_locks.lock(LOCK)
    is_limited = _list_areas(area.market, area.country).exists()
    area.save()
    rules.rebuild()
    return not is_limited


@transaction.atomic
def delete(areas: QuerySet[ServiceArea] | Collection[ServiceArea]) -> list[str]:
    """Delete areas. Return the countries of a market in which none are left, so that it delivers everywhere in them."""
    advisory_locks.lock(LOCK)
    rows = list(areas)
    keys = [area.pk for area in rows]
    for start in range(0, len(keys), BATCH_SIZE):
        ServiceArea.objects.filter(pk__in=keys[start : start + BATCH_SIZE]).delete()
    rules.rebuild()
    countries = sorted({(area.market, area.country) for area in rows})
    return [country for market, country in countries if not _list_areas(market, country).exists()]


def _list_areas(market: str, country: str) -> QuerySet[ServiceArea]:
    return ServiceArea.objects.filter(market=market, country=country)
