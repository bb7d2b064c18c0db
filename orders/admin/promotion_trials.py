"""*Try it*: what a promotion takes off a cart, and why others take nothing off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from carts import estimates, quotes, selectors
from carts.identity import CartRef
from carts.lines import Line
from carts.models import Cart
from core import markets, money
from core.admin import SUCCESS, apply_widgets, render_badge
from core.characters import parse_whole_number
from orders.models import Order
from pricing import rules
from pricing.breakdown import Breakdown
from pricing.discounts import PAYMENT_METHODS, Reason, Rule
from pricing.models import PriceRules, Promotion
from pricing.rules import EnteredCode, MarketRule, Selection

MAX_NUMBER = 40  # characters
STATUSES = {
    "ended": "It has ended.",
    "used_up": "It is used up.",
    "not_started": "It has not started yet.",
    "not_in_market": "It has no amount in this market.",
    "repeated": "Another code of the cart is of the same promotion.",
}
REASONS = {
    "no_matching_items": "The cart has no items that it is for.",
    "better_promotion": "Another promotion saves more.",
    "nothing_to_discount": "There is nothing left that it could take off.",
}
NO_CODE = "The cart does not have a code of it."
OFF = "It is switched off."
STARTED = "It has started this moment."
COUNTED_LATER = "Limits for each customer are checked when the order is placed."


class TrialForm(forms.Form):
    """The cart, and how the buyer would pay."""

    cart = forms.CharField(max_length=MAX_NUMBER, help_text="the id of a cart, or the number of an order")
    payment_method = forms.ChoiceField(
        label="The buyer pays", required=False, choices=[("", "in a way not chosen yet"), *PAYMENT_METHODS.items()]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        apply_widgets(self.fields)

    def clean_cart(self) -> Cart:
        """Find the cart. Raises ValidationError."""
        text = self.cleaned_data["cart"].strip()
        cart_id = parse_whole_number(text)
        order = Order.objects.filter(number=text.upper()).select_related("cart").first() if cart_id is None else None
        cart = order.cart if order is not None else Cart.objects.filter(pk=cart_id).first() if cart_id is not None else None
        if cart is None:
            raise forms.ValidationError("The cart of this order no longer exists." if order else "There is no such cart or order.")
        if cart.market not in markets.get_markets():
            raise forms.ValidationError(f"The market of this cart, {cart.market}, is no longer configured.")
        return cart


@dataclass(frozen=True, slots=True)
class Trial:
    """The lines of a cart, what they cost, and all promotions of its market."""

    lines: Sequence[Line]
    costs: Breakdown
    selection: Selection
    rules: Sequence[MarketRule]


def try_view(request: HttpRequest, promotion_id: int) -> HttpResponse:
    """Ask for a cart, and show what it costs with a promotion."""
    if not request.user.has_perms(("pricing.view_promotion", "carts.view_cart")):
        raise PermissionDenied
    promotion = get_object_or_404(Promotion, pk=promotion_id, deleted_at=None)
    form = TrialForm(request.GET if "cart" in request.GET else None)
    context = {
        **admin.site.each_context(request),
        "title": f"Try it: {promotion.name}",
        "opts": Promotion._meta,
        "original": promotion,
        "form": form,
        "promotion": promotion,
    }
    if form.is_valid():
        context |= _describe(run(promotion, form.cleaned_data["cart"], form.cleaned_data["payment_method"] or None), promotion)
    return TemplateResponse(request, "admin/pricing/promotion/try.html", context)


def run(promotion: Promotion, cart: Cart, payment_method: str | None) -> Trial:
    """Compute what a cart costs with its codes; a promotion that needs a code applies as if the cart had one."""
    market = markets.get_market(cart.market)
    columns = {name: getattr(cart, name) for name in ("country", "postal_code", "state", "shipping_method")}
    ref = CartRef(market, cart.user_id, None, None, cart.pk, **columns)
    lines = selectors.get_lines(ref)
    selection = estimates.get_selection(ref)
    if promotion.kind == Promotion.Kind.CODE and all(entered.promotion_id != promotion.pk for entered in selection.codes):
        code = promotion.codes.values_list("code", flat=True).first() or "a code"
        selection = estimates.get_selection(ref, [*selection.codes, EnteredCode(0, code, promotion.pk)])
    row = PriceRules.objects.filter(market=market.code).first()
    units = [(line, line.quantity) for line in lines if line.quantity and line.is_available]
    costs = quotes.compute(units, market, selection, payment_method, method=ref.shipping_method).costs
    return Trial(lines, costs, selection, rules.parse(row.data) if row else [])


def _describe(trial: Trial, promotion: Promotion) -> dict[str, Any]:
    costs = trial.costs
    goods = sum(line.net for line in costs.lines.values())
    amounts = [
        ("Subtotal", costs.subtotal),
        ("Discount", goods - costs.subtotal),
        ("Net", goods),
        ("Shipping", costs.shipping),
        ("Shipping discount", costs.subtotal - costs.discount - goods),
        ("Total", costs.total),
    ]
    results = sorted(_list_results(trial, promotion), key=lambda result: not result[0])
    return {
        "lines": {
            "headers": ["Item", "Quantity", "Subtotal", "Discount", "Net"],
            "rows": [_build_line(line, costs) for line in trial.lines if line.quantity],
        },
        "amounts": [(label, _format(costs, amount)) for label, amount in amounts],
        "results": {"headers": ["Promotion", "Takes off"], "rows": [row for _, row in results]},
        "code": next((entered.code for entered in trial.selection.codes if entered.id == 0), ""),
    }


def _build_line(line: Line, costs: Breakdown) -> list[Any]:
    name = f"{line.name} – {line.variant_name}" if line.variant_name else line.name
    amounts = costs.lines.get(line.id)
    if amounts is None:
        return [name, line.quantity, "not for sale now", "–", "–"]
    values = (amounts.subtotal, -amounts.discount, amounts.net)
    return [name, line.quantity, *(_format(costs, value) for value in values)]


def _list_results(trial: Trial, promotion: Promotion) -> Iterator[tuple[bool, list[Any]]]:
    """Yield whether it is the tried promotion, and the row of the table, of each promotion of the market."""
    for entry in trial.rules:
        yield entry.rule.id == promotion.pk, [_build_link(entry.rule), _explain(trial, entry)]
    if all(entry.rule.id != promotion.pk for entry in trial.rules):
        yield True, [promotion.name, OFF]


def _build_link(rule: Rule) -> SafeString:
    url = reverse("admin:pricing_promotion_change", args=[rule.id])
    return format_html('<a class="text-link" href="{}">{}</a>', url, rule.label)


def _explain(trial: Trial, entry: MarketRule) -> SafeString | str:
    """Return what a promotion takes off the cart, or why it takes nothing off."""
    rule, costs = entry.rule, trial.costs
    saved = next((discount.amount for discount in costs.discounts if discount.rule.id == rule.id), 0)
    if saved:
        note = COUNTED_LATER if entry.limit_per_customer is not None else ""
        badge = render_badge(_format(costs, saved), SUCCESS)
        return format_html('<span class="shop-stack">{}<span class="shop-below">{}</span></span>', badge, note)
    reason = costs.reasons.get(rule.id)
    if reason is not None:
        return _explain_reason(reason, rule, costs)
    statuses = [trial.selection.statuses[entered.code] for entered in trial.selection.codes if entered.promotion_id == rule.id]
    if not entry.is_automatic and not statuses:
        return NO_CODE
    status = entry.get_status(timezone.now()) if entry.is_automatic else statuses[0]
    return STATUSES.get(status, STARTED)


def _explain_reason(reason: Reason, rule: Rule, costs: Breakdown) -> str:
    if reason.missing is not None:
        return f"Items for {_format(costs, reason.missing)} more are needed."
    if reason.code == "payment_method":
        return (
            f"It counts if the buyer pays {' or '.join(PAYMENT_METHODS.get(name, name) for name in sorted(rule.payment_methods))}."
        )
    return REASONS[reason.code]


def _format(costs: Breakdown, amount: int) -> str:
    return money.format_price(costs.to_major(amount), costs.market.currency)
