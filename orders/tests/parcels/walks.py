"""Random walks of real orders through the services of parcels, each step compared with the model."""

import copy
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone

from core.currencies import exponent, get_step
from orders.carriers.events import CarrierEvent
from orders.exceptions import CashTooMuch, InvalidTransition, RefundTooLarge
from orders.fulfilment import cancellation, order_refunds, shipping
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import Order, OrderItem, Payment, Refund, Shipment
from orders.payments import refund_shares
from orders.payments.refund_lines import RefundLine
from orders.selectors import payment_status
from orders.state import alerts
from orders.tests.parcels import model
from orders.tests.parcels.parcels import STAFF
from orders.tests.parcels.random_orders import pay_before
from products.models import Variant

REFUSALS = (InvalidTransition, CashTooMuch, RefundTooLarge)
Step = tuple[Callable[[model.Order], object], Callable[[], object]]  # what the model does, and what the shop does


class Walk:
    """An order and its model, which take the same steps."""

    def __init__(self, draw: Random, order: Order, *, is_cash: bool = True, is_alone: bool = True) -> None:
        """Start with a placed order; if it is not alone, other orders move the same stock, which is not compared then."""
        self.is_alone = is_alone
        if not is_cash:
            pay_before(order)
        self.draw, self.pk, self.currency = draw, order.pk, order.currency
        items = list(OrderItem.objects.filter(order=order).order_by("pk"))
        self.items, self.variants = [item.pk for item in items], [item.variant_id for item in items if item.variant_id is not None]
        paid = [item.line_total - item.discount_total + (0 if order.prices_include_tax else item.tax_total) for item in items]
        self.model = model.Order(
            quantities=[item.quantity for item in items],
            paid=[self._to_minor(amount) for amount in paid],
            total=self._to_minor(order.total),
            stock=self._get_stock() if is_alone else [0] * len(items),
            is_cash=is_cash,
            step=get_step(order.currency),
        )
        self.log: list[str] = []

    def _to_minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(exponent(self.currency)))

    def _get_stock(self) -> list[int]:
        stock = dict(Variant.objects.filter(pk__in=self.variants).values_list("pk", "stock"))
        return [stock[pk] for pk in self.variants]

    def step(self, name: str = "", *, is_compared: bool = True) -> None:
        """Take a step, by default a random one. The shop refuses what the model refuses, and does what it does."""
        for _ in range(50):  # what has no parcel is drawn again, and mostly what is refused
            chosen = name or self.draw.choices(list(STEPS), list(STEPS.values()))[0]
            try:
                model_step, act = getattr(self, f"_{chosen}")()
            except LookupError:
                continue
            expected = copy.deepcopy(self.model)
            try:
                model_step(expected)
            except model.Refused:
                if not name and self.draw.random() < 0.9:
                    continue
                self.log.append(f"no {chosen}")
                with pytest.raises(REFUSALS):
                    act()
            else:
                self.log.append(chosen)
                act()
                self.model = expected
            break
        if is_compared:
            self.compare()

    def compare(self) -> None:
        """Assert that the order is as the model says."""
        shop = self.describe_shop()
        for name, expected in self.describe_model().items():
            assert shop[name] == expected, f"{name} is {shop[name]} instead of {expected} after {self.log}"

    def describe_model(self) -> dict[str, object]:
        """Return what the model says of the order."""
        order = self.model
        return {
            "status": (order.status, order.payment if order.is_cash else "succeeded", order.captured, sum(order.money_back)),
            "units": (order.refunded, order.restocked, order.stock),
            "parcels": [
                (parcel.state, order.due(parcel), parcel.collected, order.short(parcel), parcel.units) for parcel in order.parcels
            ],
            "is_short": any(order.short(parcel) for parcel in order.parcels),
            "payment_status": order.get_payment_status() if order.is_cash else "",
        }

    def describe_shop(self) -> dict[str, object]:
        """Return what the shop says of the order."""
        order, payment = Order.objects.get(pk=self.pk), Payment.objects.get(order=self.pk)
        items = list(OrderItem.objects.filter(order=order).order_by("pk"))
        back = sum(refund.amount_minor for refund in Refund.objects.filter(payment=payment, state__in=Refund.COMMITTED_STATES))
        stock = self._get_stock() if self.is_alone else self.model.stock
        parcels = Shipment.objects.filter(order=order).order_by("number").prefetch_related("lines")
        return {
            "status": (order.status, payment.state, payment.captured_minor, back),
            "units": ([item.refunded_quantity for item in items], [item.restocked_quantity for item in items], stock),
            "parcels": [
                (
                    *(row.state, row.cod_due_minor, row.cod_collected_minor, row.short_at_door_minor),
                    {self.items.index(line.item_id): line.quantity for line in row.lines.all()},
                )
                for row in parcels
            ],
            "is_short": alerts.COD_SHORT in alerts.open_alerts(order),
            "payment_status": payment_status(order, [payment]) if self.model.is_cash else "",
        }

    # Choices

    def _choose(self, *states: str) -> tuple[int, int]:
        """Choose a parcel, mostly one of these states; return its place and its id. Raises LookupError if there is none."""
        rows = list(Shipment.objects.filter(order=self.pk).order_by("number").values_list("pk", "state"))
        places = [place for place, (_, state) in enumerate(rows) if state in states or self.draw.random() < 0.05]
        if not places:
            raise LookupError
        place = self.draw.choice(places)
        return place, rows[place][0]

    def _draw_units(self, most: dict[int, int]) -> dict[int, int]:
        """Draw units of lines, seldom more than these."""
        return {line: self.draw.randint(0, count + (self.draw.random() < 0.05)) for line, count in most.items()}

    def _by_item(self, units: dict[int, int]) -> dict[int, int]:
        return {self.items[line]: count for line, count in units.items()}

    # Steps

    def _pack(self) -> Step:
        units = self._draw_units({line: self.model.to_pack(line) for line in self.model.lines})
        chosen = None if self.draw.random() < 0.3 else units
        real = None if chosen is None else self._by_item(chosen)
        return lambda order: order.pack(chosen), lambda: packing.pack_parcel(STAFF, self.pk, real)

    def _ship(self) -> Step:
        place, pk = self._choose("packed")
        return lambda order: order.ship(place), lambda: sending.ship_parcel(STAFF, pk, carrier="Post", tracking_number=f"T{pk}")

    def _ship_all(self) -> Step:
        return lambda order: order.ship_all(), lambda: shipping.ship_order(STAFF, self.pk)

    def _deliver_all(self) -> Step:
        return lambda order: order.deliver_all(), lambda: shipping.deliver_order(STAFF, self.pk)

    def _cancel_parcel(self) -> Step:
        place, pk = self._choose("packed")
        return lambda order: order.cancel_parcel(place), lambda: packing.cancel_parcel(STAFF, pk)

    def _fail(self) -> Step:
        action = self.draw.choice(["fail", "retry", "return"])
        service = {"fail": outcomes.fail_parcel, "retry": outcomes.try_again, "return": outcomes.start_return}[action]
        place, pk = self._choose(*model.MOVES[action])
        return lambda order: order.fail(place, action), lambda: service(STAFF, pk)

    def _deliver(self) -> Step:
        place, pk = self._choose("shipped", "failed", "returning", "lost")
        parcel = self.model.parcels[place]
        refused = self._draw_units(parcel.units) if self.draw.random() < 0.5 else {}
        collected = self.draw.randint(0, sum(parcel.due.values()) + 20) if self.draw.random() < 0.3 and self.model.is_cash else None
        return (
            lambda order: order.deliver_sent(place, refused, collected),
            lambda: outcomes.deliver_parcel(STAFF, pk, refused=self._by_item(refused), collected=collected),
        )

    def _report(self) -> Step:
        """The carrier reports something; only *delivered* changes the order."""
        place, pk = self._choose("packed", "shipped", "failed", "returning", "lost", "returned", "delivered")
        code = self.draw.choice(["in_transit", "returned", "lost", "delivered", "delivered"])
        at = timezone.now() - timedelta(minutes=self.draw.randint(0, 500))
        events = [CarrierEvent(f"{code}-{self.draw.random()}", code, at)] * 2

        def report(order: model.Order) -> None:
            if code == "delivered" and order.can_deliver(place):
                order.deliver(place, {}, None)

        return report, lambda: tracking.record_events(pk, events)

    def _lose(self) -> Step:
        place, pk = self._choose("shipped", "failed", "returning")
        return lambda order: order.lose(place), lambda: outcomes.lose_parcel(STAFF, pk)

    def _receive(self) -> Step:
        place, pk = self._choose("returning", "failed", "lost")
        counted = self._draw_units(self.model.parcels[place].units) if self.model.is_cash else {}
        return (
            lambda order: order.receive(place, counted),
            lambda: outcomes.receive_parcel(STAFF, pk, self._by_item(counted)),
        )

    def _shelve(self) -> Step:
        place, pk = self._choose("delivered", "returned")
        counted = self._draw_units(self.model.get_countable(place))
        return lambda order: order.shelve(place, counted), lambda: outcomes.count_parcel(STAFF, pk, self._by_item(counted))

    def _correct(self) -> Step:
        place, pk = self._choose("delivered")
        due = self.model.due(self.model.parcels[place])
        collected = self.draw.choice([due, due, self.draw.randint(0, due + 1)])
        return lambda order: order.correct(place, collected), lambda: outcomes.correct_cash(STAFF, pk, collected)

    def _cancel(self) -> Step:
        return lambda order: order.cancel(), lambda: cancellation.cancel_order(STAFF, self.pk, "none left", refund=False)

    def _refund(self) -> Step:
        line = self.draw.choice(self.model.lines)
        delivered = self.model.count(line, "delivered") - self.model.after_delivery[line]
        unpacked = 0 if self.model.is_cash else self.model.to_pack(line)  # nothing is paid for these at the door
        units = self.draw.randint(1, max(delivered, unpacked, 1))
        is_shelved = self.draw.random() < 0.5

        def refund() -> None:
            order, payment = Order.objects.get(pk=self.pk), Payment.objects.get(order=self.pk)
            shares = refund_shares.get_shares(order, order.items.all(), payment.provider)
            rest = self.model.captured - sum(self.model.money_back)
            amount = refund_shares.propose(shares, {self.items[line]: units}, payment, rest)
            major = Decimal(amount).scaleb(-exponent(self.currency))
            lines = [RefundLine(self.items[line], units, restock=is_shelved)]
            source = Refund.Source.STAFF if self.model.is_cash else Refund.Source.BANK
            order_refunds.refund_order(STAFF, self.pk, major, "faulty", lines, refund_id=None, seen=None, source=source)

        return lambda order: order.refund(line, units, shelved=is_shelved), refund


STEPS = {  # and how often each is chosen
    **{"pack": 8, "ship": 8, "ship_all": 1, "deliver_all": 1, "cancel_parcel": 3, "fail": 4, "deliver": 7, "report": 5},
    **{"lose": 2, "receive": 3, "shelve": 2, "correct": 2, "cancel": 0.3, "refund": 2},
}
