"""Which orders use which promotions."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from core.admin import INFO, NEUTRAL, SUCCESS, ModelAdmin, ReadOnlyAdminMixin, render_badge
from core.admin_filters import PeriodFilter
from orders.admin import promotion_trials
from orders.admin.columns import DASH, get_buyer
from orders.models import Redemption
from pricing.promotions.codes import normalize_code

if TYPE_CHECKING:  # Unfold's class is Django's with another template and form; it has no type hints
    from django.contrib.admin import RelatedFieldListFilter as AutocompleteSelectFilter
else:
    from unfold.contrib.filters.admin import AutocompleteSelectFilter

STATE_BADGES = {Redemption.State.HELD: INFO, Redemption.State.USED: SUCCESS, Redemption.State.RELEASED: NEUTRAL}


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdminMixin, ModelAdmin[Redemption]):
    """The uses of promotions by orders."""

    list_display = ("order_column", "promotion", "code_column", "buyer_column", "state_column", "created_at")
    list_filter = (("promotion", AutocompleteSelectFilter), ("created_at", PeriodFilter), "state")
    list_select_related = ("promotion", "code", "order__user")
    search_fields = ("order__number",)
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("order", "promotion", "code_column", "buyer_column", "state_column", "created_at", "updated_at")

    def get_urls(self) -> list[URLPattern]:
        """Add the trial of a promotion, to which its page leads."""
        view = self.admin_site.admin_view(promotion_trials.try_view)
        return [path("try/<int:promotion_id>/", view, name="orders_redemption_try"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Redemption], bool]:
        """Find the uses by an order's number, or by a whole code."""
        term = search_term.strip()
        by_number_or_code = Q(order__number=term) | Q(code__code=normalize_code(term))
        return queryset.filter(by_number_or_code) if term else queryset, False

    @admin.display(description="Order", ordering="order")
    def order_column(self, redemption: Redemption) -> str:
        return redemption.order.number

    @admin.display(description="Code")
    def code_column(self, redemption: Redemption) -> str:
        return redemption.code.code if redemption.code is not None else DASH

    @admin.display(description="Buyer")
    def buyer_column(self, redemption: Redemption) -> str:
        return get_buyer(redemption.order)

    @admin.display(description="State", ordering="state")
    def state_column(self, redemption: Redemption) -> SafeString:
        return render_badge(redemption.get_state_display(), STATE_BADGES[Redemption.State(redemption.state)])
