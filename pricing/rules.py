"""The promotions and zones of a market as a cart needs them: derived into one row, and chosen by time, code and place."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db import transaction
from django.db.models import F

from core import markets, money
from core.markets import Market
from pricing.delivery.derivation import derive
from pricing.delivery.methods import UNKNOWN, DeliveryOptions
from pricing.discounts import Rule
from pricing.models import PriceRules, Promotion
from products.catalog.category_tree import get_descendant_ids

ZERO = Decimal(0)
REBUILD_JOB = "rebuild_price_rules"
CodeStatus = Literal["active", "not_started", "not_in_market", "ended", "used_up", "repeated"]


@dataclass(frozen=True, slots=True)
class MarketRule:
    """A promotion in a market, with what does not depend on the basket."""

    rule: Rule
    is_automatic: bool
    has_limit: bool = False
    is_used_up: bool = False
    is_offered: bool = True  # an amount promotion without an amount in this market is not
    per_customer: int | None = None
    first_order_only: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def get_status(self, now: datetime, *, is_held: bool = False) -> CodeStatus:
        """Return whether the promotion is running. What the cart's own order holds counts as unused."""
        if self.ends_at is not None and self.ends_at <= now:
            return "ended"
        if self.is_used_up and not is_held:
            return "used_up"
        if self.starts_at is not None and self.starts_at > now:
            return "not_started"
        return "active" if self.is_offered else "not_in_market"

    @property
    def is_counted(self) -> bool:
        """Whether an order has to look at earlier uses of it."""
        return self.has_limit or self.limit_per_customer is not None

    @property
    def limit_per_customer(self) -> int | None:
        """How often a buyer may use it; None: without a limit."""
        return 1 if self.first_order_only else self.per_customer


@dataclass(frozen=True, slots=True)
class EnteredCode:
    """A code of a cart; `is_used` if it is for one order and that was placed; `is_held` if the cart's own order holds it."""

    id: int
    code: str
    promotion_id: int
    is_used: bool = False
    is_held: bool = False
    is_single_use: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """The promotions that may apply to a basket, by id, the status of each of its codes, by code, and how it may be delivered.

    `delivery` is for the address of an order where there is one; `shown_delivery` is then for the place of the cart.
    """

    rules: Mapping[int, MarketRule]
    codes: Sequence[EnteredCode]
    statuses: Mapping[str, CodeStatus]
    delivery: DeliveryOptions = UNKNOWN
    shown_delivery: DeliveryOptions | None = None

    def list_rules(self) -> list[Rule]:
        """Return the rules for the breakdown."""
        return [rule.rule for rule in self.rules.values()]

    def without(self, promotion_ids: Iterable[int], status: CodeStatus) -> "Selection":
        """Return the selection without these promotions, whose codes get this status."""
        excluded = set(promotion_ids)
        rules = {pk: rule for pk, rule in self.rules.items() if pk not in excluded}
        changed = {entry.code: status for entry in self.codes if entry.promotion_id in excluded and self.is_active(entry.code)}
        return replace(self, rules=rules, statuses={**self.statuses, **changed})

    def without_cash(self) -> "Selection":
        """Return the selection for a buyer who is not offered Cash on Delivery."""
        return replace(self, delivery=replace(self.delivery, takes_cod=False))

    def is_active(self, code: str) -> bool:
        """Return whether a code may apply."""
        return self.statuses[code] == "active"


EMPTY = Selection({}, (), {})


def select(rules: Sequence[MarketRule], codes: Sequence[EnteredCode], now: datetime, held: Collection[int] = ()) -> Selection:
    """Choose the promotions that run now: the automatic ones, and those of the codes.

    The cart's own pending order holds the promotions with the ids in `held`, with whatever code.
    """
    by_id = {entry.rule.id: entry for entry in rules}
    automatic = {pk: entry for pk, entry in by_id.items() if entry.is_automatic}
    chosen = {pk: entry for pk, entry in automatic.items() if entry.get_status(now, is_held=pk in held) == "active"}
    statuses: dict[str, CodeStatus] = {}
    for entered in codes:
        entry = by_id.get(entered.promotion_id)
        is_held = entered.is_held or entered.promotion_id in held
        status: CodeStatus = "ended" if entry is None or entry.is_automatic else entry.get_status(now, is_held=is_held)
        if status == "active" and entered.is_used and not entered.is_held:
            status = "used_up"
        elif status == "active" and entered.promotion_id in chosen:
            status = "repeated"
        statuses[entered.code] = status
        if entry is not None and status == "active":
            chosen[entered.promotion_id] = replace(entry, rule=replace(entry.rule, code=entered.code))
    return Selection(chosen, codes, statuses)


@transaction.atomic
def rebuild(*, has_new_delivery: bool = True) -> None:
    """Derive the rules of all markets again; call it last in the transaction of each change of a promotion, zone or method.

    The rows are locked before the promotions are read, so that the later of two concurrent changes sees the earlier one. Without
    `has_new_delivery`, which is for changes of promotions on hot paths, zones and areas are not read.
    """
    codes = sorted(markets.get_markets())
    PriceRules.objects.bulk_create((PriceRules(market=code) for code in codes), ignore_conflicts=True)
    list(PriceRules.objects.select_for_update().filter(market__in=codes).order_by("market").values_list("pk"))
    promotions = list(Promotion.objects.filter(is_active=True, deleted_at=None).order_by("pk").prefetch_related("amounts"))
    targets = {promotion.pk: _Targets() for promotion in promotions}
    for promotion_id, category_id in _list_links(Promotion.categories.through, "category_id"):
        targets[promotion_id].categories.append(category_id)
    for promotion_id, product_id in _list_links(Promotion.products.through, "product_id"):
        targets[promotion_id].products.append(product_id)
    for target in targets.values():
        target.categories = get_descendant_ids(target.categories) if target.categories else []
    for code in codes:
        market = markets.get_markets()[code]
        data = [_serialize(promotion, market, targets[promotion.pk]) for promotion in promotions]
        columns = {"delivery": derive(market)} if has_new_delivery else {}
        PriceRules.objects.filter(market=code).update(data=data, version=F("version") + 1, **columns)


@dataclass
class _Targets:
    """The categories, with their subcategories, and the products that a promotion is for."""

    categories: list[int] = field(default_factory=list)
    products: list[int] = field(default_factory=list)


def _list_links(through: Any, target: str) -> Iterable[tuple[int, int]]:
    """Return the links of the promotions that are not for all products, as pairs of ids."""
    running = Promotion.objects.filter(is_active=True, deleted_at=None, all_products=False)
    links: Iterable[tuple[int, int]] = through.objects.filter(promotion__in=running).values_list("promotion_id", target)
    return sorted(links)


def _serialize(promotion: Promotion, market: Market, targets: _Targets) -> dict[str, Any]:
    amounts = next((row for row in promotion.amounts.all() if row.market == market.code), None)
    amount = amounts.amount if amounts is not None else None
    percent = promotion.get_percent if promotion.effect == Promotion.Effect.BUY_GET else promotion.percent
    return {
        "id": promotion.pk,
        "label": promotion.name,
        "is_automatic": promotion.kind == Promotion.Kind.AUTOMATIC,
        "on": promotion.on,
        "effect": promotion.effect,
        "basis_points": int((percent or 0) * 100),
        "amount": money.round_to_minor(amount or ZERO, market.currency),
        "is_offered": promotion.effect != Promotion.Effect.AMOUNT or amount is not None,
        "min_subtotal": money.round_to_minor((amounts.min_subtotal if amounts else None) or ZERO, market.currency),
        "buy_quantity": promotion.buy_quantity or 0,
        "get_quantity": promotion.get_quantity or 0,
        "all_products": promotion.all_products,
        "categories": targets.categories,
        "products": targets.products,
        "excludes_reduced": promotion.excludes_reduced,
        "payment_methods": promotion.payment_methods,
        "combines": promotion.combines,
        "first_order_only": promotion.first_order_only,
        "per_customer": promotion.per_customer,
        "has_limit": promotion.usage_limit is not None,
        "is_used_up": promotion.usage_limit is not None and promotion.used >= promotion.usage_limit,
        "starts_at": promotion.starts_at and promotion.starts_at.isoformat(),
        "ends_at": promotion.ends_at and promotion.ends_at.isoformat(),
    }


def parse(data: Sequence[Mapping[str, Any]]) -> list[MarketRule]:
    """Return the rules of a row."""
    return [_parse_rule(entry) for entry in data]


def _parse_rule(entry: Mapping[str, Any]) -> MarketRule:
    rule = Rule(
        id=entry["id"],
        label=entry["label"],
        on=entry["on"],
        effect=entry["effect"],
        basis_points=entry["basis_points"],
        amount=entry["amount"],
        buy_quantity=entry["buy_quantity"],
        get_quantity=entry["get_quantity"],
        all_products=entry["all_products"],
        categories=frozenset(entry["categories"]),
        products=frozenset(entry["products"]),
        excludes_reduced=entry["excludes_reduced"],
        min_subtotal=entry["min_subtotal"],
        payment_methods=frozenset(entry["payment_methods"]),
        combines=entry["combines"],
    )
    starts_at, ends_at = (entry[name] and datetime.fromisoformat(entry[name]) for name in ("starts_at", "ends_at"))
    return MarketRule(
        rule,
        is_automatic=entry["is_automatic"],
        has_limit=entry["has_limit"],
        is_used_up=entry["is_used_up"],
        is_offered=entry["is_offered"],
        per_customer=entry["per_customer"],
        first_order_only=entry["first_order_only"],
        starts_at=starts_at,
        ends_at=ends_at,
    )
