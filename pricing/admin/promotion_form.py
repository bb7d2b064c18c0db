"""The form of a promotion. It keeps only the values that fit the chosen discount."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms

from core.characters import is_visible
from pricing.discounts import PAYMENT_METHODS
from pricing.models import MAX_CODE, Promotion
from pricing.promotions import codes
from pricing.promotions.descriptions import DISCOUNTS

YEARS = range(2000, 2200)  # others are typing errors
MAX_TYPED_CODES = 1_000
SHOWN_FOR = "data-shown-for"  # read by promotion_form.js, as is the next
SHOWN_IF = "data-shown-if"
PERCENT, AMOUNT, BUY_GET = (
    "order:percent items:percent shipping:percent",
    "order:amount items:amount shipping:amount",
    "items:buy_get",
)
TARGETS = {"categories", "products"}  # staff who may not view these see them as text
UP_TO_ALL = "Enter a percentage above 0 and up to 100."


def build_discount_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the discounts as values such as "order:percent" with their labels, in groups."""
    return [(group, [(f"{on}:{effect}", label) for (on, effect), label in pairs.items()]) for group, pairs in DISCOUNTS.items()]


class PromotionForm(forms.ModelForm[Promotion]):
    """What a promotion takes off, of what, when, how often, and the codes to add."""

    discount = forms.ChoiceField(
        label="What it does",
        choices=build_discount_choices,
        help_text="an amount off is entered for each market, at the end of the page",
    )
    payment_methods = forms.MultipleChoiceField(
        label="Only if the buyer pays",
        choices=[(method, label) for method, label in PAYMENT_METHODS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="none: however they pay",
    )
    new_codes = forms.CharField(
        label="Codes to add",
        required=False,
        strip=False,
        max_length=MAX_TYPED_CODES * (MAX_CODE + 2),
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
        help_text="one a line: letters A to Z, digits and hyphens, in any case",
    )
    codes_are_single_use = forms.BooleanField(label="These codes are for one order each", required=False)

    class Meta:
        model = Promotion
        fields: tuple[str, ...] = ()  # the admin chooses them
        labels = {
            "kind": "Applies",
            "percent": "Percentage",
            "get_percent": "Percentage off the cheaper units",
            "all_products": "For all products",
            "excludes_reduced": "Not for reduced items",
            "usage_limit": "Limit in total",
            "per_customer": "Limit for each customer",
            "combines": "Combines with other promotions",
            "is_active": "Switched on",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.added_codes: list[str] = []
        if self.instance.pk is not None:
            self.initial["discount"] = f"{self.instance.on}:{self.instance.effect}"
        else:
            self.initial.setdefault("get_percent", Decimal(100))
        shown = {"percent": PERCENT, "buy_quantity": BUY_GET, "get_quantity": BUY_GET, "get_percent": BUY_GET}
        for name, discounts in shown.items():
            self._mark(name, SHOWN_FOR, discounts)
        for name in ("categories", "products"):
            self._mark(name, SHOWN_IF, "!all_products")
        for name in ("new_codes", "codes_are_single_use"):
            self._mark(name, SHOWN_IF, "kind=code")

    def _mark(self, name: str, attribute: str, value: str) -> None:
        if name in self.fields:
            widget: Any = self.fields[name].widget
            getattr(widget, "widget", widget).attrs[attribute] = value  # within Django's links to add and change a related row

    def clean_name(self) -> str:
        """Refuse a name that nobody can read."""
        name: str = self.cleaned_data["name"]
        if not any(map(is_visible, name)):
            raise forms.ValidationError("Enter a name that buyers can read.")
        return name

    def clean_starts_at(self) -> datetime | None:
        """Refuse a year that is a typing error."""
        return _check_year(self.cleaned_data["starts_at"])

    def clean_ends_at(self) -> datetime | None:
        """Refuse a year that is a typing error."""
        return _check_year(self.cleaned_data["ends_at"])

    def clean_payment_methods(self) -> list[str]:
        """Return the methods; all of them are no condition."""
        methods = self.cleaned_data["payment_methods"]
        return [] if set(methods) == PAYMENT_METHODS.keys() else methods

    def clean_usage_limit(self) -> int | None:
        """Refuse a limit of nothing."""
        return _check_limit(self.cleaned_data["usage_limit"])

    def clean_per_customer(self) -> int | None:
        """Refuse a limit of nothing."""
        return _check_limit(self.cleaned_data["per_customer"])

    def clean_new_codes(self) -> str:
        """Refuse what cannot be a code, and codes of other promotions."""
        text: str = self.cleaned_data["new_codes"]
        if self.cleaned_data.get("kind") == Promotion.Kind.CODE:
            try:
                self.added_codes = codes.parse_codes(text)
                if len(self.added_codes) > MAX_TYPED_CODES:
                    raise codes.CodeRefused(f"Add up to {MAX_TYPED_CODES} codes at once. The command make_codes makes any number")
                codes.refuse_taken(codes.find_taken(self.added_codes, self.instance.pk))
            except codes.CodeRefused as error:
                raise forms.ValidationError(f"{error}.") from None
        return text

    def clean(self) -> dict[str, Any]:
        """Check the values that the discount needs, and drop the others."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "discount" in data:
            self.instance.on, self.instance.effect = data["discount"].split(":")
            self._clean_percent(data)
            self._clean_buy_get(data)
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at is not None and ends_at is not None and ends_at <= starts_at:
            self.add_error("ends_at", "The promotion must end after it has started.")
        self._clean_targets(data)
        return data

    def _clean_targets(self, data: dict[str, Any]) -> None:
        names = TARGETS & self.fields.keys()
        if data.get("all_products"):
            data |= {name: [] for name in names}
        elif names == TARGETS and not TARGETS & self.errors.keys() and not any(data[name] for name in names):
            self.add_error("all_products", "Choose categories or products below, or all products.")

    def _clean_percent(self, data: dict[str, Any]) -> None:
        if self.instance.effect != Promotion.Effect.PERCENT:
            self._drop(data, "percent")
        elif "percent" in data and not data["percent"]:
            self.add_error("percent", UP_TO_ALL)

    def _clean_buy_get(self, data: dict[str, Any]) -> None:
        if self.instance.effect != Promotion.Effect.BUY_GET:
            self._drop(data, "buy_quantity", "get_quantity", "get_percent")
            return
        messages = {
            "buy_quantity": "Enter how many units to buy at the full price, at least 1.",
            "get_quantity": "Enter how many units are then free or cheaper, at least 1.",
            "get_percent": UP_TO_ALL,
        }
        for name, message in messages.items():
            if name in data and not data[name]:
                self.add_error(name, message)

    def _drop(self, data: dict[str, Any], *names: str) -> None:
        """Ignore what was typed into fields that the discount does not have, even if it is wrong."""
        for name in names:
            data[name] = None
            self.errors.pop(name, None)


def _check_year(time: datetime | None) -> datetime | None:
    if time is not None and time.year not in YEARS:
        raise forms.ValidationError(f"Enter a year from {YEARS[0]} to {YEARS[-1]}.")
    return time


def _check_limit(limit: int | None) -> int | None:
    if limit == 0:
        raise forms.ValidationError("Enter 1 or more, or leave it empty for no limit.")
    return limit
