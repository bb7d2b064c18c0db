"""The amounts of a promotion in each market, as a table with one row a market."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from core import markets, money
from core.admin import TabularInline
from pricing.admin.promotion_form import AMOUNT, SHOWN_FOR
from pricing.models import Promotion, PromotionAmount
from products.amounts import validate_amount

COLUMNS = ("amount", "min_subtotal")


class AmountForm(forms.ModelForm[PromotionAmount]):
    """A row. Both amounts may be empty."""

    market = forms.ChoiceField(choices=lambda: [(code, code) for code in markets.get_markets()], widget=forms.HiddenInput)

    class Meta:
        model = PromotionAmount
        fields = ("market", *COLUMNS)
        labels = {"amount": "Amount off", "min_subtotal": "From a value of goods of"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.instance.market = self.initial.get("market", "")
        market = markets.get_markets().get(self.instance.market)
        if market is None or "amount" not in self.fields:  # staff who may not change the promotion see text
            return
        for name in COLUMNS:
            widget = self.fields[name].widget
            widget.attrs |= {"inputmode": "decimal", "aria-label": f"{self.fields[name].label}, {describe_market(market)}"}
            amount = getattr(self.instance, name)
            self.initial[name] = None if amount is None else format_input(amount, market.currency)
        self.fields["amount"].widget.attrs[SHOWN_FOR] = AMOUNT

    def clean_amount(self) -> Decimal | None:
        """Refuse 0, and what cannot be charged in the currency."""
        amount = self._check("amount")
        if amount == 0:
            raise forms.ValidationError("Enter an amount above 0, or leave it empty.")
        return amount

    def clean_min_subtotal(self) -> Decimal | None:
        """Refuse what cannot be charged in the currency; 0 is no condition."""
        return self._check("min_subtotal") or None

    def _check(self, name: str) -> Decimal | None:
        market = markets.get_markets().get(self.cleaned_data.get("market", ""))
        return check_amount(self.cleaned_data.get(name), market)


def check_amount(amount: Decimal | None, market: markets.Market | None) -> Decimal | None:
    """Return an amount if it can be charged in the currency of a market. Raises ValidationError."""
    if amount is None or market is None:
        return None
    if not 0 <= amount <= money.MAX_PRICE:
        raise forms.ValidationError(f"Enter an amount from 0 to {int(money.MAX_PRICE):,}.")
    try:
        validate_amount(amount, market.currency)
    except ValueError as error:
        raise forms.ValidationError(f"{error}.") from None
    step = money.get_step(market.currency)
    if money.to_minor(amount, market.currency) % step:
        raise forms.ValidationError(f"Enter a multiple of {money.format_minor(step, market.currency)} {market.currency}.")
    return amount


def describe_market(market: markets.Market) -> str:
    """Return the currency and the code of a market, such as "INR (in)"."""
    return f"{market.currency} ({market.code})"


def format_input(amount: Decimal, currency: str) -> str:
    """Return an amount with the digits of its currency, or with all its digits if these are more."""
    return money.format_amount(amount, currency) if amount == round(amount, money.exponent(currency)) else str(amount)


def _format_price(amount: Decimal | None, market: str) -> str:
    return "–" if amount is None else money.format_price(amount, markets.get_market(market).currency)


class AmountFormSet(BaseInlineFormSet[PromotionAmount, Promotion, forms.ModelForm[PromotionAmount]]):
    """The rows. The promotion's discount decides whether they need an amount."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = {row.market for row in self.get_queryset()} if self.instance.pk else set()
        missing = [{"market": code} for code in markets.get_markets() if code not in present]
        self.initial_extra, self.extra = missing, len(missing)

    def clean(self) -> None:
        """Drop the amounts that the discount does not have, and refuse one without any that has."""
        super().clean()
        if self.instance.effect != Promotion.Effect.AMOUNT:
            for form in self.forms:
                form.errors.pop("amount", None)
                form.instance.amount = None
        elif not any(self.errors) and not any(form.cleaned_data.get("amount") for form in self.forms):
            raise forms.ValidationError("Enter the amount off in at least one market.")

    def save_rows(self) -> None:
        """Save the rows that hold an amount, and delete those that no longer do."""
        for form in self.forms:
            row = form.instance
            row.promotion = self.instance
            if row.amount is not None or row.min_subtotal is not None:
                row.save()
            elif row.pk is not None:
                row.delete()


class AmountInline(TabularInline[PromotionAmount, Promotion]):
    """The amounts, for staff who may see or change the promotion."""

    model = PromotionAmount
    form = AmountForm
    formset = AmountFormSet
    fields = ("market", "market_label", *COLUMNS)  # the market first: the amounts are checked in its currency
    readonly_fields = ("market_label", "amount_label", "min_subtotal_label")
    verbose_name_plural = "Amounts"
    can_delete = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionAmount]:
        """Return the rows of the configured markets, in their order."""
        codes = list(markets.get_markets())
        return super().get_queryset(request).filter(market__in=codes).order_by("pk")

    def get_max_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer no more rows than there are markets."""
        return len(markets.get_markets())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the columns; for staff who may not change them, as text."""
        return self.fields if self.has_change_permission(request, obj) else self.readonly_fields

    @admin.display(description="Market")
    def market_label(self, row: PromotionAmount) -> str:
        market = markets.get_markets().get(row.market)
        return describe_market(market) if market else row.market

    @admin.display(description="Amount off")
    def amount_label(self, row: PromotionAmount) -> str:
        return _format_price(row.amount, row.market)

    @admin.display(description="From a value of goods of")
    def min_subtotal_label(self, row: PromotionAmount) -> str:
        return _format_price(row.min_subtotal, row.market)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may view promotions."""
        return self._has_any(request, "view", "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may add or change promotions."""
        return self._has_any(request, "add", "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change promotions."""
        return self._has_any(request, "add", "change")

    def _has_any(self, request: HttpRequest, *actions: str) -> bool:
        return any(request.user.has_perm(f"pricing.{action}_promotion") for action in actions)
