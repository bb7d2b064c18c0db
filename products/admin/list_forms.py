"""The row forms of the list of products: price, stock and whether a product is on sale."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import apply_widgets
from products.admin.display import render_stock_badge
from products.amounts import validate_amount
from products.models import MAX_STOCK, Product, StockMovement
from products.services import products
from products.services.list_edits import PriceEdit, RowEdit

FIELD_WIDTHS = {"price": "min-width: 0; width: 7.5em", "stock": "min-width: 0; width: 6em"}


class StockInput(forms.NumberInput):
    """Units, with a badge below if they are few."""

    badge: SafeString | str = ""

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """Return the control and the badge."""
        control = super().render(*args, **kwargs)
        return format_html('<span class="shop-stack">{}{}</span>', control, self.badge) if self.badge else control


class ReasonForm(forms.Form):
    """The reason of the stock changes that are typed into the list."""

    stock_reason = forms.ChoiceField(
        label="Reason of stock changes",
        choices=[(reason.value, reason.label) for reason in products.MANUAL_REASONS],
        initial=StockMovement.Reason.CORRECTION,
        widget=forms.Select(attrs={"form": "changelist-form"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        apply_widgets(self.fields)


class SwitchForm(forms.ModelForm[Product]):
    """Whether a product is on sale. What the list showed is submitted with the form, so that only what was typed is saved."""

    class Meta:
        model = Product
        fields = ("is_active",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            field.widget.attrs["aria-label"] = f"{field.label or name} of {self.instance.name}"
        apply_widgets(self.fields)

    def build_edit(self, reason: str, page_opened_at: datetime | None) -> RowEdit:
        """Return what was typed."""
        return RowEdit(self.instance.pk, is_active=self.cleaned_data["is_active"] if "is_active" in self.changed_data else None)


class RowForm(SwitchForm):
    """Also price and stock, of a product with one variant. Stock is the units that can be bought."""

    price = forms.DecimalField(label="Price", min_value=0, max_digits=14, decimal_places=3)
    stock = forms.IntegerField(label="Stock", min_value=0, max_value=MAX_STOCK, widget=StockInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown: dict[str, Any] = {}
        self.variant_id: int | None = getattr(self.instance, "only_variant", None)
        price = getattr(self.instance, "price_from", None)
        if self.variant_id is None or price is None:
            del self.fields["price"], self.fields["stock"]
            return
        currency = markets.get_default_market().currency
        self.initial["price"] = money.format_amount(price, currency)
        self.initial["stock"] = units = getattr(self.instance, "left", 0)
        threshold = self.instance.low_stock_threshold
        widget: Any = self.fields["stock"].widget
        widget.badge = render_stock_badge(units, threshold) if units <= threshold else ""
        for name, width in FIELD_WIDTHS.items():
            self.fields[name].widget.attrs["style"] = width

    def clean_price(self) -> Decimal:
        """Validate the price in the default market's currency."""
        self._read_shown("price")
        try:
            return validate_amount(self.cleaned_data["price"], markets.get_default_market().currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_stock(self) -> int:
        """Return the units, and read those that the list showed."""
        self._read_shown("stock")
        units: int = self.cleaned_data["stock"]
        return units

    def _read_shown(self, name: str) -> None:
        """Read the value that the list showed. Raises ValidationError for what it cannot have shown."""
        self.shown[name] = self.fields[name].clean(self.data.get(self.add_initial_prefix(name)))

    def build_edit(self, reason: str, page_opened_at: datetime | None) -> RowEdit:
        """Return what was typed."""
        changed, cleaned = self.changed_data, self.cleaned_data
        return RowEdit(
            self.instance.pk,
            self.variant_id,
            is_active=super().build_edit(reason, page_opened_at).is_active,
            price=PriceEdit(self.shown["price"], cleaned["price"]) if "price" in changed else None,
            stock_delta=cleaned["stock"] - self.shown["stock"] if "stock" in changed else 0,
            reason=reason,
            page_opened_at=page_opened_at,
        )
