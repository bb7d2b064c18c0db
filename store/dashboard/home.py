"""The template context of the home page."""

from typing import Any

from django.db import connection
from django.http import HttpRequest

from core.compiled_queries import without_prepared_statements
from orders import reports, sales
from orders.admin import permissions
from products.catalog import stock_levels
from store.dashboard import lists, sales_cards, tiles
from store.navigation import can_view

ROW_LIMIT = 10


def add_dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the data that this user may see to the template context, in a constant number of queries.

    Each query is planned for its values: a prepared one, whose plan is for all values, would use no partial index.
    """
    with without_prepared_statements(connection):
        return {**context, **_build_context(request)}


def _build_context(request: HttpRequest) -> dict[str, Any]:
    context: dict[str, Any] = {
        "warnings": tiles.build_warnings(request),
        "tiles": tiles.build_tiles(request),
        "attention": lists.build_attention_groups(request),
    }
    if can_view(request, "orders.order"):
        if permissions.can_see_work(request.user, permissions.REFUND):  # packers have no need of them
            with_paid = request.user.has_perm("orders.view_payment")
            context["sales"] = sales_cards.build_cards(sales.get_summaries(), sales.get_daily_sales(), with_paid=with_paid)
        context["newest"] = lists.build_newest_orders(reports.list_newest_orders(ROW_LIMIT))
    if can_view(request, "products.stockofvariant"):
        context["low"] = lists.build_low_stock(stock_levels.get_low_stock(ROW_LIMIT))
    return context
