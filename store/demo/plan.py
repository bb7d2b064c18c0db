"""What happens in the demo's month: the same orders on every machine, relative to the current time."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from random import Random

from django.utils import timezone

from orders.models import Order
from store.demo.promotions import WELCOME_CODE

SEED = 7
DAYS = 30
ORDERS = 64
TO_PACK, ON_THE_WAY = 15, 24  # how many of the newest orders are not shipped yet, and not delivered yet
CARD_SHARE = 0.55
WELCOME_EVERY = 6  # one in so many orders is placed with the code
NOTES = ("Please ring twice.", "Leave it with the neighbour in flat 4.", "It is a gift: no invoice in the parcel, please.")


class Outcome(Enum):
    """How far an order gets."""

    UNPAID = auto()
    EXPIRED = auto()
    CONFIRMED = auto()
    PACKED = auto()
    SENT_IN_PART = auto()
    SHIPPED = auto()
    IN_TWO_PARCELS = auto()
    DELIVERED = auto()
    PARTLY_TAKEN = auto()
    SHORT = auto()
    DELIVERY_FAILED = auto()
    COMING_BACK = auto()
    RETURNED = auto()
    LOST = auto()
    CANCELLED_BY_BUYER = auto()
    CANCELLED_WITH_REFUND = auto()
    CANCELLED_WITHOUT_REFUND = auto()
    REFUNDED_IN_PART = auto()
    REFUNDED_BY_PROVIDER = auto()


CARD, COD = Order.Method.STRIPE, Order.Method.COD
# By number, the newest order being 0. Where no card can be charged, the orders by card end as any other.
SPECIAL_OUTCOMES = {
    **{0: (CARD, Outcome.UNPAID), 5: (COD, Outcome.CANCELLED_BY_BUYER), 9: (CARD, Outcome.CANCELLED_WITHOUT_REFUND)},
    **{14: (CARD, Outcome.EXPIRED), 27: (CARD, Outcome.REFUNDED_BY_PROVIDER), 31: (CARD, Outcome.REFUNDED_IN_PART)},
    **{33: (CARD, Outcome.CANCELLED_WITH_REFUND), 36: (COD, Outcome.REFUNDED_IN_PART), 41: (CARD, Outcome.REFUNDED_IN_PART)},
    **{45: (CARD, Outcome.EXPIRED), 50: (COD, Outcome.CANCELLED_BY_BUYER)},
    # Parcels
    **{4: (COD, Outcome.SENT_IN_PART), 11: (COD, Outcome.PACKED), 17: (COD, Outcome.DELIVERY_FAILED)},
    **{20: (COD, Outcome.COMING_BACK), 24: (CARD, Outcome.RETURNED), 26: (COD, Outcome.PARTLY_TAKEN)},
    **{29: (COD, Outcome.RETURNED), 30: (COD, Outcome.IN_TWO_PARCELS), 34: (COD, Outcome.SHORT), 38: (COD, Outcome.RETURNED)},
    **{40: (CARD, Outcome.IN_TWO_PARCELS), 44: (COD, Outcome.LOST), 47: (COD, Outcome.RETURNED), 52: (COD, Outcome.SHORT)},
}
DIVIDED_UNITS = (2, 1)  # of each line, where an order goes in two parcels, or a part of it is not taken


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order to place; `customer` is an index, and None means a guest."""

    placed_at: datetime
    method: str
    outcome: Outcome
    customer: int | None
    units: tuple[int, ...]  # of each line
    note: str
    codes: tuple[str, ...] | None  # None: none are entered


def plan_orders(now: datetime, *, customers: int, takes_cards: bool) -> list[PlannedOrder]:
    """Return the orders of the last 30 days, oldest first."""
    rng = Random(SEED)  # noqa: S311 - for a demo that is the same everywhere
    planned = []
    for number in range(ORDERS):
        method, outcome = _plan_outcome(number, rng, takes_cards=takes_cards)
        is_divided = outcome in (Outcome.SENT_IN_PART, Outcome.IN_TWO_PARCELS, Outcome.PARTLY_TAKEN)
        planned.append(
            PlannedOrder(
                placed_at=_plan_time(number, now, rng),
                method=method,
                outcome=outcome,
                customer=None if rng.random() < 0.1 else rng.randrange(customers),
                units=DIVIDED_UNITS if is_divided else _plan_units(rng),
                note=rng.choice(NOTES) if rng.random() < 0.1 else "",
                codes=(WELCOME_CODE,) if number % WELCOME_EVERY == 1 else None,
            )
        )
    return sorted(planned, key=lambda order: order.placed_at)


def _plan_outcome(number: int, rng: Random, *, takes_cards: bool) -> tuple[str, Outcome]:
    method = CARD if rng.random() < CARD_SHARE and takes_cards else COD
    if number in SPECIAL_OUTCOMES and (takes_cards or SPECIAL_OUTCOMES[number][0] == COD):
        return SPECIAL_OUTCOMES[number]
    usual = Outcome.CONFIRMED if number < TO_PACK else Outcome.SHIPPED if number < ON_THE_WAY else Outcome.DELIVERED
    return method, usual


def _plan_units(rng: Random) -> tuple[int, ...]:
    return tuple(rng.choices((1, 2, 3), (7, 3, 1), k=rng.choices((1, 2, 3, 4), (5, 4, 2, 1))[0]))


def _plan_time(number: int, now: datetime, rng: Random) -> datetime:
    """Return a time of the day, more orders on the last days; the newest orders are of today."""
    zone = timezone.get_default_timezone()
    today = timezone.localtime(now, zone).date()
    age = round(DAYS * (number / ORDERS) ** 1.3)
    if number == 0:
        return now - timedelta(minutes=3)
    midnight = timezone.make_aware(datetime.combine(today - timedelta(days=age), time.min), zone)
    if age == 0:
        return midnight + (now - midnight) * rng.uniform(0.3, 0.98)
    return midnight + timedelta(minutes=rng.randrange(8 * 60, 22 * 60), seconds=rng.randrange(60))
