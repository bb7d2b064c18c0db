"""The cash of parcels by carrier and currency: on the way, collected, short, paid by the carrier, open, overdue. In minor units."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from orders.carriers.registry import normalize_carrier
from orders.models import Order, Remittance, Shipment

OPEN_MINOR = F("cod_collected_minor") - F("remitted_minor") - F("short_by_carrier_minor")
IS_OPEN = Q(cod_collected_minor__gt=F("remitted_minor") + F("short_by_carrier_minor"))
# Each kind of cash: the parcels that have some, and how much.
AMOUNTS = {
    "on_the_way": (Q(state__in=Shipment.UNDER_WAY_STATES), F("cod_due_minor")),
    "collected": (Q(cod_collected_minor__gt=0), F("cod_collected_minor")),
    "short_at_door": (Q(short_at_door_minor__gt=0), F("short_at_door_minor")),
    "remitted": (Q(remitted_minor__gt=0), F("remitted_minor")),
    "short_by_carrier": (Q(short_by_carrier_minor__gt=0), F("short_by_carrier_minor")),
    "open": (IS_OPEN, OPEN_MINOR),
    "overdue": (IS_OPEN, OPEN_MINOR),
}
KINDS = tuple(AMOUNTS)


@dataclass(frozen=True, slots=True)
class Balance:
    """The cash of a carrier in a currency, by kind: number of parcels, and amount."""

    carrier: str
    currency: str
    cash: Mapping[str, tuple[int, int]]
    charges_minor: int


def select_cash(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those that have cash to collect, or had; those from before the shop had parcels are settled."""
    return parcels.filter(cod_due_minor__gt=0, settled_before=False, order__payment_method=Order.Method.COD)


def get_condition(kind: str) -> Q:
    """Return which parcels have cash of this kind."""
    condition, _ = AMOUNTS[kind]
    return condition & Q(delivered_at__lt=get_overdue_time()) if kind == "overdue" else condition


def get_overdue_time() -> datetime:
    """Return the time before which a parcel was delivered whose open cash is overdue."""
    return timezone.now() - timedelta(days=settings.COD_REMITTANCE_DAYS)


def list_balances(parcels: QuerySet[Shipment], remittances: QuerySet[Remittance]) -> list[Balance]:
    """Return the cash of these parcels, and the charges of these remittances, by carrier and currency; two statements."""
    sums = {f"sum_{kind}": Sum(amount, filter=get_condition(kind), default=0) for kind, (_, amount) in AMOUNTS.items()}
    counts = {f"count_{kind}": Count("pk", filter=get_condition(kind)) for kind in KINDS}
    rows: Any = select_cash(parcels).order_by().values("carrier", "order__currency").annotate(**sums, **counts)
    charges = _sum_charges(remittances)
    cash: dict[tuple[str, str], dict[str, tuple[int, int]]] = {key: dict.fromkeys(KINDS, (0, 0)) for key in charges}
    for row in rows:
        known = cash.setdefault((normalize_carrier(row["carrier"]), row["order__currency"]), dict.fromkeys(KINDS, (0, 0)))
        for kind, (count, amount) in known.items():
            known[kind] = (count + row[f"count_{kind}"], amount + row[f"sum_{kind}"])
    balances = [Balance(*key, kinds, charges.get(key, 0)) for key, kinds in cash.items()]
    return sorted(balances, key=lambda balance: (balance.carrier.casefold(), balance.currency))


def _sum_charges(remittances: QuerySet[Remittance]) -> dict[tuple[str, str], int]:
    """Return the charges by carrier and currency, without those of 0."""
    charges: Counter[tuple[str, str]] = Counter()
    for row in remittances.order_by().values("carrier", "currency").annotate(sum=Sum("charges_minor")).filter(sum__gt=0):
        charges[normalize_carrier(row["carrier"]), row["currency"]] += row["sum"]
    return charges


def sum_overdue() -> list[tuple[str, int, int]]:
    """Return what is overdue: currency, number of parcels, and amount; one statement."""
    overdue: Any = select_cash(Shipment.objects.filter(get_condition("overdue"))).order_by("order__currency")
    rows = overdue.values("order__currency").annotate(count=Count("pk"), sum=Sum(OPEN_MINOR))
    return [(row["order__currency"], row["count"], row["sum"]) for row in rows]
