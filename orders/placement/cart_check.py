"""What the buyer saw against what is: a buyer is not charged more than he was shown, nor sold what is not there."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from carts.identity import CartOwner
from carts.lines import Line
from core import money
from core.exceptions import Invalid
from core.markets import Market
from orders.exceptions import CartChanged, EmptyCart
from orders.models import OrderItem
from pricing import breakdown
from products.exceptions import VariantNeeded

SMALL = re.compile(r"[0-9]{1,18}", re.ASCII)  # digits of an id that a 64-bit column holds


class NamedTwice(Invalid):
    """The snapshot names a line more than once."""

    code = "named_twice"
    default_message = "The same item is named twice"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line of the client's snapshot: a variant, or a product of which the cart holds one variant; the price is what was shown."""

    quantity: int
    variant: int | None = None
    product: str | None = None
    price: Decimal | None = None

    def fits(self, variant_id: int | None, product_id: int | None, uuid: object = None) -> bool:
        """Say whether this names that line."""
        if self.variant is not None:
            return self.variant == variant_id
        return (self.product or "").lower() in (str(product_id), str(uuid))


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the client has shown to the buyer, as far as it says; `field` is what it calls its snapshot."""

    wanted: tuple[Wanted, ...] | None = None
    total: Decimal | None = None
    accepts_increases: bool = False
    field: str = "items"


@dataclass(frozen=True, slots=True)
class Checked:
    """What will be bought: lines and units, the totals, and what the buyer should hear."""

    bought: Sequence[tuple[Line, int]]
    totals: breakdown.Totals
    warnings: list[str]

    @property
    def prices(self) -> list[tuple[int, int, Decimal]]:
        """Variant, units and unit price of each line."""
        return [(line.variant_id, units, line.price or Decimal(0)) for line, units in self.bought]


@dataclass
class _Findings:
    market: Market
    changes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, code: str, about: Line | Wanted | None, old: Any, new: Any, available: int | None = None) -> None:
        item = None
        if isinstance(about, Wanted):  # all that is known of it is what the client has said
            given = about.product or ""
            product = int(given) if SMALL.fullmatch(given) else about.product
            item = {"id": None, "product_id": product, "sku_id": about.variant, "name": None}
        elif about is not None:
            item = {"id": about.id, "product_id": about.product_id, "sku_id": about.variant_id, "name": about.name}
        self.changes.append({"item": item, "code": code, "old": old, "new": new, "available": available})

    def text(self, amount: Decimal) -> str:
        return money.text(amount, self.market.currency)

    def exact(self, amount: Decimal) -> Decimal:
        """Round the noise of a client's sums away."""
        return amount.quantize(Decimal(1).scaleb(-self.market.exponent), ROUND_HALF_UP)


def check(lines: Sequence[Line], expectation: Expectation, caller: CartOwner) -> Checked:
    """Return what will be bought. Raises EmptyCart, CartChanged (with every change), VariantNeeded, NamedTwice."""
    findings = _Findings(caller.market)
    wanted = _chosen(lines, expectation, findings)
    if not wanted and not findings.changes:
        raise EmptyCart
    bought: list[tuple[Line, int]] = []
    for line, units, shown in wanted:
        if not line.is_available or (line.seller_id is not None and line.seller_id == caller.user_id):
            findings.add("unavailable", line, units, 0, 0)
            continue
        if units > line.obtainable:
            findings.add("insufficient_stock", line, units, line.obtainable, line.obtainable)
        _compare_price(line, shown, expectation.accepts_increases, findings)
        bought.append((line, units))
    totals = breakdown.totals(((line.price or Decimal(0), units) for line, units in bought), caller.market)
    _compare_total(totals.total, expectation, findings)
    if findings.changes:
        raise CartChanged(details={"changes": findings.changes, "subtotal": findings.text(totals.subtotal)})
    return Checked(bought, totals, findings.warnings)


def _chosen(lines: Sequence[Line], expectation: Expectation, findings: _Findings) -> list[tuple[Line, int, Decimal | None]]:
    """Return the lines to buy with units and the price that the buyer saw (None: he was told a total instead)."""
    if expectation.wanted is None:
        seen = expectation.total is None
        return [(line, line.quantity, line.price_at_addition if seen else None) for line in lines if line.quantity]
    chosen: list[tuple[Line, int, Decimal | None]] = []
    named: set[object] = set()
    for wanted in expectation.wanted:
        fitting = [line for line in lines if wanted.fits(line.variant_id, line.product_id, line.uuid)]
        if len(fitting) > 1:
            raise VariantNeeded(field=expectation.field)
        name = fitting[0].id if fitting else (wanted.variant, wanted.product)
        if name in named:
            raise NamedTwice(field=expectation.field)
        named.add(name)
        held = fitting[0].quantity if fitting else 0
        if wanted.quantity > held:
            findings.add("not_in_cart", fitting[0] if fitting else wanted, wanted.quantity, held)
            continue
        line = fitting[0]
        shown = wanted.price if wanted.price is not None else (line.price_at_addition if expectation.total is None else None)
        chosen.append((line, wanted.quantity, shown))
    return chosen


def _compare_price(line: Line, shown: Decimal | None, accepts_increases: bool, findings: _Findings) -> None:
    """Stop an increase that was not accepted; tell of one that was, and of a decrease."""
    shown = None if shown is None else findings.exact(shown)
    if shown is None or line.price is None or line.price == shown:
        return
    old, new = findings.text(shown), findings.text(line.price)
    if line.price < shown:
        findings.warnings.append(f"The price of {line.name} fell from {old} to {new}")
    elif accepts_increases:
        findings.warnings.append(f"The price of {line.name} rose from {old} to {new}")
    else:
        findings.add("price_increased", line, old, new, line.obtainable)


def _compare_total(total: Decimal, expectation: Expectation, findings: _Findings) -> None:
    """The same for the total that the buyer was shown."""
    shown = None if expectation.total is None else findings.exact(expectation.total)
    if shown is None or total == shown:
        return
    old, new = findings.text(shown), findings.text(total)
    if total < shown:
        findings.warnings.append(f"The total fell from {old} to {new}")
    elif expectation.accepts_increases:
        findings.warnings.append(f"The total rose from {old} to {new}")
    else:
        findings.add("price_increased", None, old, new)


def names_exactly(wanted: Iterable[Wanted], items: Sequence[OrderItem]) -> bool:
    """Say whether the snapshot names just these order lines (fetched with their products), with their units."""
    named = list(wanted)
    return len(named) == len(items) and all(any(_is(want, item) for item in items) for want in named)


def _is(want: Wanted, item: OrderItem) -> bool:
    uuid = item.product.uuid if item.product is not None else None
    return want.quantity == item.quantity and want.fits(item.variant_id, item.product_id, uuid)
