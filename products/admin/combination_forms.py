"""The forms with which staff make all combinations of option values."""

import json
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core import markets, money
from core.admin import apply_widgets
from products.admin import option_lines
from products.admin.variant_forms import INVALID_WEIGHT
from products.amounts import validate_amount
from products.models import MAX_OPTION, MAX_OPTIONS, MAX_SKU, MAX_STOCK, MAX_VARIANTS, MAX_WEIGHT_GRAMS, Product, Variant
from products.services.commands import NewVariant, Price
from products.services.options import list_option_names

MAX_TEXT = 10_000  # characters
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # JSON can escape NUL and surrogates; PostgreSQL stores neither


class CombinationsForm(forms.Form):
    """The options with their values, and what all new variants have in common."""

    options = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Size: S, M, L\nColour: Red, Blue, Green"}),
        max_length=MAX_TEXT,
        help_text="One option a line, such as Size: S, M, L. Separate values that contain commas with semicolons.",
    )
    sku_prefix = forms.CharField(
        label="Start of the SKUs", max_length=MAX_SKU, required=False, help_text="The values are added to it: TEE-S-RED"
    )
    stock = forms.IntegerField(
        label="Units on hand of each",
        min_value=0,
        max_value=MAX_STOCK,
        initial=0,
        help_text="The next step has a field for each variant.",
    )
    weight_grams = forms.IntegerField(
        label="Weight of each (g)",
        min_value=0,
        max_value=MAX_WEIGHT_GRAMS,
        required=False,
        help_text="with packaging",
        error_messages=INVALID_WEIGHT,
    )

    def __init__(self, product: Product, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        variants = list(product.variants.filter(deleted_at=None).prefetch_related("market_prices"))
        self.initial["options"] = _describe_options(variants)
        self.initial["sku_prefix"] = _find_sku_prefix(product, variants)
        self.initial["weight_grams"] = variants[0].weight_grams if variants else None
        for market in markets.get_markets().values():
            amount = _get_price(variants[0], market) if variants else None
            self.fields[f"price_{market.code}"] = _build_price_field(market)
            self.initial[f"price_{market.code}"] = None if amount is None else money.format_amount(amount, market.currency)
        apply_widgets(self.fields)

    def clean_options(self) -> dict[str, list[str]]:
        """Return the values by option name."""
        try:
            return option_lines.parse_lines(self.cleaned_data["options"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """Validate the prices in the currencies of their markets."""
        data = super().clean() or self.cleaned_data
        for market in markets.get_markets().values():
            _validate_price(self, f"price_{market.code}", market)
        return data

    def get_other_prices(self) -> dict[str, Price]:
        """Return the prices in markets other than the default."""
        amounts = {market.code: self.cleaned_data[f"price_{market.code}"] for market in markets.get_markets().values()}
        default = markets.get_default_market().code
        return {code: Price(amount) for code, amount in amounts.items() if code != default and amount is not None}


class OptionsField(forms.CharField):
    """The options of a proposed variant, as JSON in a hidden field."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Return the options. Raises ValidationError."""
        try:
            options = json.loads(super().to_python(value) or "")
        except (ValueError, RecursionError):
            raise ValidationError("Unknown options") from None
        if not isinstance(options, dict) or not 0 < len(options) <= MAX_OPTIONS:
            raise ValidationError("Unknown options")
        if not all(isinstance(text, str) and 0 < len(text) <= MAX_OPTION for item in options.items() for text in item):
            raise ValidationError("Unknown options")
        if any(UNSTORABLE.search(text) for item in options.items() for text in item):
            raise ValidationError("Unknown options")
        return options

    def prepare_value(self, value: Any) -> Any:
        """Return the text for the hidden field."""
        return json.dumps(value) if isinstance(value, dict) else value


class CombinationRowForm(forms.Form):
    """A proposed variant, which is created if it is ticked."""

    create = forms.BooleanField(required=False, initial=True)
    options = OptionsField()
    sku = forms.CharField(label="SKU", max_length=MAX_SKU)
    price = forms.DecimalField(min_value=0, max_digits=14, decimal_places=3)
    stock = forms.IntegerField(label="On hand", min_value=0, max_value=MAX_STOCK)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["price"].widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 8})
        self.fields["sku"].widget.attrs["size"] = 16
        apply_widgets(self.fields)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label or 'Create'}: {self.title}"

    @property
    def title(self) -> str:
        """The values of the options, such as S / Red."""
        return _describe_field(self)

    def clean_price(self) -> Any:
        """Validate the price in the default market's currency."""
        _validate_price(self, "price", markets.get_default_market())
        return self.cleaned_data.get("price")

    def build_variant(self, prices: dict[str, Price], weight_grams: int | None) -> NewVariant:
        """Return the variant to create."""
        data = self.cleaned_data
        return NewVariant(
            sku=data["sku"],
            price=Price(data["price"]),
            stock=data["stock"],
            options=data["options"],
            prices=prices,
            weight_grams=weight_grams,
        )


class CompletionRowForm(forms.Form):
    """A variant that lacks an option, and the combination that it becomes if it is ticked."""

    complete = forms.BooleanField(required=False, initial=True)
    variant = forms.IntegerField(widget=forms.HiddenInput)
    options = OptionsField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        apply_widgets(self.fields)

    @property
    def title(self) -> str:
        """The values of the options, such as S / Red."""
        return _describe_field(self)


CombinationRows = forms.formset_factory(CombinationRowForm, extra=0, max_num=MAX_VARIANTS, absolute_max=MAX_VARIANTS)
CompletionRows = forms.formset_factory(CompletionRowForm, extra=0, max_num=MAX_VARIANTS, absolute_max=MAX_VARIANTS)


def _build_price_field(market: markets.Market) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"Price in {market.currency} ({market.code})",
        min_value=0,
        max_digits=14,
        decimal_places=3,
        required=market.is_default,
        help_text="" if market.is_default else "empty: not for sale there",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )


def _describe_field(form: forms.Form) -> str:
    """Return the values of the options in the hidden field, which may hold anything."""
    options = form["options"].value()
    try:
        return UNSTORABLE.sub("", " / ".join((options if isinstance(options, dict) else json.loads(options)).values()))
    except (AttributeError, TypeError, ValueError, RecursionError):
        return ""


def _validate_price(form: forms.Form, name: str, market: markets.Market) -> None:
    amount: Decimal | None = form.cleaned_data.get(name)
    try:
        validate_amount(amount or Decimal(0), market.currency)
    except ValueError as error:
        form.add_error(name, str(error))


def _describe_options(variants: list[Variant]) -> str:
    """Return the options that the variants have, as the form takes them."""
    names = list_option_names(variants)
    values = {name: dict.fromkeys(row.options[name] for row in variants if name in row.options) for name in names}
    return option_lines.format_lines({name: list(texts) for name, texts in values.items()})


def _find_sku_prefix(product: Product, variants: list[Variant]) -> str:
    """Return what the SKUs of the variants have in common, or else the product's address in capitals."""
    skus = [variant.sku for variant in variants]
    common = skus[0] if len(skus) == 1 else "".join(_common_start(skus))
    return common.rstrip("-_/. ") or product.slug.upper()[:20].strip("-")


def _common_start(texts: list[str]) -> list[str]:
    start = []
    for letters in zip(*texts, strict=False):
        if len(set(letters)) > 1:
            break
        start.append(letters[0])
    return start


def _get_price(variant: Variant, market: markets.Market) -> Decimal | None:
    if market.is_default:
        price: Decimal = variant.price
        return price
    return next((row.price for row in variant.market_prices.all() if row.market == market.code), None)
