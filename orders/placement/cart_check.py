"""Compares the cart with what the buyer was shown: nobody is charged more, nor sold what is not available."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from carts.identity import CartOwner
from carts.lines import Line
from core import money
from core.characters import parse_whole_number
from core.markets import Market
from orders.exceptions import CartChanged, EmptyCart, NamedTwice
from orders.models import OrderItem
from pricing.breakdown import Breakdown
from pricing.rules import Selection
from products.exceptions import ProductNotFound, VariantNeeded
from products.slugs import parse_product_ref

# The kinds of reference to a product, and the attribute of a cart line or an order item (or its product) that holds it.
PRODUCT_FIELDS = {"id": "product_id", "uuid": "uuid", "slug": "slug"}
# Fields of a requested line that only confirm which line of the cart is meant.
CONFIRMING_FIELDS = ("other_variant", "own_id", "nested_product", "sku")
UNAVAILABLE_TEXTS = {
    "not_serviceable": "We do not deliver this order to this address",
    "cod_unavailable": "Cash on Delivery is not available for this order",
}
Condition = Sequence[tuple[str, object]]  # attributes and values, of which one has to match


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """A line of the client's snapshot: a variant, or a product with one variant in the cart; `price` is what the client showed.

    A client may name both, the variant twice, and add an `own_id`, which is the id of the cart's line or of its product. A copied
    line of the cart also has the SKU and, in an object, the product's id. What names a line in several ways has to name the same
    line in each.
    """

    quantity: int
    variant: int | None = None
    product: str | None = None  # its id, uuid or slug
    price: Decimal | None = None
    other_variant: int | None = None
    own_id: str | None = None
    nested_product: str | None = None
    sku: str | None = None

    def get_conditions(self) -> list[Condition]:
        """Return what has to be true of the line that is named, by attributes of a cart line."""
        variants = (self.variant, self.other_variant)
        conditions: list[Condition] = [[("variant_id", variant)] for variant in variants if variant is not None]
        if self.product is not None and self.product != self.own_id:
            conditions.append([_parse_reference(self.product)])
        if self.own_id is not None:
            conditions.append([_parse_reference(self.own_id), ("id", parse_whole_number(self.own_id))])
        if self.nested_product is not None:
            conditions.append([_parse_reference(self.nested_product)])
        if self.sku is not None:
            conditions.append([("sku", self.sku)])
        return conditions

    def serialize_unknown(self) -> dict[str, Any]:
        """Return the item of a change for a line that the cart does not have."""
        field, value = _parse_reference(self.product or "")
        product = value if field == "product_id" else self.product
        return {"id": None, "product_id": product, "sku_id": self.variant, "name": None}


def _parse_reference(product: str) -> tuple[str, object]:
    """Return the attribute of a line that a reference to a product names, and its value."""
    try:
        kind, value = parse_product_ref(product)
    except ProductNotFound:  # cannot be a product of any shop
        return "slug", ""
    return PRODUCT_FIELDS[kind], value


@dataclass(frozen=True, slots=True)
class ExpectedCart:
    """What the client showed to the buyer, if it says so: the lines to order (None: the whole cart), and their total.

    `lines_field` is what the client calls the lines: `items` or `cart`.
    """

    lines: tuple[RequestedLine, ...] | None = None
    total: Decimal | None = None
    accepts_increases: bool = False
    lines_field: str = "items"


@dataclass
class _Differences:
    market: Market
    changes: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def add(self, code: str, line: Line | RequestedLine | None, old: Any, new: Any, available: int | None = None) -> None:
        item = None
        if isinstance(line, RequestedLine):
            item = line.serialize_unknown()
        elif line is not None:
            item = {"id": line.id, "product_id": line.product_id, "sku_id": line.variant_id, "name": line.name}
        self.changes.append({"item": item, "code": code, "old": old, "new": new, "available": available})

    def format_amount(self, amount: Decimal) -> str:
        return money.format_amount(amount, self.market.currency)

    def round_shown(self, amount: Decimal) -> Decimal:
        """Round away the floating-point noise of a client's sums."""
        return amount.quantize(Decimal(1).scaleb(-self.market.exponent), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class UnshownChange:
    """What the buyer was not shown: another delivery or a fee, as amounts or, if not `is_amount`, as codes of methods.

    If it is not certain that they were shown the old amount, it only explains a total that they were shown.
    """

    code: str
    old: str
    new: str
    is_amount: bool = True
    is_certain: bool = True

    def __str__(self) -> str:
        """Return it as a sentence, for buyers who accept it."""
        if self.code == "fee_changed":
            return f"The payment method has a fee of {self.new}"
        if self.is_amount:
            return f"Delivery costs {self.new} instead of {self.old}"
        return f"The shipping method {self.old} is not available for this order"  # it has ended, or takes no cash


@dataclass
class CheckedCart:
    """What will be bought: lines with units, and how they differ from what the buyer was shown.

    `unshown_changes` are those of delivery and fees; they count if the total was not shown, or rose.
    """

    lines: Sequence[tuple[Line, int]]
    expected: ExpectedCart
    _differences: _Differences
    unshown_changes: list[UnshownChange] = field(default_factory=list)

    @property
    def is_unchanged(self) -> bool:
        """Whether every line can be bought as it was shown, or for less."""
        return not self._differences.changes

    @property
    def warnings(self) -> list[str]:
        """What the buyer gets told and need not agree to."""
        return self._differences.warnings

    @property
    def priced_units(self) -> list[tuple[int, int, Decimal]]:
        """Variant, units and unit price of each line."""
        return [(line.variant_id, units, line.price or Decimal(0)) for line, units in self.lines]

    def allows_total(self, total: Decimal) -> bool:
        """Return whether the buyer was not shown a lower total, or accepts a higher one."""
        shown = self.expected.total
        return shown is None or self.expected.accepts_increases or total <= self._differences.round_shown(shown)

    def add_change(self, code: str, old: str | None, new: str | None) -> None:
        """Record a change that the buyer cannot accept."""
        self._differences.add(code, None, old, new)

    def has_shown(self, total: Decimal) -> bool:
        """Return whether the buyer was shown at least this total."""
        return self.expected.total is not None and self._differences.round_shown(self.expected.total) >= total

    def compare_costs(self, costs: Breakdown, selection: Selection) -> None:
        """Compare the total and the codes with what the buyer was shown. Raises CartChanged, with every change."""
        differences = self._differences
        is_dearer = _compare_total(costs.to_major(costs.total), self.expected, differences)
        if is_dearer or self.expected.total is None:
            _report_ended_codes(selection, self.expected, differences)
            _report_unshown_changes(self.unshown_changes, self.expected, differences)
        else:
            differences.warnings += [str(change) for change in self.unshown_changes if not change.is_amount]
        if differences.changes:
            details = {"changes": differences.changes, "subtotal": costs.format(costs.subtotal)}
            raise CartChanged(_get_message(differences.changes), details=details)


def check_cart(lines: Sequence[Line], expected: ExpectedCart, owner: CartOwner) -> CheckedCart:
    """Compare the lines that will be bought with what the buyer was shown. Raises EmptyCart, VariantNeeded, NamedTwice."""
    differences = _Differences(owner.market)
    selected = _select_lines(lines, expected, differences)
    if not selected and not differences.changes:
        raise EmptyCart
    available: list[tuple[Line, int]] = []
    for line, units, shown_price in selected:
        if not line.is_available or (line.seller_id is not None and line.seller_id == owner.user_id):
            differences.add("unavailable", line, units, 0, 0)
            continue
        if units > line.available_units:
            differences.add("insufficient_stock", line, units, line.available_units, line.available_units)
        _compare_price(line, shown_price, expected.accepts_increases, differences)
        available.append((line, units))
    return CheckedCart(available, expected, differences)


def _get_message(changes: Sequence[Mapping[str, Any]]) -> str:
    """Return what the changes are about, if it is one thing that a buyer cannot agree to; else an empty string."""
    codes = {change["code"] for change in changes}
    return UNAVAILABLE_TEXTS.get(codes.pop(), "") if len(codes) == 1 else ""


def _select_lines(
    lines: Sequence[Line], expected: ExpectedCart, differences: _Differences
) -> list[tuple[Line, int, Decimal | None]]:
    """Return the lines to buy, with units and the price that the buyer saw (None if they saw a total instead)."""
    saw_total = expected.total is not None
    if expected.lines is None:
        return [(line, line.quantity, None if saw_total else line.price_at_addition) for line in lines if line.quantity]
    selected: list[tuple[Line, int, Decimal | None]] = []
    named: set[object] = set()
    for requested in expected.lines:
        conditions = requested.get_conditions()
        matching = [line for line in lines if all(_fulfils(line, condition) for condition in conditions)]
        if len(matching) > 1:
            raise VariantNeeded(field=expected.lines_field)
        name = matching[0].id if matching else (requested.variant, requested.product)
        if name in named:
            raise NamedTwice(field=expected.lines_field)
        named.add(name)
        in_cart = matching[0].quantity if matching else 0
        if requested.quantity > in_cart:
            differences.add("not_in_cart", matching[0] if matching else requested, requested.quantity, in_cart)
            continue
        line = matching[0]
        fallback_price = None if saw_total else line.price_at_addition
        selected.append((line, requested.quantity, fallback_price if requested.price is None else requested.price))
    return selected


def _fulfils(line: Line, condition: Condition) -> bool:
    return any(getattr(line, field) == value for field, value in condition)


def _compare_price(line: Line, shown: Decimal | None, accepts_increases: bool, differences: _Differences) -> None:
    """Refuse an increase that the buyer has not accepted; warn of an accepted one, and of a decrease."""
    shown = None if shown is None else differences.round_shown(shown)
    if shown is None or line.price is None or line.price == shown:
        return
    old, new = differences.format_amount(shown), differences.format_amount(line.price)
    if line.price < shown:
        differences.warnings.append(f"The price of {line.name} fell from {old} to {new}")
    elif accepts_increases:
        differences.warnings.append(f"The price of {line.name} rose from {old} to {new}")
    else:
        differences.add("price_increased", line, old, new, line.available_units)


def _compare_total(total: Decimal, expected: ExpectedCart, differences: _Differences) -> bool:
    """Compare the total in the same way as the prices; return whether it is higher than what was shown."""
    shown = None if expected.total is None else differences.round_shown(expected.total)
    if shown is None or total == shown:
        return False
    old, new = differences.format_amount(shown), differences.format_amount(total)
    if total < shown:
        differences.warnings.append(f"The total fell from {old} to {new}")
    elif expected.accepts_increases:
        differences.warnings.append(f"The total rose from {old} to {new}")
    else:
        differences.add("price_increased", None, old, new)
    return total > shown


def _report_ended_codes(selection: Selection, expected: ExpectedCart, differences: _Differences) -> None:
    """Report the codes that no longer save anything, because their promotions have ended or are used up."""
    for code, status in selection.statuses.items():
        if status not in ("ended", "used_up"):
            continue
        if expected.accepts_increases:
            differences.warnings.append(f"The code {code} is no longer valid")
        else:
            differences.add(f"promotion_{status}", None, code, None)


def _report_unshown_changes(changes: Iterable[UnshownChange], expected: ExpectedCart, differences: _Differences) -> None:
    """Report what explains the total, or warn of it if the buyer accepts increases."""
    for change in changes:
        if expected.total is None and not change.is_certain:
            continue
        if expected.accepts_increases:
            differences.warnings.append(str(change))
        else:
            differences.add(change.code, None, change.old, change.new)


def matches_items(requested_lines: Iterable[RequestedLine], items: Sequence[OrderItem]) -> bool:
    """Return whether the snapshot names exactly these order items (fetched with their products), with their units."""
    requested = list(requested_lines)
    return len(requested) == len(items) and all(any(_matches_item(line, item) for item in items) for line in requested)


def _matches_item(line: RequestedLine, item: OrderItem) -> bool:
    names_of_product = {} if item.product is None else {"uuid": item.product.uuid, "slug": item.product.slug}
    names_of_variant = {"variant_id": item.variant_id, "sku": item.sku}
    attributes: dict[str, object] = {"product_id": item.product_id, **names_of_product, **names_of_variant}
    names = [condition for condition in line.get_conditions() if len(condition) == 1]  # the ids of the cart's lines are gone
    return line.quantity == item.quantity and bool(names) and all(attributes.get(field) == value for ((field, value),) in names)
