"""The catalog, for staff: a product with its variants, prices, stock and pictures on one page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F, Min, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from products import services
from products.gateways import media
from products.models import Category, Product, ProductImage, StockMovement, Variant, primary_image
from products.slugs import slug_for
from store.core import markets, money
from store.core.admin import ReadOnly, staff_actor


def picture(name: str | None) -> str | SafeString:
    """Return a small picture for a list."""
    return format_html('<img src="{}" alt="" width="48" height="48">', media.path_of(name)) if name else "–"


class VariantFormBase(forms.ModelForm[Variant]):
    """A variant; its stock is written as a movement, its other markets' prices as rows."""

    # The number that the page showed comes back with it, so that what was sold meanwhile is not put back.
    on_hand = forms.IntegerField(
        min_value=0, max_value=10**9, label="On hand", show_hidden_initial=True, help_text="a change is recorded as a movement"
    )

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
            if name in ("on_hand", "position", "price", "compare_at_price") or name.startswith("price_"):
                field.widget.attrs["style"] = "width: 6.5em"

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
        if not 0 <= amount <= money.MAX_PRICE:
            raise forms.ValidationError(f"Must be from 0 to {money.MAX_PRICE}")
        try:
            money.to_minor(amount, currency)
        except ValueError:
            raise forms.ValidationError(f"{currency} has {money.exponent(currency)} digits behind the point") from None
        return amount

    def market_prices(self) -> dict[str, Decimal]:
        """Return the prices of the other markets that were filled in."""
        given = {market.code: self.cleaned_data.get(f"price_{market.code}") for market in other_markets()}
        return {code: amount for code, amount in given.items() if amount is not None}


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


class VariantInline(admin.TabularInline[Variant, Product]):
    """The product's variants."""

    model = Variant
    form = VariantForm
    fields = (
        *("sku", "name", "options", "price", "compare_at_price"),
        *(f"price_{market.code}" for market in other_markets()),
        *("on_hand", "reserved", "position", "is_active"),
    )
    readonly_fields = ("reserved",)
    extra = 0
    min_num = 1
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Fetch the other markets' prices with the variants."""
        return super().get_queryset(request).filter(deleted_at=None).prefetch_related("market_prices")


class ImageInline(admin.TabularInline[ProductImage, Product]):
    """The product's pictures; the lowest position is the primary."""

    model = ProductImage
    fields = ("shown", "image", "alt", "position")
    readonly_fields = ("shown",)
    extra = 0

    @admin.display(description="")
    def shown(self, image: ProductImage) -> str | SafeString:
        return picture(image.image.name)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """The catalog."""

    list_display = ("shown", "name", "category", "lowest", "left", "is_active", "seller", "created_at")
    list_display_links = ("shown", "name")
    list_filter = ("is_active", "category")
    list_select_related = ("category", "seller")
    search_fields = ("name", "slug", "variants__sku")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    autocomplete_fields = ("category", "seller")
    readonly_fields = ("slug", "uuid", "created_at", "updated_at")
    fields = (
        "name",
        "description",
        "category",
        "seller",
        "low_stock_threshold",
        "is_active",
        "slug",
        "uuid",
        "created_at",
        "updated_at",
    )
    inlines = (VariantInline, ImageInline)
    actions = ("retire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Fetch what the list shows in one statement; the deleted stay away."""
        products = super().get_queryset(request).filter(deleted_at=None)
        active = Q(variants__is_active=True, variants__deleted_at=None)
        return products.annotate(
            price_from=Min("variants__price", filter=active),
            on_sale=Sum(F("variants__stock") - F("variants__reserved"), filter=active),
            cover=primary_image("pk"),
        )

    @admin.display(description="")
    def shown(self, product: Product) -> str | SafeString:
        return picture(getattr(product, "cover", None))

    @admin.display(description="Price from", ordering="price_from")
    def lowest(self, product: Product) -> str:
        amount = getattr(product, "price_from", None)
        return "–" if amount is None else money.text(amount, markets.default().currency)

    @admin.display(description="Stock", ordering="on_sale")
    def left(self, product: Product) -> int:
        return getattr(product, "on_sale", None) or 0

    @admin.action(description="Take out of the shop (orders keep their copy)", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        """Delete softly: a product that was sold stays on record."""
        services.retire(list(queryset.values_list("pk", flat=True)))

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Save; a new product gets its slug here and keeps it when it is renamed."""
        if not change:
            obj.slug = slug_for(obj.name, services.taken_slugs([obj.name]))
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write variants through the service, so that stock becomes movements."""
        if formset.model is not Variant:
            super().save_formset(request, form, formset, change)
            return
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        changed = [form for form in formset.forms if form.has_changed()]
        for variant_form in sorted(changed, key=lambda form: form.instance.pk or 2**63):  # as all lock them: by id
            variant = variant_form.save(commit=False)
            delta = variant_form.cleaned_data["on_hand"] - variant_form.shown_on_hand()
            services.save_variant(staff_actor(request), variant, delta, variant_form.market_prices())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """When everything is in, derive the listings."""
        super().save_related(request, form, formsets, change)
        services.list_anew([form.instance.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sold products stay on record; the action takes one out of the shop."""
        return False


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """The shelves."""

    list_display = ("name", "parent", "slug", "position")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("position", "name")


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, admin.ModelAdmin[StockMovement]):
    """Every change of stock."""

    list_display = ("created_at", "variant", "delta", "reason", "reference", "user")
    list_filter = ("reason",)
    list_select_related = ("variant__product", "user")
    search_fields = ("variant__sku", "reference")
    date_hierarchy = "created_at"
