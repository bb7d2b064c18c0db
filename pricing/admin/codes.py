"""The list of codes, and its download."""

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from core import csv_export
from core.admin import NEUTRAL, ModelAdmin, render_badge, stream_csv
from pricing.models import PromotionCode
from pricing.promotions import codes

if TYPE_CHECKING:  # Unfold's class is Django's with another template and form; it has no type hints
    from django.contrib.admin import RelatedFieldListFilter as AutocompleteSelectFilter
else:
    from unfold.contrib.filters.admin import AutocompleteSelectFilter

CSV_COLUMNS = ("code", "promotion", "single_use", "used", "created_at")
ROWS_PER_READ = 2_000


@admin.register(PromotionCode)
class PromotionCodeAdmin(ModelAdmin[PromotionCode]):
    """The codes of all promotions. They are added on the page of their promotion, and never changed."""

    list_display = ("code", "promotion", "uses_column", "created_at")
    list_filter = (("promotion", AutocompleteSelectFilter), "single_use", "is_used")
    list_select_related = ("promotion",)
    list_before_template = "admin/pricing/promotioncode/list_tools.html"
    search_fields = ("code",)  # shows the search box
    ordering = ("-id",)
    show_full_result_count = False
    fields = readonly_fields = ("code", "promotion", "uses_column", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionCode]:
        """Return the codes of the promotions that are not deleted."""
        return super().get_queryset(request).filter(promotion__deleted_at=None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PromotionCode], search_term: str
    ) -> tuple[QuerySet[PromotionCode], bool]:
        """Find codes by their beginning."""
        code = codes.normalize_code(search_term)
        return queryset.filter(code__startswith=code) if code else queryset, False

    def get_urls(self) -> list[URLPattern]:
        """Add the download."""
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="pricing_promotioncode_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list; its download has the same filters."""
        return super().changelist_view(request, {**(extra_context or {}), "list_query": request.GET.urlencode()})

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponseRedirect:
        """Download the codes that the list with the same filters shows; the list tells of filters that are wrong."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"{reverse('admin:pricing_promotioncode_changelist')}?{request.GET.urlencode()}")
        return stream_csv("codes.csv", csv_export.generate_file(_generate_rows(rows.iterator(ROWS_PER_READ))))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Codes are added on the page of their promotion."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A code that buyers may know is never changed."""
        return False

    def get_deleted_objects(
        self, objs: Collection[PromotionCode] | QuerySet[PromotionCode], request: HttpRequest
    ) -> tuple[Any, Any, set[str], list[str]]:
        """Return which of the codes can be deleted, and those that cannot because orders used them."""
        used = [f"{code}, which orders have used" for code in _filter_used(objs)]
        return [str(code) for code in objs], {"codes": len(objs)}, set(), used

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PromotionCode]) -> None:
        """Delete the codes."""
        PromotionCode.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))).delete()

    @admin.display(description="Uses", ordering="single_use")
    def uses_column(self, code: PromotionCode) -> SafeString | str:
        if not code.single_use:
            return "any number of orders"
        return render_badge("used", NEUTRAL) if code.is_used else "one order"


def _filter_used(rows: Iterable[PromotionCode]) -> QuerySet[PromotionCode]:
    return PromotionCode.objects.filter(pk__in=[row.pk for row in rows], redemptions__isnull=False).distinct()


def _generate_rows(rows: Iterable[PromotionCode]) -> Iterator[list[Any]]:
    yield list(CSV_COLUMNS)
    for row in rows:
        used = ("yes" if row.is_used else "no") if row.single_use else ""
        created_at = timezone.localtime(row.created_at).isoformat()
        yield [row.code, row.promotion.name, "yes" if row.single_use else "no", used, created_at]
