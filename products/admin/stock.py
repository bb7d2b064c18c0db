"""Stock for staff: stock levels, manual movements, and the movement history as CSV."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import ModelAdmin, ReadOnlyAdminMixin, ServiceBackedAdmin, get_staff_actor, stream_csv
from core.admin_filters import MarketFilter, PeriodFilter
from products.admin.display import render_stock_badge
from products.admin.edit_conflicts import get_opening_time
from products.catalog import stock_levels, stock_movements
from products.models import MAX_NOTE, MAX_REFERENCE, MAX_STOCK, PriceChange, StockMovement, Variant
from products.services import products


class StockOfVariant(Variant):
    """A variant as shown in the stock admin."""

    class Meta:
        proxy = True
        app_label = "products"
        verbose_name = "stock"
        verbose_name_plural = "stock"


class VariantStockLevelFilter(admin.SimpleListFilter):
    """Filter variants by stock level."""

    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("low", "Low (at or under the product's threshold)"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter the list by the selected stock level."""
        if self.value() == "low":
            return stock_levels.filter_low(queryset)
        return stock_levels.filter_sold_out(queryset) if self.value() == "out" else queryset


class MovementForm(forms.ModelForm[StockOfVariant]):
    """A manual stock movement."""

    delta = forms.IntegerField(label="Add or remove", min_value=-MAX_STOCK, max_value=MAX_STOCK, help_text="such as 12 or -3")
    reason = forms.ChoiceField(choices=[(reason.value, reason.label) for reason in products.MANUAL_REASONS])
    note = forms.CharField(max_length=MAX_NOTE, required=False, help_text="reason in your own words")
    reference = forms.CharField(max_length=MAX_REFERENCE, required=False, help_text="such as a delivery note number")

    class Meta:
        model = StockOfVariant
        fields: tuple[str, ...] = ()

    def clean_delta(self) -> int:
        """Reject zero, and removals that would leave fewer than the reserved units."""
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Must not be 0")
        if delta < 0 and self.instance.stock + delta < self.instance.reserved:
            raise forms.ValidationError(f"{self.instance.reserved} unit(s) are reserved by open orders")
        return delta


@admin.register(StockOfVariant)
class StockAdmin(ServiceBackedAdmin[StockOfVariant], ModelAdmin[StockOfVariant]):
    """Units on hand, reserved and available per SKU. Changes are recorded as movements."""

    form = MovementForm
    list_display: tuple[str, ...] = ("sku", "product", "name", "stock", "reserved", "level", "threshold")
    list_filter = (VariantStockLevelFilter,)
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    show_full_result_count = False
    ordering = ((F("stock") - F("reserved")).asc(), "sku")
    readonly_fields: ClassVar[tuple[str, ...]] = ("product", "sku", "name", "stock", "reserved", "available_now")
    fields: ClassVar[tuple[str, ...]] = (*readonly_fields, "delta", "reason", "note", "reference")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockOfVariant]:
        """Return the variants for sale, annotated with the available units."""
        return stock_levels.filter_on_sale(super().get_queryset(request)).annotate(left=stock_levels.AVAILABLE)

    @admin.display(description="Left", ordering="left")
    def available_now(self, variant: StockOfVariant) -> int:
        return variant.available

    @admin.display(description="Left", ordering="left")
    def level(self, variant: StockOfVariant) -> SafeString:
        return render_stock_badge(variant.available, variant.product.low_stock_threshold)

    @admin.display(description="Low at", ordering="product__low_stock_threshold")
    def threshold(self, variant: StockOfVariant) -> int:
        return variant.product.low_stock_threshold

    def save_model(self, request: HttpRequest, obj: StockOfVariant, form: Any, change: bool) -> None:
        """Record the movement."""
        data = form.cleaned_data
        products.adjust_stock(
            get_staff_actor(request),
            obj.product_id,
            obj.pk,
            delta=data["delta"],
            reason=data["reason"],
            note=data["note"],
            reference=data["reference"],
            page_opened_at=get_opening_time(request),
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Variants are added on the page of their product."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Variants are deactivated on the page of their product."""
        return False


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdminMixin, ModelAdmin[StockMovement]):
    """The history of stock movements."""

    list_display = ("created_at", "variant", "delta", "reason", "note", "reference", "user")
    list_filter = (("created_at", PeriodFilter), "reason")
    list_select_related = ("variant__product", "user")
    search_fields = ("variant__sku", "reference")
    actions = ("as_csv",)

    @admin.action(description="Download as CSV")
    def as_csv(self, request: HttpRequest, queryset: QuerySet[StockMovement]) -> StreamingHttpResponse:
        """Return the selected movements as a CSV file, oldest first."""
        return stream_csv("stock-movements.csv", stock_movements.generate_csv(queryset))


def _make_price_column(name: str, title: str) -> Callable[[Any, PriceChange], str | None]:
    @admin.display(description=title, ordering=name)
    def column(self: Any, change: PriceChange) -> str | None:
        return _format_price(getattr(change, name), change.market)

    return column


def _format_price(price: Decimal | None, market: str) -> str | None:
    """Return a price in the currency of its market; without a currency if the shop no longer has that market."""
    if price is None:
        return None
    configured = markets.get_markets().get(market)
    return money.format_price(price, configured.currency) if configured else f"{price.normalize():f}"


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnlyAdminMixin, ModelAdmin[PriceChange]):
    """The history of price changes."""

    list_display = ("created_at", "variant", "market", "price_column", "lowest_before_column", "user")
    fields = ("variant", "market", "price_column", "lowest_before_column", "user", "created_at")
    price_column = _make_price_column("price", "Price")
    lowest_before_column = _make_price_column("lowest_before", "Lowest of the 30 days before")
    list_filter = (("created_at", PeriodFilter), ("market", MarketFilter))
    list_select_related = ("variant__product", "user")
    search_fields = ("variant__sku", "variant__product__name")
