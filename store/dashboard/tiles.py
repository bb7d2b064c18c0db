"""The tiles of the home page, each a kind of open work with a link to its list, and warnings about stopped programs."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import emails
from core import money, outbox
from core.admin import format_time
from core.models import Job
from orders import cash_rules, reports, todo
from orders.admin import permissions
from orders.models import Order, ReconciliationTime, Shipment, StripeEvent
from orders.remittances import balance
from orders.state import notifications
from pricing.models import Sale
from pricing.sales import states
from products.catalog import stock_levels
from store.navigation import can_view

EMAIL_JOBS = frozenset({emails.JOB_KIND, notifications.CUSTOMER_EMAIL_JOB, notifications.MERCHANT_EMAIL_JOB})
RECONCILIATION_LIMIT = timedelta(minutes=15)  # sync_payments runs every minute
MAX_SALES = 3  # that are named


@dataclass(frozen=True, slots=True)
class Tile:
    """A kind of work. An urgent one is shown as an alarm unless its count is 0."""

    title: str
    icon: str
    count: int
    link: str
    note: str = ""
    is_urgent: bool = False


def build_tiles(request: HttpRequest) -> list[Tile]:
    """Return the tiles that the user may see, in a constant number of queries."""
    tiles: list[Tile] = []
    if can_view(request, "orders.order"):
        tiles += _order_tiles(request)
    if can_view(request, "orders.cashparcel"):
        tiles += _cash_tiles()
    if can_view(request, "products.stockofvariant"):
        tiles += _stock_tiles()
    if can_view(request, "core.job"):
        tiles += _job_tiles()
    if can_view(request, "orders.stripeevent"):
        failed = StripeEvent.objects.filter(status=StripeEvent.Status.FAILED).count()
        link = _list_link("orders_stripeevent", status__exact=StripeEvent.Status.FAILED)
        tiles.append(Tile("Failed provider events", "webhook", failed, link, is_urgent=True))
    return tiles


def _order_tiles(request: HttpRequest) -> list[Tile]:
    """Return the tiles of orders, in the sequence of an order's life."""
    tiles: list[Tile] = []
    if permissions.can_see_work(request.user, permissions.SHIP):
        tiles += _shipping_tiles()
    if permissions.can_see_work(request.user, permissions.REFUND):
        tiles += _refund_tiles()
    unpaid, units = reports.count_unpaid_reservations()
    reserved = f"{units} {'unit' if units == 1 else 'units'} reserved" if unpaid else ""
    link = _list_link("orders_order", stock_state__exact=Order.StockState.RESERVED)
    return [*tiles, Tile("Awaiting payment", "hourglass_top", unpaid, link, reserved)]


def _shipping_tiles() -> list[Tile]:
    orders, parcels = Order.objects.order_by(), Shipment.objects.order_by()
    cash, amounts = _sum_cash(todo.cod_to_collect(orders))
    waiting = todo.phone_to_confirm(orders).count() if cash_rules.confirms_phones() else None
    phones = [] if waiting is None else [Tile("Phone to confirm", "call", waiting, _todo_link("phone_to_confirm"))]
    return [
        *phones,
        Tile("To pack", "package_2", todo.to_pack(orders).count(), _todo_link("to_pack")),
        Tile("On the way", "local_shipping", todo.on_the_way(orders).count(), _todo_link("on_the_way")),
        Tile("Failed deliveries", "warning", todo.parcels_failed(parcels).count(), _parcel_link("failed")),
        Tile("Coming back", "assignment_return", todo.parcels_coming_back(parcels).count(), _parcel_link("coming_back")),
        Tile("Cash to collect", "payments", cash, _todo_link("cod_to_collect"), amounts),
    ]


def _refund_tiles() -> list[Tile]:
    to_refund = todo.to_refund(Order.objects.order_by()).count()
    alerts, link = reports.list_orders_with_alerts().count(), _list_link("orders_order", attention__isempty="0")
    return [
        Tile("To refund", "undo", to_refund, _todo_link("to_refund"), is_urgent=True),
        Tile("Alerts", "notifications", alerts, link, "orders to look at", is_urgent=True),
    ]


def _sum_cash(orders: QuerySet[Order]) -> tuple[int, str]:
    """Return the number of the orders and their totals in each currency; one statement."""
    rows = list(orders.values_list("currency").annotate(Count("pk"), Sum("total")).order_by("currency"))
    amounts = [money.format_price(total, currency) for currency, _, total in rows]
    return sum(count for _, count, _ in rows), ", ".join(amounts)


def _cash_tiles() -> list[Tile]:
    """Return the tile of cash that carriers owe for too long, if there is any; one statement."""
    overdue = balance.sum_overdue()
    amounts = [money.format_price(money.to_major(amount, currency), currency) for currency, _, amount in overdue]
    count, link = sum(count for _, count, _ in overdue), _list_link("orders_cashparcel", cash="overdue")
    return [Tile("Overdue cash", "payments", count, link, ", ".join(amounts), is_urgent=True)] if count else []


def _stock_tiles() -> list[Tile]:
    low, sold_out = stock_levels.count_low_stock()
    return [
        Tile("Low stock", "production_quantity_limits", low, _list_link("products_stockofvariant", level="low")),
        Tile("Sold out", "remove_shopping_cart", sold_out, _list_link("products_stockofvariant", level="out")),
    ]


def _job_tiles() -> list[Tile]:
    """Return the failed jobs, e-mails apart; each link lists the kinds that it counts."""
    counts = dict(Job.objects.filter(failed_at__isnull=False).values_list("kind").annotate(Count("pk")).order_by())
    tiles = []
    for title, icon, kinds in (
        ("Failed e-mails", "unsubscribe", EMAIL_JOBS),
        ("Other failed jobs", "error", counts.keys() - EMAIL_JOBS),
    ):
        link = _list_link("core_job", failed_at__isempty="0", kind__in=",".join(sorted(kinds)))
        tiles.append(Tile(title, icon, sum(counts.get(kind, 0) for kind in kinds), link, is_urgent=True))
    return tiles


def build_warnings(request: HttpRequest) -> list[str]:
    """Return which programs seem to have stopped, with the commands that start them, and which sales are late."""
    warnings = _build_program_warnings() if can_view(request, "core.job") else []
    if can_view(request, "pricing.sale"):
        warnings += [_describe_overdue(sale) for sale in states.list_overdue()[:MAX_SALES]]
    return warnings


def _describe_overdue(sale: Sale) -> str:
    verb, at = ("started", sale.starts_at) if sale.applied_at is None and sale.ends_at > timezone.now() else ("ended", sale.ends_at)
    prices = "not all of its prices are reduced" if verb == "started" else "not all of its prices are restored"
    return f"The sale {sale.name} should have {verb} on {format_time(at)}: {prices}. The jobs in the background say why."


def _build_program_warnings() -> list[str]:
    warnings = []
    count, since = outbox.get_stalled()
    if since is not None:
        waiting = "1 job is" if count == 1 else f"{count} jobs are"
        warnings.append(f"Background work has stopped: {waiting} waiting since {format_time(since)}. Start manage.py run_jobs.")
    if settings.STRIPE_SECRET_KEY:
        last = ReconciliationTime.objects.values_list("finished_at", flat=True).first()
        if last is None or last < timezone.now() - RECONCILIATION_LIMIT:
            state = f"not been checked since {format_time(last)}" if last else "never been checked"
            warnings.append(
                f"Payments have {state}: unpaid orders keep their stock reserved, and lost payments are not found. "
                "Start manage.py sync_payments --loop 60. If it runs, its output says why the payment provider cannot be asked."
            )
    return warnings


def _todo_link(state: str) -> str:
    return _list_link("orders_order", todo=state)


def _parcel_link(state: str) -> str:
    return _list_link("orders_shipment", todo=state)


def _list_link(page: str, **query: str) -> str:
    return f"{reverse(f'admin:{page}_changelist')}?{urlencode(query)}"
