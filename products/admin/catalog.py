"""The catalog for staff: a product with its variants, prices, stock and pictures on one page."""

from datetime import date
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import ModelAdmin, ServiceBackedAdmin, TabularInline, get_staff_actor, stream_csv, stream_file
from products.admin.display import render_stock_badge, render_thumbnail
from products.admin.forms import CategoryForm, ImageForm, VariantForm, VariantFormSet, get_other_markets
from products.importing import exporter
from products.media import images, storage
from products.models import Category, Product, ProductImage, Variant, primary_image
from products.services import listings, products, search_documents, variants

MAX_LISTED_NAMES = 20  # products listed by name on the confirmation page


class StockLevelFilter(admin.SimpleListFilter):
    """Filter products by stock level."""

    title = "stock"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("low", "Low"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter the list by the selected stock level."""
        rows: QuerySet[Any] = queryset.alias(units=Coalesce("on_sale", 0))
        if self.value() == "low":
            return rows.filter(units__gt=0, units__lte=F("low_stock_threshold"))
        return rows.filter(units__lte=0) if self.value() == "out" else queryset


class VariantInline(TabularInline[Variant, Product]):
    """The product's variants."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    fields = (
        *("sku", "name", "options", "image", "price", "compare_at_price"),
        *(f"price_{market.code}" for market in get_other_markets()),
        *("on_hand", "reserved", "position", "is_active"),
    )
    readonly_fields = ("reserved",)
    extra = 0
    min_num = 1
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Return the variants that are not deleted, with their prices in other markets."""
        return super().get_queryset(request).filter(deleted_at=None).prefetch_related("market_prices")


class ImageInline(TabularInline[ProductImage, Product]):
    """The product's pictures; the one with the lowest position is the primary picture."""

    model = ProductImage
    form = ImageForm
    fields = ("preview", "upload", "alt", "position")
    readonly_fields = ("preview",)
    extra = 0
    max_num = images.MAX_IMAGES

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Limit the number of pictures."""
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    @admin.display(description="")
    def preview(self, image: ProductImage) -> str | SafeString:
        return render_thumbnail(image.thumbnail or image.image.name)


@admin.register(Product)
class ProductAdmin(ServiceBackedAdmin[Product], ModelAdmin[Product]):
    """The catalog."""

    list_display = ("thumbnail", "name", "category", "lowest", "available_units", "is_active", "seller", "since")
    list_display_links = ("name",)
    list_filter = ("is_active", StockLevelFilter, ("seller", admin.EmptyFieldListFilter), "category")
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
    list_before_template = "admin/products/product/export.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the export."""
        export = path("export/<str:form>/", self.admin_site.admin_view(self.export_view), name="products_product_export")
        return [export, *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> StreamingHttpResponse:
        """Download the whole catalog as a file that can be imported again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form == "csv":
            return stream_csv("products.csv", exporter.generate_csv(exporter.iter_rows()))
        if form == "json":
            return stream_file("products.json", "application/json", exporter.generate_json(exporter.iter_rows()))
        raise Http404

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        """Return products that are not deleted, annotated with the list's columns."""
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
    def thumbnail(self, product: Product) -> str | SafeString:
        return render_thumbnail(getattr(product, "cover", None))

    @admin.display(description="Price from", ordering="price_from")
    def lowest(self, product: Product) -> str:
        amount = getattr(product, "price_from", None)
        currency = markets.get_default_market().currency
        return "–" if amount is None else money.format_price(amount, currency)

    @admin.display(description="Stock", ordering="on_sale")
    def available_units(self, product: Product) -> SafeString:
        return render_stock_badge(getattr(product, "on_sale", None) or 0, product.low_stock_threshold)

    @admin.display(description="Since", ordering="created_at")
    def since(self, product: Product) -> date:
        return timezone.localdate(product.created_at)

    @admin.action(description="Remove from the shop (orders keep their copies)", permissions=["change"])
    def retire(self, request: HttpRequest, queryset: QuerySet[Product]) -> TemplateResponse | None:
        """Soft-delete the selected products after confirmation."""
        product_ids = sorted(queryset.values_list("pk", flat=True))
        digest = sha256(repr(product_ids).encode()).hexdigest()  # with "select all", the selection may change before confirmation
        if request.POST.get("confirmed") == digest:
            products.retire(product_ids)
            message = f"{len(product_ids)} product{'' if len(product_ids) == 1 else 's'} removed from the shop"
            self.message_user(request, message, messages.SUCCESS)
            return None
        if "confirmed" in request.POST:
            self.message_user(request, "The list has changed in the meantime. Please check it again", messages.WARNING)
        context = {
            **self.admin_site.each_context(request),
            "title": "Remove from the shop",
            "names": list(queryset.values_list("name", flat=True)[:MAX_LISTED_NAMES]),
            "count": len(product_ids),
            "digest": digest,
            "selected_ids": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/products/product/retire.html", context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Render the form; pictures stored by an invalid submission are deleted."""
        for inline in context["inline_admin_formsets"]:
            for inline_form in inline.formset.forms:
                if isinstance(inline_form, ImageForm) and inline_form.stored is not None:
                    storage.delete(inline_form.stored.name, inline_form.stored.thumbnail)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Product | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Submit initial values with the form, so that concurrent changes to other fields are not overwritten."""
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in form.base_fields.values():
            field.show_hidden_initial = True
        return form

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Save the changed columns, and the folded name."""
        products.save_from_admin(obj, form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save variants and pictures through the services, which record stock movements and price changes."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        changed = [row for row in formset.forms if row.has_changed()]
        if formset.model is Variant:
            for row in sorted(changed, key=lambda row: row.instance.pk or 2**63):  # in ascending id, the lock order
                stock_delta = row.cleaned_data["on_hand"] - row.get_initial_on_hand()
                actor, variant_change = get_staff_actor(request), row.build_variant_change()
                variants.save_from_admin(actor, form.instance, row.instance.pk, variant_change, stock_delta)
            return
        for row in changed:
            is_deleted = row in formset.deleted_forms
            images.save_from_admin(form.instance, row.instance, row.stored, row.cleaned_data, is_deleted=is_deleted)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Rebuild the listings after all rows are saved."""
        super().save_related(request, form, formsets, change)
        listings.rebuild_listings([form.instance.pk])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Products are only soft-deleted, by the `retire` action."""
        return False


@admin.register(Category)
class CategoryAdmin(ModelAdmin[Category]):
    """The category tree."""

    form = CategoryForm
    list_display = ("name", "parent", "slug", "position")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("position", "name")

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Save the category; if it was renamed or moved, a job indexes its products again."""
        super().save_model(request, obj, form, change)
        if change and {"name", "parent"} & set(form.changed_data):
            search_documents.enqueue_category(obj.pk)
