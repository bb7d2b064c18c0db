"""The stock desk, for staff: what is low, movements by hand, and the books as CSV."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.safestring import SafeString

from core.admin import ModelAdmin, ReadOnly, ServiceBackedAdmin, staff_actor
from products.admin.display import stock_badge
from products.catalog import stock_levels, stock_movements
from products.models import PriceChange, StockMovement, Variant
from products.services import products


class StockOfVariant(Variant):
    """A SKU, seen from the stock desk."""

    class Meta:
        proxy = True
        app_label = "products"
        verbose_name = "stock"
        verbose_name_plural = "stock"


class LevelFilter(admin.SimpleListFilter):
    """Running low, or sold out."""

    title = "level"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Name the choices."""
        return [("low", "Low (at or under the product's threshold)"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Hold the list to the choice."""
        if self.value() == "low":
            return stock_levels.low(queryset)
        return queryset.filter(left__lte=0) if self.value() == "out" else queryset


class MovementForm(forms.ModelForm[StockOfVariant]):
    """A movement that is written by hand."""

    delta = forms.IntegerField(label="Add (or take away)", min_value=-(10**9), max_value=10**9, help_text="such as 12 or -3")
    reason = forms.ChoiceField(choices=[(reason.value, reason.label) for reason in products.DESK])
    note = forms.CharField(max_length=200, required=False, help_text="the reason in your words")
    reference = forms.CharField(max_length=64, required=False, help_text="such as a delivery note's number")

    class Meta:
        model = StockOfVariant
        fields: tuple[str, ...] = ()

    def clean_delta(self) -> int:
        """Hold it to what open orders leave."""
        delta: int = self.cleaned_data["delta"]
        if delta == 0:
            raise forms.ValidationError("Must not be 0")
        if delta < 0 and self.instance.stock + delta < self.instance.reserved:
            raise forms.ValidationError(f"{self.instance.reserved} unit(s) are reserved by open orders")
        return delta


@admin.register(StockOfVariant)
class StockAdmin(ServiceBackedAdmin[StockOfVariant], ModelAdmin[StockOfVariant]):
    """What is on hand, reserved and left of each SKU; a change here is a movement."""

    form = MovementForm
    list_display = ("sku", "product", "name", "stock", "reserved", "level", "threshold")
    list_filter = (LevelFilter,)
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    show_full_result_count = False
    ordering = ((F("stock") - F("reserved")).asc(), "sku")
    readonly_fields = ("product", "sku", "name", "stock", "reserved", "available_now")
    fields = (*readonly_fields, "delta", "reason", "note", "reference")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockOfVariant]:
        """Show what is for sale, with what is left of it."""
        return stock_levels.on_sale(super().get_queryset(request)).annotate(left=stock_levels.LEFT)

    @admin.display(description="Left", ordering="left")
    def available_now(self, variant: StockOfVariant) -> int:
        return variant.available

    @admin.display(description="Left", ordering="left")
    def level(self, variant: StockOfVariant) -> SafeString:
        return stock_badge(variant.available, variant.product.low_stock_threshold)

    @admin.display(description="Low at", ordering="product__low_stock_threshold")
    def threshold(self, variant: StockOfVariant) -> int:
        return variant.product.low_stock_threshold

    def save_model(self, request: HttpRequest, obj: StockOfVariant, form: Any, change: bool) -> None:
        """Write the movement."""
        given = form.cleaned_data
        products.move_stock(
            staff_actor(request),
            obj.product_id,
            obj.pk,
            delta=given["delta"],
            reason=given["reason"],
            note=given["note"],
            reference=given["reference"],
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Variants are made with their products."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Variants are taken off sale with their products."""
        return False


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, ModelAdmin[StockMovement]):
    """Every change of stock."""

    list_display = ("created_at", "variant", "delta", "reason", "note", "reference", "user")
    list_filter = ("reason",)
    list_select_related = ("variant__product", "user")
    search_fields = ("variant__sku", "reference")
    date_hierarchy = "created_at"
    actions = ("as_csv",)

    @admin.action(description="Download as CSV")
    def as_csv(self, request: HttpRequest, queryset: QuerySet[StockMovement]) -> StreamingHttpResponse:
        """Answer the chosen movements as a file, oldest first."""
        answer = StreamingHttpResponse(stock_movements.csv_lines(queryset), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="stock-movements.csv"'
        return answer


@admin.register(PriceChange)
class PriceChangeAdmin(ReadOnly, ModelAdmin[PriceChange]):
    """Every change of a price."""

    list_display = ("created_at", "variant", "market", "price", "lowest_before", "user")
    list_filter = ("market",)
    list_select_related = ("variant__product", "user")
    search_fields = ("variant__sku", "variant__product__name")
    date_hierarchy = "created_at"
