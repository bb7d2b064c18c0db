"""The catalog for staff: a product with its variants, prices, stock and pictures on one page."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from core.admin import ModelAdmin, ServiceBackedAdmin, TabularInline, get_staff_actor, stream_csv, stream_file
from products.admin.bulk_actions import BulkActionsAdmin
from products.admin.category_choices import CategoryFieldMixin, find_category_ids, label_categories
from products.admin.display import render_thumbnail
from products.admin.forms import CategoryForm, ImageForm, VariantForm, VariantFormSet, get_other_markets
from products.importing import exporter
from products.media import images, storage
from products.models import Category, Product, ProductImage, Variant
from products.services import listings, products, search_documents, variants


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
class ProductAdmin(ServiceBackedAdmin[Product], CategoryFieldMixin, BulkActionsAdmin):
    """The catalog."""

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
class CategoryAdmin(CategoryFieldMixin, ModelAdmin[Category]):
    """The category tree."""

    form = CategoryForm
    list_display = ("name", "parent", "slug", "position")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("position", "name")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Category], search_term: str) -> tuple[Any, bool]:
        """Find categories by the words of their paths, or by slug."""
        if not search_term.strip():
            return queryset, False
        by_path = Q(pk__in=find_category_ids(search_term))
        return queryset.filter(by_path | Q(slug__icontains=search_term.strip())), False

    def label_choices(self, rows: Iterable[Category]) -> dict[Any, str]:
        """Show categories by their paths."""
        return label_categories(rows)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Save the category; if it was renamed or moved, a job indexes its products again."""
        super().save_model(request, obj, form, change)
        if change and {"name", "parent"} & set(form.changed_data):
            search_documents.enqueue_category(obj.pk)
