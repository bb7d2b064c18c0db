"""What staff fill in about variants, pictures and categories."""

from decimal import Decimal
from typing import Any

from django import forms

from core import markets, money
from core.exceptions import DomainError
from products.amounts import fitting
from products.media import images, processing
from products.models import Category, Product, ProductImage, Variant
from products.services import categories
from products.services.commands import VariantChange
from products.slugs import slug_for


class VariantFormBase(forms.ModelForm[Variant]):
    """A variant; its stock is written as a movement, its other markets' prices as rows.

    What the page showed comes back with it, so that what others have changed or sold meanwhile is not put back.
    """

    on_hand = forms.IntegerField(min_value=0, max_value=10**9, label="On hand", help_text="a change is recorded as a movement")

    class Meta:
        model = Variant
        fields = ("sku", "name", "options", "price", "compare_at_price", "position", "is_active")
        widgets = {"options": forms.TextInput(attrs={"size": 26}), "sku": forms.TextInput(attrs={"size": 16})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on_hand"].initial = self.instance.stock
        self.fields["options"].required = False
        if self.instance.pk:
            self._show_prices()
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if name in ("on_hand", "position", "price", "compare_at_price") or name.startswith("price_"):
                field.widget.attrs["style"] = "min-width: 7em"
            elif name in ("sku", "name", "options"):
                field.widget.attrs["style"] = "min-width: 10em"

    def _show_prices(self) -> None:
        """Show amounts with their currency's digits, not with the column's three."""
        currency = markets.default().currency
        for name in ("price", "compare_at_price"):
            amount = getattr(self.instance, name)
            self.initial[name] = None if amount is None else money.text(amount, currency)
        prices = {row.market: row.price for row in self.instance.market_prices.all()}
        for market in other_markets():
            if market.code in prices:
                self.fields[f"price_{market.code}"].initial = money.text(prices[market.code], market.currency)

    def clean_options(self) -> dict[str, str]:
        """No options are an empty object."""
        given = self.cleaned_data["options"] or {}
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise forms.ValidationError('Must be an object of texts, like {"Size": "M"}')
        return given

    def clean_price(self) -> Decimal:
        """Hold the price to the digits of the default market's currency."""
        return self._fitting(self.cleaned_data["price"], markets.default().currency)

    def clean_on_hand(self) -> int:
        """Never fewer than are promised to open orders."""
        given: int = self.cleaned_data["on_hand"]
        if self.instance.stock + given - self.shown_on_hand() < self.instance.reserved:
            raise forms.ValidationError(f"{self.instance.reserved} unit(s) are reserved by open orders")
        return given

    def clean_compare_at_price(self) -> Decimal | None:
        """Hold it to the same digits as the price."""
        given: Decimal | None = self.cleaned_data["compare_at_price"]
        return None if given is None else self._fitting(given, markets.default().currency)

    def shown_on_hand(self) -> int:
        """Return the units on hand that the page showed when it was opened."""
        hidden = self.data.get(self.add_initial_prefix("on_hand"), "")
        return int(hidden) if str(hidden).isdecimal() else self.instance.stock

    def clean(self) -> dict[str, Any]:
        """Hold the other markets' prices to their digits."""
        given = super().clean() or self.cleaned_data
        for market in other_markets():
            amount = given.get(f"price_{market.code}")
            if amount is not None:
                try:
                    self._fitting(amount, market.currency)
                except forms.ValidationError as wrong:
                    self.add_error(f"price_{market.code}", wrong)
        return given

    def _fitting(self, amount: Decimal, currency: str) -> Decimal:
        try:
            return fitting(amount, currency)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def wanted(self) -> VariantChange:
        """Return what was changed (of a new variant: all), as the services take it."""
        names = self.fields if self.instance._state.adding else self.changed_data
        given = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        fields = {"price": markets.default().code, **{f"price_{market.code}": market.code for market in other_markets()}}
        return VariantChange(
            columns={name: given[name] for name in ("sku", "name", "options", "position", "is_active") if name in given},
            amounts={market: given[name] for name, market in fields.items() if name in given},
            compare_ats={markets.default().code: given["compare_at_price"]} if "compare_at_price" in given else {},
        )


def other_markets() -> list[markets.Market]:
    """Return the markets whose prices are rows."""
    return [market for market in markets.table().values() if not market.is_default]


def _price_field(market: markets.Market) -> forms.DecimalField:
    return forms.DecimalField(
        label=f"{market.currency} ({market.code})",
        max_digits=14,
        decimal_places=3,
        required=False,
        help_text="empty: not for sale there",
    )


VariantForm = type("VariantForm", (VariantFormBase,), {f"price_{market.code}": _price_field(market) for market in other_markets()})


class VariantFormSet(forms.models.BaseInlineFormSet[Variant, Product, forms.ModelForm[Variant]]):
    """The variants of a product; one of them is on sale."""

    def clean(self) -> None:
        """Refuse a page that switches the last one off."""
        super().clean()
        if not any(self.errors) and not any(one.cleaned_data.get("is_active") for one in self.forms if one.cleaned_data):
            raise forms.ValidationError("Keep one variant active; to take the product off sale, switch the product off")


class ImageForm(forms.ModelForm[ProductImage]):
    """A picture; it is checked, written anew and stored before anything else of the page is saved."""

    upload = forms.FileField(label="Picture", required=False, help_text="JPEG, PNG or WebP, at most 5 MB")
    stored: images.Stored | None = None

    class Meta:
        model = ProductImage
        fields = ("alt", "position")

    def clean_upload(self) -> None:
        """Check and store the file."""
        file = self.cleaned_data["upload"]
        if file is None:
            if self.instance.pk is None:
                raise forms.ValidationError("Choose a picture")
            return
        try:
            self.stored = images.store(processing.ready(file.read()))
        except DomainError as refused:
            raise forms.ValidationError(refused.message) from None


class CategoryForm(forms.ModelForm[Category]):
    """A category; it never stands inside of itself."""

    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "position")

    def clean_slug(self) -> str:
        """Take no address that could be an id or a uuid."""
        slug: str = self.cleaned_data["slug"]
        if slug_for(slug, (), kind="category") != slug:
            raise forms.ValidationError("Must be small letters, digits and dashes, not only digits")
        return slug

    def clean(self) -> dict[str, Any]:
        """A category stands not inside of itself nor too deep, and no two of one name stand side by side."""
        given = super().clean() or self.cleaned_data
        try:
            categories.check_place(self.instance.pk, given.get("name", ""), getattr(given.get("parent"), "pk", None))
        except DomainError as refused:
            self.add_error("name" if refused.field == "name" else "parent", refused.message)
            return given
        twin = categories.inside(given.get("parent"), given.get("name", ""))
        if twin is not None and twin.pk != self.instance.pk:
            raise forms.ValidationError("There is a category of this name already")
        return given
