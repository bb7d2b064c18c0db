"""What promotions take off items, off the order, and off shipping, in minor units of the currency.

At each of these stages, the promotions that do not combine compete, and then those that combine follow, each on what is left.
The same promotions and lines always give the same discounts: equal savings are ordered by id.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pricing.shares import divide, take_percent

Stage = Literal["items", "order", "shipping"]
Shares = dict[int, int]  # amount by line
PAYMENT_METHODS = {"cod": "cash on delivery", "stripe": "by card"}  # which a promotion may ask for, as sentences name them


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """Units of a variant at one price."""

    id: int
    unit_price: int
    quantity: int
    product_id: int
    category_id: int | None = None
    is_reduced: bool = False

    @property
    def total(self) -> int:
        """The price of all units."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Rule:
    """A promotion in one market. It is for all lines, or for those of its categories and products."""

    id: int
    label: str
    on: Stage
    effect: Literal["percent", "amount", "free", "buy_get"]
    basis_points: int = 0  # hundredths of a percent, of `percent` or of the units that `buy_get` makes cheaper
    amount: int = 0
    buy_quantity: int = 0
    get_quantity: int = 0
    all_products: bool = True
    categories: frozenset[int] = frozenset()
    products: frozenset[int] = frozenset()
    excludes_reduced: bool = False
    min_subtotal: int = 0
    payment_methods: frozenset[str] = frozenset()
    combines: bool = False
    code: str = ""

    def covers(self, line: GoodsLine) -> bool:
        """Return whether the promotion is for this line."""
        if self.excludes_reduced and line.is_reduced:
            return False
        return self.all_products or line.product_id in self.products or line.category_id in self.categories


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a promotion saves nothing: a code, and the value of goods that is missing, if that is it."""

    code: Literal["no_matching_items", "min_subtotal", "payment_method", "better_promotion", "nothing_to_discount"]
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """What a promotion takes off, and its share of each line (none of shipping)."""

    rule: Rule
    amount: int
    shares: Mapping[int, int]


@dataclass(slots=True)
class Basket:
    """Lines and shipping while promotions are applied to them."""

    lines: Sequence[GoodsLine]
    step: int
    payment_method: str | None
    shipping: int = 0
    net: dict[int, int] = field(init=False)
    qualifying: int = field(init=False)  # what `min_subtotal` looks at: the goods before the discounts on items, later after these
    discounts: list[Discount] = field(default_factory=list)
    reasons: dict[int, Reason] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with the prices of the lines, the lower id first."""
        self.lines = sorted(self.lines, key=lambda line: line.id)
        self.net = {line.id: line.total for line in self.lines}
        self.qualifying = self.goods

    @property
    def goods(self) -> int:
        """The value of the goods after the discounts so far."""
        return sum(self.net.values())

    def apply(self, rules: Iterable[Rule], stage: Stage) -> None:
        """Apply the promotions of a stage; the shipping stage comes after `shipping` was set."""
        candidates = [rule for rule in rules if rule.on == stage and self._is_candidate(rule)]
        if stage == "items":
            self._apply_to_items(candidates)
            self.qualifying = self.goods
        else:
            self._apply_to_whole(candidates, self._save_on_order if stage == "order" else self._save_on_shipping)

    def _is_candidate(self, rule: Rule) -> bool:
        """Return whether the conditions of a promotion hold; record the first that does not."""
        if not any(rule.covers(line) for line in self.lines):
            self.reasons[rule.id] = Reason("no_matching_items")
        elif self.qualifying < rule.min_subtotal:
            self.reasons[rule.id] = Reason("min_subtotal", rule.min_subtotal - self.qualifying)
        elif rule.payment_methods and self.payment_method not in rule.payment_methods:
            self.reasons[rule.id] = Reason("payment_method")
        else:
            return True
        return False

    def _apply_to_items(self, candidates: Sequence[Rule]) -> None:
        """Apply item promotions in the order of what each saves alone. One that combines may discount a unit that another has."""
        all_units = {line.id: line.quantity for line in self.lines}
        alone = {rule.id: sum(_save_on_items(rule, self.lines, all_units, self.step)[0].values()) for rule in candidates}
        free = dict(all_units)  # units that no promotion has discounted
        for rule in sorted(candidates, key=lambda rule: (rule.combines, -alone[rule.id], rule.id)):
            shares, taken = _save_on_items(rule, self.lines, all_units if rule.combines else free, self.step, self.net)
            if self._record(rule, shares, could_save=alone[rule.id]) and not rule.combines:
                for line, units in taken.items():
                    free[line] -= units

    def _apply_to_whole(self, candidates: Sequence[Rule], save: Callable[[Rule], Shares]) -> None:
        """Apply the best of the promotions that do not combine, and those that combine after it."""
        alone = {rule.id: sum(save(rule).values()) for rule in candidates}
        ordered = sorted(candidates, key=lambda rule: (rule.combines, -alone[rule.id], rule.id))
        has_best = False
        for rule in ordered:
            if has_best and not rule.combines:
                self.reasons[rule.id] = Reason("better_promotion")
            elif self._record(rule, save(rule), could_save=alone[rule.id]) and not rule.combines:
                has_best = True

    def _record(self, rule: Rule, shares: Shares, *, could_save: int) -> bool:
        """Take the shares off; return whether the promotion saves anything."""
        amount = sum(shares.values())
        if not amount:
            self.reasons[rule.id] = Reason("better_promotion" if could_save else "nothing_to_discount")
            return False
        if rule.on == "shipping":
            self.shipping -= amount
            shares = {}
        for line, share in shares.items():
            self.net[line] -= share
        self.discounts.append(Discount(rule, amount, shares))
        return True

    def _save_on_order(self, rule: Rule) -> Shares:
        covered = [line.id for line in self.lines if rule.covers(line)]
        weights = [self.net[line] for line in covered]
        return dict(zip(covered, divide(_save_on_amount(rule, sum(weights), self.step), weights, self.step), strict=True))

    def _save_on_shipping(self, rule: Rule) -> Shares:
        return {0: _save_on_amount(rule, self.shipping, self.step)}


def _save_on_amount(rule: Rule, amount: int, step: int) -> int:
    if rule.effect == "free":
        return amount
    return take_percent(amount, rule.basis_points, step) if rule.effect == "percent" else min(rule.amount, amount)


def _save_on_items(
    rule: Rule, lines: Sequence[GoodsLine], units: Mapping[int, int], step: int, net: Mapping[int, int] | None = None
) -> tuple[Shares, dict[int, int]]:
    """Return what an item promotion takes off these units of each line, at most `net`, and how many units it discounts."""
    covered = [line for line in lines if rule.covers(line)]
    taken = (
        _count_cheaper_units(rule, covered, units) if rule.effect == "buy_get" else {line.id: units[line.id] for line in covered}
    )
    shares: Shares = {}
    for line in covered:
        left = line.total if net is None else net[line.id]
        price = line.unit_price * taken[line.id]
        if rule.effect == "amount":
            share = min(rule.amount, line.unit_price) * taken[line.id]
        else:  # of a line that is discounted already, the percentage is of what is left
            share = take_percent(min(price, left) if rule.combines else price, rule.basis_points, step)
        shares[line.id] = min(share, left)
    return shares, taken


def _count_cheaper_units(rule: Rule, covered: Collection[GoodsLine], units: Mapping[int, int]) -> dict[int, int]:
    """Return how many units of each line are cheaper: the last ones of each full group, from the dearest unit to the cheapest."""
    group = rule.buy_quantity + rule.get_quantity
    grouped = sum(units[line.id] for line in covered) // group * group
    counts, start = dict[int, int](), 0
    for line in sorted(covered, key=lambda line: (-line.unit_price, line.id)):
        end = start + units[line.id]
        before, after = min(start, grouped), min(end, grouped)
        counts[line.id] = _count_cheaper_before(rule, after) - _count_cheaper_before(rule, before)
        start = end
    return counts


def _count_cheaper_before(rule: Rule, position: int) -> int:
    """Return how many of the first units in this order are the last ones of a group."""
    groups, rest = divmod(position, rule.buy_quantity + rule.get_quantity)
    return groups * rule.get_quantity + max(0, rest - rule.buy_quantity)
