"""The catalog, for staff: a product with its variants, prices, stock and pictures on one page."""

from datetime import date
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import ModelAdmin, ServiceBackedAdmin, TabularInline, staff_actor
from products.admin.display import picture, stock_badge
from products.admin.forms import CategoryForm, ImageForm, VariantForm, VariantFormSet, other_markets
from products.media import images, storage
from products.models import Category, Product, ProductImage, Variant, primary_image
from products.services import listings, products, variants

NAMED = 20  # products that a page names one by one


class ShelfFilter(admin.SimpleListFilter):
    """What sells, and what cannot."""

    title = "stock"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Name the choices."""
        return [("low", "Low"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Hold the list to the choice."""
        left: QuerySet[Any] = queryset.alias(units=Coalesce("on_sale", 0))
        if self.value() == "low":
            return left.filter(units__gt=0, units__lte=F("low_stock_threshold"))
        return left.filter(units__lte=0) if self.value() == "out" else queryset


class VariantInline(TabularInline[Variant, Product]):
    """The product's variants."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
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


class ImageInline(TabularInline[ProductImage, Product]):
    """The product's pictures; the lowest position is the primary."""

    model = ProductImage
    form = ImageForm
    fields = ("shown", "upload", "alt", "position")
    readonly_fields = ("shown",)
    extra = 0
    max_num = images.MAX_PICTURES

    def get_formset(self, request: HttpRequest, obj: Any = None, **given: Any) -> Any:
        """Hold the pictures to their number."""
        return super().get_formset(request, obj, validate_max=True, **given)

    @admin.display(description="")
    def shown(self, image: ProductImage) -> str | SafeString:
        return picture(image.thumbnail or image.image.name)


@admin.register(Product)
class ProductAdmin(ServiceBackedAdmin[Product], ModelAdmin[Product]):
    """The catalog."""

    list_display = ("shown", "name", "category", "lowest", "left", "is_active", "seller", "since")
    list_display_links = ("name",)
    list_filter = ("is_active", ShelfFilter, ("seller", admin.EmptyFieldListFilter), "category")
    list_select_related = ("category", "seller")
    search_fields = ("name", "slug", "variants__sku")
    ordering = ("-id",)
    show_full_result_count = False
    autocomplete_fields = ("category", "seller")
    readonly_fields = ("slug", "uuid", "created_at", "updated_at")
    fields = (
        "name",
        "description",
        ("category", "seller"),
        ("low_stock_threshold", "is_active"),
        ("slug", "uuid"),
        ("created_at", "updated_at"),
    )
    inlines = (VariantInline, ImageInline)
    actions = ("retire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Fetch what the list shows in one statement, and only for the rows that it shows; the deleted stay away."""
        active = Variant.objects.filter(product=OuterRef("pk"), is_active=True, deleted_at=None).order_by().values("product")
        return (
            super()
            .get_queryset(request)
            .filter(deleted_at=None)
            .annotate(
                price_from=Subquery(active.annotate(n=Min("price")).values("n")),
                on_sale=Subquery(active.annotate(n=Sum(F("stock") - F("reserved"))).values("n")),
                cover=primary_image("pk"),
            )
        )

    @admin.display(description="")
    def shown(self, product: Product) -> str | SafeString:
        return picture(getattr(product, "cover", None))

    @admin.display(description="Price from", ordering="price_from")
    def lowest(self, product: Product) -> str:
        amount = getattr(product, "price_from", None)
        currency = markets.default().currency
        return "–" if amount is None else f"{money.text(amount, currency)} {currency}"

    @admin.display(description="Stock", ordering="on_sale")
    def left(self, product: Product) -> SafeString:
        return stock_badge(getattr(product, "on_sale", None) or 0, product.low_stock_threshold)

    @admin.display(description="Since", ordering="created_at")
    def since(self, product: Product) -> date:
        return timezone.localdate(product.created_at)

    @admin.action(description="Take out of the shop (orders keep their copy)", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Product]) -> TemplateResponse | None:
        """Delete softly, when that was confirmed: a product that was sold stays on record."""
        chosen = sorted(queryset.values_list("pk", flat=True))
        seen = sha256(repr(chosen).encode()).hexdigest()  # of all that are listed others may be meant by now
        if request.POST.get("confirmed") == seen:
            products.retire(chosen)
            words = f"{len(chosen)} product{'' if len(chosen) == 1 else 's'} taken out of the shop"
            self.message_user(request, words, messages.SUCCESS)
            return None
        if "confirmed" in request.POST:
            self.message_user(request, "The list has changed in the meantime. Look at it again", messages.WARNING)
        own = {
            "title": "Take out of the shop",
            "names": list(queryset.values_list("name", flat=True)[:NAMED]),
            "count": len(chosen),
            "seen": seen,
            "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "all": request.POST.get("select_across", "0"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/products/product/retire.html", {**self.admin_site.each_context(request), **own})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **given: Any) -> Any:
        """Show the page; pictures that were stored for one that turned out wrong are removed."""
        for inline in context["inline_admin_formsets"]:
            for one in inline.formset.forms:
                if isinstance(one, ImageForm) and one.stored is not None:
                    storage.delete(one.stored.name, one.stored.thumbnail)
        return super().render_change_form(request, context, *args, **given)

    def get_form(self, request: HttpRequest, obj: Product | None = None, change: bool = False, **given: Any) -> Any:
        """Let the page bring back what it showed, so that what others have changed meanwhile is not put back."""
        form = super().get_form(request, obj, change=change, **given)
        for field in form.base_fields.values():
            field.show_hidden_initial = True
        return form

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Write the columns that were changed, and what search sees of them."""
        products.save_filled(obj, form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write variants and pictures through the services, so that stock becomes movements and prices a history."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        changed = [one for one in formset.forms if one.has_changed()]
        if formset.model is Variant:
            for one in sorted(changed, key=lambda one: one.instance.pk or 2**63):  # as all lock them: by id
                on_hand = one.cleaned_data["on_hand"] - one.shown_on_hand()
                variants.save_filled(staff_actor(request), form.instance, one.instance.pk, one.wanted(), on_hand)
            return
        for one in changed:
            gone = one in formset.deleted_forms
            images.save_filled(form.instance, one.instance, one.stored, one.cleaned_data, is_gone=gone)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """When everything is in, derive the listings."""
        super().save_related(request, form, formsets, change)
        listings.list_anew([form.instance.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sold products stay on record; the action takes one out of the shop."""
        return False


@admin.register(Category)
class CategoryAdmin(ModelAdmin[Category]):
    """The shelves."""

    form = CategoryForm
    list_display = ("name", "parent", "slug", "position")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("position", "name")
