"""Admin forms for variants, pictures and categories."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.functional import cached_property

from core import markets, money
from core.exceptions import DomainError
from core.limits import MAX_FILE
from products.amounts import validate_amount
from products.media import images, processing
from products.models import MAX_STOCK, Category, Product, ProductImage, Variant
from products.services import categories, variants
from products.services.commands import VariantChange, VariantColumns, select_columns
from products.slugs import make_slug


class VariantFormBase(forms.ModelForm[Variant]):
    """A variant. Its stock is saved as a movement, its prices in other markets as rows.

    Initial values are submitted with the form, so that concurrent changes and sales are not overwritten.
    """

    on_hand = forms.IntegerField(min_value=0, max_value=MAX_STOCK, label="On hand", help_text="a change is recorded as a movement")

    class Meta:
        model = Variant
        fields = ("sku", "name", "options", "image", "price", "compare_at_price", "position", "is_active")
        widgets = {"options": forms.TextInput(attrs={"size": 26}), "sku": forms.TextInput(attrs={"size": 16})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on_hand"].initial = self.instance.stock
        self.fields["options"].required = False
        if self.instance.pk:
            self._set_initial_prices()
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if name in ("on_hand", "position", "price", "compare_at_price") or name.startswith("price_"):
                field.widget.attrs["style"] = "min-width: 7em"
            elif name in ("sku", "name", "options"):
                field.widget.attrs["style"] = "min-width: 10em"

    def _set_initial_prices(self) -> None:
        """Format amounts with the decimal places of their currency; the column has three."""
        currency = markets.get_default_market().currency
        for name in ("price", "compare_at_price"):
            amount = getattr(self.instance, name)
            self.initial[name] = None if amount is None else money.format_amount(amount, currency)
        prices = {row.market: row.price for row in self.instance.market_prices.all()}
        for market in get_other_markets():
            if market.code in prices:
                self.fields[f"price_{market.code}"].initial = money.format_amount(prices[market.code], market.currency)

    def clean_options(self) -> dict[str, str]:
        """Require an object with text values; empty input becomes an empty object."""
        options = self.cleaned_data["options"] or {}
        if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
            raise forms.ValidationError('Must be an object with text values, like {"Size": "M"}')
        return options

    def clean_price(self) -> Decimal:
        """Validate the price in the default market's currency."""
        return self._clean_amount(self.cleaned_data["price"], markets.get_default_market().currency)

    def clean_on_hand(self) -> int:
        """Reject fewer units than open orders have reserved."""
        on_hand: int = self.cleaned_data["on_hand"]
        if self.instance.stock + on_hand - self.get_initial_on_hand() < self.instance.reserved:
            raise forms.ValidationError(f"{self.instance.reserved} unit(s) are reserved by open orders")
        return on_hand

    def clean_compare_at_price(self) -> Decimal | None:
        """Validate the compare-at price in the default market's currency."""
        amount: Decimal | None = self.cleaned_data["compare_at_price"]
        return None if amount is None else self._clean_amount(amount, markets.get_default_market().currency)

    def get_initial_on_hand(self) -> int:
        """Return the units on hand that the page showed when it was opened."""
        hidden = self.data.get(self.add_initial_prefix("on_hand"), "")
        return int(hidden) if str(hidden).isdecimal() else self.instance.stock

    def clean(self) -> dict[str, Any]:
        """Validate the prices of other markets in their currencies."""
        data = super().clean() or self.cleaned_data
        for market in get_other_markets():
            amount = data.get(f"price_{market.code}")
            if amount is not None:
                try:
                    self._clean_amount(amount, market.currency)
                except forms.ValidationError as error:
                    self.add_error(f"price_{market.code}", error)
        return data

    def _clean_amount(self, amount: Decimal, currency: str) -> Decimal:
        try:
            return validate_amount(amount, currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def build_variant_change(self) -> VariantChange:
        """Return the changed fields, or all fields of a new variant."""
        names = self.fields if self.instance._state.adding else self.changed_data
        data = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if "image" in data:
            data["image_id"] = data["image"].pk if data["image"] is not None else None
        default = markets.get_default_market().code
        market_by_field = {"price": default, **{f"price_{market.code}": market.code for market in get_other_markets()}}
        return VariantChange(
            columns=select_columns(VariantColumns, data),
            amounts={market: data[name] for name, market in market_by_field.items() if name in data},
            compare_ats={default: data["compare_at_price"]} if "compare_at_price" in data else {},
        )


def get_other_markets() -> list[markets.Market]:
    """Return the markets whose prices are stored in `MarketPrice`."""
    return [market for market in markets.get_markets().values() if not market.is_default]


def _build_price_field(market: markets.Market) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{market.currency} ({market.code})",
        max_digits=14,
        decimal_places=3,
        required=False,
        help_text="empty: not for sale there",
    )


VariantForm = type(
    "VariantForm", (VariantFormBase,), {f"price_{market.code}": _build_price_field(market) for market in get_other_markets()}
)


class VariantFormSet(forms.models.BaseInlineFormSet[Variant, Product, forms.ModelForm[Variant]]):
    """The variants of a product, at least one of which is active; no two active ones have the same options."""

    def clean(self) -> None:
        """Require an active variant, and refuse active variants with the same options."""
        super().clean()
        if any(self.errors):
            return
        active = [form.cleaned_data for form in self.forms if form.cleaned_data and form.cleaned_data.get("is_active")]
        if not active:
            raise forms.ValidationError("At least one variant must be active. To take the product off sale, deactivate the product")
        try:
            variants.refuse_duplicate_options(fields["options"] for fields in active)
        except DomainError as error:
            raise forms.ValidationError(error.message) from None

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer the product's own pictures, which are read once for all variants."""
        super().add_fields(form, index)
        field = form.fields["image"]
        field.queryset = ProductImage.objects.filter(product=self.instance.pk)
        field.choices = [("", "The primary picture"), *((image.pk, self._describe(image)) for image in self.product_images)]

    @cached_property
    def product_images(self) -> list[ProductImage]:
        """The pictures of the product, in order."""
        return list(self.instance.images.all()) if self.instance.pk else []

    @staticmethod
    def _describe(image: ProductImage) -> str:
        return f"{image.position + 1}: {image.alt}" if image.alt else f"Picture {image.position + 1}"


class ImageForm(forms.ModelForm[ProductImage]):
    """A picture, which is validated, re-encoded and stored before the rest of the page is saved."""

    upload = forms.FileField(label="Picture", required=False, help_text=f"JPEG, PNG or WebP, at most {MAX_FILE // 1024**2} MB")
    stored: images.StoredImage | None = None

    class Meta:
        model = ProductImage
        fields = ("alt", "position")

    def clean_upload(self) -> None:
        """Validate and store the file."""
        file = self.cleaned_data["upload"]
        if file is None:
            if self.instance.pk is None:
                raise forms.ValidationError("Choose a picture")
            return
        try:
            self.stored = images.store_image(processing.prepare_image(file.read()))
        except DomainError as error:
            raise forms.ValidationError(error.message) from None


class CategoryForm(forms.ModelForm[Category]):
    """A category, validated against the category tree."""

    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "position")

    def clean_slug(self) -> str:
        """Reject slugs that could be mistaken for an id or a UUID."""
        slug: str = self.cleaned_data["slug"]
        if make_slug(slug, (), kind="category") != slug:
            raise forms.ValidationError("Use lowercase letters, digits and hyphens, and not only digits")
        return slug

    def clean(self) -> dict[str, Any]:
        """Reject cycles, too many levels, and a second category with the same name and parent."""
        data = super().clean() or self.cleaned_data
        name, parent = data.get("name", ""), data.get("parent")
        try:
            categories.validate_category(self.instance.pk, name, getattr(parent, "pk", None))
        except DomainError as error:
            self.add_error("name" if error.field == "name" else "parent", error.message)
            return data
        namesake = categories.get_child(parent, name)
        if namesake is not None and namesake.pk != self.instance.pk:
            raise forms.ValidationError(categories.NAME_TAKEN)
        return data
