"""Sales: planning, what they change, their progress, and ending them."""

from dataclasses import asdict
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import markets
from core.admin import INFO, NEUTRAL, SUCCESS, WARNING, ModelAdmin, ServiceBackedAdmin, get_staff_actor, render_badge
from pricing.admin import sale_lines
from pricing.admin.row_fields import RowsField
from pricing.admin.sale_forms import SaleForm, build_markets_field
from pricing.models import Sale
from pricing.sales import scheduling

State = Sale.State
STATE_BADGES = {
    State.PLANNED: WARNING,
    State.RUNNING: SUCCESS,
    State.ENDING: INFO,
    State.ENDED: NEUTRAL,
    State.CANCELLED: NEUTRAL,
}
FIELDS = ("name", "percent", "starts_at", "ends_at", "all_products", "categories", "products")
TIMES = ("state_badge", "started_at", "applied_at", "ended_at")
NO_MORE = "This is not possible any more. See the current state below."


@admin.register(Sale)
class SaleAdmin(ServiceBackedAdmin[Sale], ModelAdmin[Sale]):
    """Sales. A planned one may be changed, of a running one only the end."""

    form = SaleForm
    list_display = ("name", "percent", "starts_at", "ends_at", "state_badge")
    list_filter = ("state",)
    search_fields = ("name",)
    ordering = ("-id",)
    autocomplete_fields = ("categories", "products")

    @admin.display(description="State", ordering="state")
    def state_badge(self, sale: Sale) -> SafeString:
        return render_badge(sale.get_state_display(), STATE_BADGES[State(sale.state)])

    @admin.display(description="Markets")
    def market_codes(self, sale: Sale) -> str:
        return ", ".join(sale.markets) or "all"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change prices."""
        return request.user.has_perm("products.change_variant")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change prices."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change prices."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Sale | None = None) -> bool:
        """Return whether the user may change prices, and the sale is not over."""
        is_open = obj is None or obj.state in (State.PLANNED, State.RUNNING)
        return is_open and self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Sales are cancelled or ended, never deleted: what they changed is on record."""
        return False

    def get_fields(self, request: HttpRequest, obj: Sale | None = None) -> Any:
        """Return the fields; of a sale that has begun, its times too."""
        if obj is None or obj.state == State.PLANNED:
            return (*FIELDS, "markets") if len(markets.get_markets()) > 1 else FIELDS
        return (*FIELDS, "market_codes", *TIMES)

    def get_readonly_fields(self, request: HttpRequest, obj: Sale | None = None) -> Any:
        """Return the fields that cannot be changed: of a running sale, all but its end."""
        if obj is None or obj.state == State.PLANNED:
            return ()
        return [name for name in self.get_fields(request, obj) if name != "ends_at" or obj.state != State.RUNNING]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the shop's markets."""
        if db_field.name == "markets":
            return build_markets_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Refuse keys that no row can have."""
        return super().formfield_for_manytomany(db_field, request, form_class=RowsField, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the progress of a sale, and the decisions."""
        views = (
            ("<int:pk>/progress/", self.progress_view, "progress"),
            ("<int:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
            ("<int:pk>/end/", require_POST(self.end_view), "end"),
        )
        urls = [path(route, self.admin_site.admin_view(view), name=f"pricing_sale_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Sale, form: Any, change: bool) -> None:
        """Save the sale, and have it started and ended at its times. Raises Conflict."""
        if not change:
            scheduling.plan(get_staff_actor(request), obj)
            return
        columns = {field.name for field in self.opts.concrete_fields}.intersection(form.changed_data)
        scheduling.change(get_staff_actor(request), obj, columns)

    def response_add(self, request: HttpRequest, obj: Sale, post_url_continue: Any = None) -> HttpResponse:
        """Show the preview after a sale was planned."""
        self.message_user(request, "The sale is planned. Below is what it would change now.", messages.SUCCESS)
        return redirect("admin:pricing_sale_change", obj.pk)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the prices below the form."""
        sale = kwargs.get("obj")
        if sale is not None:
            context = {**context, **sale_lines.build_context(request, sale)}
        return super().render_change_form(request, context, *args, **kwargs)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return how far a sale is, for the script of its page."""
        return JsonResponse(asdict(sale_lines.get_progress(self._get_sale(request, pk))))

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Cancel a planned sale."""
        sale = self._get_sale(request, pk)
        if scheduling.cancel(sale.pk):
            self.log_change(request, sale, "Cancelled.")
            self.message_user(request, "The sale is cancelled. No price was changed.", messages.SUCCESS)
        else:
            self.message_user(request, NO_MORE, messages.WARNING)
        return redirect("admin:pricing_sale_change", pk)

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a running sale."""
        sale = self._get_sale(request, pk)
        if scheduling.end_now(sale.pk):
            self.log_change(request, sale, "Ended.")
            self.message_user(request, "The sale ends now. Its prices are restored in the background.", messages.SUCCESS)
        else:
            self.message_user(request, NO_MORE, messages.WARNING)
        return redirect("admin:pricing_sale_change", pk)

    def _get_sale(self, request: HttpRequest, pk: int) -> Sale:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Sale, pk=pk)
