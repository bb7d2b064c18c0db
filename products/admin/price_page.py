"""The prices of a product: its variants in all markets, in one table."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core import markets, money
from core.admin import apply_widgets, get_staff_actor
from core.exceptions import DomainError
from products.admin.edit_conflicts import EditConflictMixin
from products.admin.subpages import ProductSubpages
from products.amounts import validate_amount
from products.models import Product, Variant
from products.services import price_table
from products.services.price_table import COMPARE_AT, PRICE, PriceCell

LABELS = {PRICE: "price", COMPARE_AT: "compare-at price"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of the table: a price or compare-at price in a market."""

    market: markets.Market
    column: str

    @property
    def name(self) -> str:
        """The name of the form field."""
        return f"{self.column}_{self.market.code}"

    @property
    def label(self) -> str:
        """The label of the column, such as INR (in): compare-at price."""
        return f"{self.market.currency} ({self.market.code}): {LABELS[self.column]}"

    def build_field(self, *, required: bool) -> forms.DecimalField:
        """Return the form field."""
        field = forms.DecimalField(label=self.label, max_digits=14, decimal_places=3, min_value=0, required=required)
        field.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 8})
        return field


class AmountsForm(forms.Form):
    """A row of amounts. The base class is the row that sets those of all variants; empty fields change nothing."""

    title = "All variants"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for cell in list_cells():
            self.fields[cell.name] = cell.build_field(required=False)
            self.fields[cell.name].widget.attrs["aria-label"] = f"{self.title}: {cell.label}"
        apply_widgets(self.fields)

    def clean(self) -> dict[str, Any]:
        """Validate the amounts in the currencies of their markets."""
        data = super().clean() or self.cleaned_data
        for cell in list_cells():
            try:
                validate_amount(data.get(cell.name) or Decimal(0), cell.market.currency)
            except ValueError as error:
                self.add_error(cell.name, str(error))
        return data


class VariantPricesForm(EditConflictMixin, AmountsForm):
    """The prices of a variant in all markets. An empty price takes it off sale in that market; the default market needs one."""

    def __init__(self, variant: Variant, *args: Any, **kwargs: Any) -> None:
        self.variant = variant
        self.title = describe(variant)
        super().__init__(*args, prefix=f"variant-{variant.pk}", **kwargs)
        for cell in list_cells():
            amount = price_table.get_amount(variant, cell.market.code, cell.column)
            self.initial[cell.name] = None if amount is None else money.format_amount(amount, cell.market.currency)
            field = self.fields[cell.name]
            field.required = cell.market.is_default and cell.column == PRICE
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        """Refuse a compare-at price in a market in which the variant has no price."""
        data = super().clean()
        for market in markets.get_markets().values():
            if data.get(f"{COMPARE_AT}_{market.code}") and data.get(f"{PRICE}_{market.code}", 0) is None:
                self.add_error(f"{COMPARE_AT}_{market.code}", "There is no price in this market")
        return data

    def iter_changes(self, for_all: dict[str, Any]) -> Iterator[PriceCell]:
        """Yield what is to be saved; `for_all` holds the amounts that all variants get."""
        for cell in list_cells():
            is_for_all = for_all.get(cell.name) is not None
            if is_for_all or cell.name in self.changed_data:
                amount = for_all[cell.name] if is_for_all else self.cleaned_data[cell.name]
                seen = price_table.get_amount(self.variant, cell.market.code, cell.column)
                yield PriceCell(self.variant.pk, cell.market.code, cell.column, amount, seen)


def list_cells() -> list[Cell]:
    """Return the columns of the table."""
    return [Cell(market, column) for market in markets.get_markets().values() for column in LABELS]


def describe(variant: Variant) -> str:
    """Return how a table calls a variant: by its name, or else its SKU."""
    return variant.name or variant.sku


class PricePage(ProductSubpages):
    """The table of prices."""

    def may_price(self, request: HttpRequest) -> bool:
        """Return whether the user may change the prices of products."""
        return self.has_change_permission(request) and request.user.has_perm("products.change_variant")

    def prices_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the table, and save what was changed in it."""
        if not self.may_price(request):
            raise PermissionDenied
        product = self.get_product(pk)
        variants = list(Variant.objects.filter(product=product, deleted_at=None).prefetch_related("market_prices"))
        data = request.POST.copy() if request.method == "POST" else None
        all_form = AmountsForm(data, prefix="all")
        forms_of_variants = [VariantPricesForm(variant, data) for variant in variants]
        error = ""
        if data is not None and all(form.is_valid() for form in (all_form, *forms_of_variants)):
            try:
                self._save_prices(request, product, all_form, forms_of_variants)
                return redirect(self.build_product_url(request, pk))
            except DomainError as refusal:
                error = refusal.message
        return self.render_subpage(
            request,
            product,
            "prices.html",
            title=f"Prices: {product.name}",
            cells=list_cells(),
            all_form=all_form,
            variant_forms=forms_of_variants,
            error=error,
        )

    def _save_prices(
        self, request: HttpRequest, product: Product, all_form: AmountsForm, variant_forms: list[VariantPricesForm]
    ) -> None:
        changes = [change for form in variant_forms for change in form.iter_changes(all_form.cleaned_data)]
        if changes:
            price_table.save_prices(get_staff_actor(request), product.pk, changes)
            self.message_user(request, "The prices are saved.", messages.SUCCESS)
        else:
            self.message_user(request, "Nothing was changed.", messages.INFO)
