"""The page *Cash on Delivery*: what carriers have to collect, have collected and have paid, with the parcels behind each number."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import csv_export, money
from core.admin import ForgivingChangeList, ModelAdmin, ReadOnlyAdminMixin, UncountedPaginator, format_date, stream_csv
from core.admin_filters import PeriodFilter
from orders.admin import badges, permissions
from orders.admin.columns import DASH, stack
from orders.carriers.links import get_carrier_name
from orders.carriers.registry import find_carrier, normalize_carrier
from orders.models import Remittance, Shipment
from orders.remittances import balance

ROWS_PER_READ = 2_000
NO_CARRIER = "-"  # in an address
LABELS = {
    "on_the_way": "On the way",
    "collected": "Collected",
    "short_at_door": "Short at door",
    "remitted": "Paid",
    "short_by_carrier": "Short by carrier",
    "open": "Open",
    "overdue": "Overdue",
}
EXPORT_COLUMNS = (
    *("parcel", "carrier", "tracking_number", "state", "delivered_at", "currency"),
    *("due", "collected", "short_at_door", "remitted", "short_by_carrier", "open"),
)


class CashParcel(Shipment):
    """A parcel that is paid on delivery."""

    class Meta:
        proxy = True
        app_label = "orders"
        default_permissions = ()
        verbose_name = "parcel paid on delivery"
        verbose_name_plural = "Cash on Delivery"


class CashFilter(admin.SimpleListFilter):
    """The parcels behind a number of the table."""

    title = "cash"
    parameter_name = "cash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds of cash."""
        return list(LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the parcels. Raises IncorrectLookupParameters for an unknown kind."""
        kind = self.value()
        if kind is None:
            return queryset
        if kind not in balance.KINDS:
            raise IncorrectLookupParameters
        return queryset.filter(balance.get_condition(kind))


class ColumnFilter(admin.SimpleListFilter):
    """The parcels of a carrier, or in a currency."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the values that parcels have."""
        rows = balance.select_cash(Shipment.objects.all()).order_by(self.column)
        return [(value, value) for value in rows.values_list(self.column, flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the parcels."""
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.column: value})


class CarrierFilter(ColumnFilter):
    """The parcels of a carrier, however it was typed before the shop knew it."""

    title = parameter_name = column = "carrier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the carriers that parcels have, by name."""
        carriers = sorted({normalize_carrier(value) for value, _ in super().lookups(request, model_admin)}, key=str.casefold)
        return [(carrier or NO_CARRIER, get_carrier_name(carrier) or "No carrier") for carrier in carriers]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the parcels."""
        value = self.value()
        if value is None:
            return queryset
        if value == NO_CARRIER:
            return queryset.filter(carrier="")
        known = find_carrier(value)
        spelled = Q(carrier=value) if known is None else Q(carrier__iexact=known.code) | Q(carrier__iexact=known.name)
        return queryset.filter(spelled)


class CurrencyFilter(ColumnFilter):
    """The parcels of orders in a currency."""

    title = parameter_name = "currency"
    column = "order__currency"


class CashViewMixin(admin.options.BaseModelAdmin[Any]):
    """For pages about the cash of carriers."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may view orders, and deals with money or may view remittances."""
        may_view = self.has_refund_permission(request) or permissions.has_permission(request.user, "view_remittance")
        return may_view and permissions.has_permission(request.user, "view_order")

    def has_refund_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may record what carriers pay: they deal with money."""
        return permissions.has_permission(request.user, permissions.REFUND)


class CashList(ForgivingChangeList):
    """The list of parcels with cash, whose rows are not counted."""

    def run_queries(self, request: HttpRequest) -> None:
        """Run the queries now; without a count, they would only run when the page is rendered."""
        super().run_queries(request)
        self.result_list = list(self.result_list)


@admin.register(CashParcel)
class CashParcelAdmin(CashViewMixin, ReadOnlyAdminMixin, ModelAdmin[CashParcel]):
    """Cash on Delivery by carrier, and its parcels."""

    list_display = (
        *("parcel_column", "carrier_column", "state_column", "due_column", "collected_column"),
        *("short_at_door_column", "remitted_column", "short_by_carrier_column", "open_column"),
    )
    list_display_links = None
    list_filter = (CashFilter, CarrierFilter, CurrencyFilter, ("created_at", PeriodFilter))
    list_before_template = "admin/orders/cashparcel/balances.html"
    list_select_related = ("order",)
    search_fields = ("order__number", "tracking_number")
    search_help_text = "Number of the order, or tracking number"
    ordering = ("-id",)
    sortable_by = ()
    actions = None
    paginator = UncountedPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CashParcel]:
        """Return the parcels that have cash to collect, or had."""
        return balance.select_cash(super().get_queryset(request))  # type: ignore[return-value]  # a proxy

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return CashList

    def get_urls(self) -> list[URLPattern]:
        """Add the download."""
        return [path("export/", self.admin_site.admin_view(self.export_view), name="orders_cashparcel_export"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the table of carriers above the parcels; both are of the same period."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context is not None and "cl" in context:
            context["list_query"] = request.GET.urlencode()
            context["may_upload"] = self.has_refund_permission(request)
            context["balances"] = _build_table(request, context["cl"])
        return response

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponseRedirect:
        """Download the parcels that the list shows with the same filters; the list reports wrong filters."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"{reverse('admin:orders_cashparcel_changelist')}?{request.GET.urlencode()}")
        return stream_csv("cash-on-delivery.csv", csv_export.generate_file(_generate_rows(rows.iterator(ROWS_PER_READ))))

    @admin.display(description="Parcel")
    def parcel_column(self, parcel: CashParcel) -> SafeString:
        url = reverse("admin:orders_order_change", args=[parcel.order_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, parcel.label)

    @admin.display(description="Carrier")
    def carrier_column(self, parcel: CashParcel) -> SafeString:
        return stack(get_carrier_name(parcel.carrier) or DASH, parcel.tracking_number)

    @admin.display(description="State")
    def state_column(self, parcel: CashParcel) -> SafeString:
        return stack(badges.parcel_badge(parcel), format_date(parcel.delivered_at) if parcel.delivered_at else "")

    @admin.display(description="Due")
    def due_column(self, parcel: CashParcel) -> str:
        return _format(parcel.cod_due_minor, parcel)

    @admin.display(description="Collected")
    def collected_column(self, parcel: CashParcel) -> str:
        return _format(parcel.cod_collected_minor, parcel)

    @admin.display(description="Short at door")
    def short_at_door_column(self, parcel: CashParcel) -> str:
        return _format(parcel.short_at_door_minor, parcel)

    @admin.display(description="Paid")
    def remitted_column(self, parcel: CashParcel) -> str:
        return _format(parcel.remitted_minor, parcel)

    @admin.display(description="Short by carrier")
    def short_by_carrier_column(self, parcel: CashParcel) -> str:
        return _format(parcel.short_by_carrier_minor, parcel)

    @admin.display(description="Open")
    def open_column(self, parcel: CashParcel) -> str:
        return _format(_get_open(parcel), parcel)


def _get_open(parcel: CashParcel) -> int:
    return parcel.cod_collected_minor - parcel.remitted_minor - parcel.short_by_carrier_minor


def _format(amount_minor: int, parcel: CashParcel) -> str:
    return format_minor(amount_minor, parcel.order.currency) if amount_minor else DASH


def format_minor(amount_minor: int, currency: str) -> str:
    """Return minor units for people, with the currency."""
    return money.format_price(money.to_major(amount_minor, currency), currency)


def _build_table(request: HttpRequest, changelist: Any) -> dict[str, Any] | None:
    """Return the table of carriers, in the period of the list; each number links to its parcels. None if there is nothing."""
    parcels, remittances = Shipment.objects.all(), Remittance.objects.all()
    kept = {}
    for spec in changelist.filter_specs:
        if isinstance(spec, PeriodFilter) and spec.value:
            parcels, remittances = spec.queryset(request, parcels), spec.queryset(request, remittances)
            kept = {spec.parameter: spec.value}
    balances = [row for row in balance.list_balances(parcels, remittances) if row.charges_minor or any(map(any, row.cash.values()))]
    if not balances:
        return None
    return {"headers": ["Carrier", *LABELS.values(), "Charges"], "rows": [_build_row(row, kept) for row in balances]}


def _build_row(row: balance.Balance, kept: dict[str, str]) -> list[str]:
    query = {"carrier": row.carrier or NO_CARRIER, "currency": row.currency, **kept}
    cells = [_build_cell(count, amount, row.currency, {**query, "cash": kind}) for kind, (count, amount) in row.cash.items()]
    name = f"{get_carrier_name(row.carrier) or 'No carrier'}, {row.currency}"
    return [name, *cells, format_minor(row.charges_minor, row.currency) if row.charges_minor else DASH]


def _build_cell(count: int, amount_minor: int, currency: str, query: dict[str, str]) -> str:
    if not count:
        return DASH
    url = f"{reverse('admin:orders_cashparcel_changelist')}?{urlencode(query)}"
    title = f"{count} {'parcel' if count == 1 else 'parcels'}"
    return format_html('<a class="text-link" href="{}" title="{}">{}</a>', url, title, format_minor(amount_minor, currency))


def _generate_rows(parcels: Iterable[CashParcel]) -> Iterator[list[Any]]:
    yield list(EXPORT_COLUMNS)
    for parcel in parcels:
        amounts = (
            *(parcel.cod_due_minor, parcel.cod_collected_minor, parcel.short_at_door_minor, parcel.remitted_minor),
            *(parcel.short_by_carrier_minor, _get_open(parcel)),
        )
        currency = parcel.order.currency
        delivered = parcel.delivered_at.isoformat() if parcel.delivered_at else ""
        names = [parcel.label, get_carrier_name(parcel.carrier), parcel.tracking_number, parcel.state, delivered, currency]
        yield [*names, *(money.format_minor(amount, currency) for amount in amounts)]
