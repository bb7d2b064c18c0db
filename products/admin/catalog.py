"""The catalog for staff: a product with its variants, prices, stock and pictures on one page."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path

from core.admin import ModelAdmin, stream_csv, stream_file
from products.admin.bulk_actions import BulkActionsAdmin
from products.admin.category_choices import CategoryFieldMixin, find_category_ids, label_categories
from products.admin.forms import CategoryForm
from products.admin.product_page import ProductPageAdmin
from products.importing import exporter
from products.models import Category, Product
from products.services import search_documents


@admin.register(Product)
class ProductAdmin(ProductPageAdmin, CategoryFieldMixin, BulkActionsAdmin):
    """The catalog."""

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
