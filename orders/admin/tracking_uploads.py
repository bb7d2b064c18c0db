"""The upload of a file of tracking numbers: a preview of what it does, and the confirmation."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from core import csv_export
from core.admin import ModelAdmin, apply_widgets, format_time, get_staff_actor, stream_csv
from core.limits import MAX_FILE
from orders import address_rules, todo
from orders.admin import permissions
from orders.admin.columns import get_buyer
from orders.admin.parcel_columns import format_cash, format_next_cash
from orders.admin.parcel_forms import CarrierInput, CarrierSuggestionsMixin
from orders.carriers.links import get_carrier_name
from orders.fulfilment.tracking_files import applying, plans
from orders.fulfilment.tracking_files.files import COLUMNS, Problem, TrackingFile, TrackingRow, read_file
from orders.models import Order, Shipment
from orders.models.shipment import MAX_CARRIER
from orders.state.parcel_units import read_parcels
from products.importing.lists import read_upload
from products.importing.raw_rows import Unreadable

SALT = "tracking numbers"
CONFIRM_WITHIN = 24 * 60 * 60  # seconds
MAX_ROWS = 5_000  # in one upload; the page of the preview holds them all
ROWS_AT_ONCE = 500  # in one request, each of which takes some 20 statements
MAX_SHOWN = 200  # rows of each table
TOO_OLD = "The preview is too old. Please choose the file again."
CONTACTS = ("name", "phone", "line1", "line2", "city", "state", "postal_code", "country")
ROWS_PER_READ = 500


class UploadForm(CarrierSuggestionsMixin):
    """The file, and the carrier of the rows that name none."""

    file = forms.FileField(
        allow_empty_file=True,
        help_text=(
            f"CSV or Excel, at most {MAX_FILE // 1024**2} MB, with the columns order, carrier and tracking_number, or as carriers"
            " call them. Nothing is sent until you have seen the preview."
        ),
    )
    carrier = forms.CharField(
        required=False, max_length=MAX_CARRIER, widget=CarrierInput, help_text="of the rows that do not name one"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = TrackingFile()
        apply_widgets(self.fields)

    def clean(self) -> dict[str, Any]:
        """Read the file."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.content = read_upload(data["file"], lambda path: read_file(path, data["carrier"]))
                if len(self.content.rows) + len(self.content.problems) > MAX_ROWS:
                    self.add_error("file", f"The file has more than {MAX_ROWS:,} rows. Split it.")
            except Unreadable as error:
                self.add_error("file", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return data


@dataclass(slots=True)
class Upload:
    """The rows of a file that wait for their confirmation in the page that shows the preview, and what became of those before.

    Of the refused rows it has those that the page shows, so that the text stays small enough to be sent back.
    """

    rows: list[TrackingRow]
    refused: list[Problem] = field(default_factory=list)
    refused_count: int = 0
    sent: int = 0
    events: int = 0

    def dump(self) -> str:
        """Return it as a signed text."""
        rows = [list(asdict(replace(row, at=row.at and row.at.isoformat())).values()) for row in self.rows]  # type: ignore[arg-type]
        refused = [list(asdict(problem).values()) for problem in self.refused[:MAX_SHOWN]]
        return signing.dumps([rows, refused, self.refused_count, self.sent, self.events], salt=SALT, compress=True)


def load(text: str) -> Upload:
    """Return the rows in a signed text. Raises BadSignature."""
    rows, refused, refused_count, sent, events = signing.loads(text, salt=SALT, max_age=CONFIRM_WITHIN)
    read = [TrackingRow(*row) for row in rows]
    read = [replace(row, at=datetime.fromisoformat(str(row.at))) if row.at else row for row in read]  # a text by now
    return Upload(read, [Problem(*problem) for problem in refused], refused_count, sent, events)


class TrackingUploadAdmin(ModelAdmin[Shipment]):
    """The pages that upload tracking numbers, and the file to fill in."""

    def get_urls(self) -> list[URLPattern]:
        """Add upload and download."""
        views = (("upload/", self.upload_view, "upload"), ("template/", self.template_view, "template"))
        urls = [path(route, self.admin_site.admin_view(view), name=f"orders_shipment_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, the preview of a file, or do what the preview has shown."""
        if not self.has_view_permission(request) or not permissions.has_permission(request.user, permissions.SHIP):
            raise PermissionDenied
        if "upload" in request.POST:
            return self._confirm(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        context: dict[str, Any] = {}
        if form.is_valid():
            plan = plans.make_plan(form.content)
            rows = [ship.row for ship in plan.ships] + [event.row for event in plan.events]
            rows.sort(key=lambda row: row.number)
            context = {
                **_build_preview(plan),
                **_build_refused(plan.problems, len(plan.problems)),
                "is_preview": True,
                "upload": Upload(rows, plan.problems, len(plan.problems)).dump() if rows else "",
                "unread": ", ".join(form.content.unread),
                "empty": form.content.empty,
            }
        return self._render(request, {"form": form, **context})

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Do what the next rows say, and report; the page offers to go on with the others."""
        try:
            upload = load(request.POST["upload"])
        except signing.BadSignature:
            self.message_user(request, TOO_OLD, "warning")
            return redirect("admin:orders_shipment_upload")
        rows, rest = upload.rows[:ROWS_AT_ONCE], upload.rows[ROWS_AT_ONCE:]
        result = applying.apply_plan(get_staff_actor(request), plans.make_plan(TrackingFile(rows)))
        done = Upload(
            rest,
            sorted([*upload.refused, *result.refused], key=lambda problem: problem.number),
            upload.refused_count + len(result.refused),
            upload.sent + result.sent,
            upload.events + result.events,
        )
        context = {"done": done, "left": len(rest), "upload": done.dump() if rest else ""}
        context |= _build_refused(done.refused, done.refused_count)
        return self._render(request, {"form": UploadForm(), **context})

    def _render(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "Upload tracking numbers", "opts": self.opts, **context}
        return TemplateResponse(request, "admin/orders/shipment/upload.html", context)

    def template_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Download the orders and parcels to send, to fill in their tracking numbers; contacts take a permission of their own."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        with_contacts = permissions.has_permission(request.user, permissions.EXPORT)
        orders = todo.to_pack(Order.objects.order_by("pk")).prefetch_related("items", "payments", "shipments__lines")
        rows = _generate_rows(orders.iterator(ROWS_PER_READ), with_contacts=with_contacts)
        return stream_csv("tracking-numbers.csv", csv_export.generate_file(rows))


def _generate_rows(orders: Iterable[Order], *, with_contacts: bool) -> Iterator[list[Any]]:
    """Yield a header, and a row for each packed parcel, and for each order that has none."""
    contacts = CONTACTS if with_contacts else ()
    yield [*COLUMNS, "units", "cash_due", *contacts]
    for order in orders:
        parcels = read_parcels(order)
        address = {**address_rules.with_country_code(order.address), "name": order.name, "phone": order.phone}
        values = [address.get(name, "") for name in contacts]
        packed = [shipment for shipment in parcels.shipments if shipment.state == Shipment.State.PACKED]
        for shipment in packed:
            units = sum(line.quantity for line in shipment.lines.all())
            cash = format_cash(shipment, shipment.cod_due_minor) if shipment.cod_due_minor else ""
            yield [shipment.label, shipment.carrier, shipment.tracking_number, units, cash, *values]
        if not packed:
            yield [order.number, "", "", sum(parcels.list_to_pack().values()), format_next_cash(parcels), *values]


def _build_preview(plan: plans.Plan) -> dict[str, Any]:
    """Return what the page shows of what a file would do."""
    ships = [_describe_shipping(ship) for ship in plan.ships[:MAX_SHOWN]]
    events = [_describe_event(event) for event in plan.events[:MAX_SHOWN]]
    counts = (("to send", len(plan.ships)), ("reports", len(plan.events)), ("refused", len(plan.problems)))
    tables = (
        ("To send", ["Row", "Order or parcel", "Buyer", "Carrier", "Tracking number"], ships, len(plan.ships)),
        ("Reports of carriers", ["Row", "Parcel", "Report", "Time", "Cash"], events, len(plan.events)),
    )
    return {
        "counts": [{"label": label, "count": f"{count:,}"} for label, count in counts],
        "tables": [
            {"title": title, "table": {"headers": headers, "rows": rows}, "more": count - len(rows)}
            for title, headers, rows, count in tables
            if rows
        ],
    }


def _describe_shipping(ship: plans.ShipRow) -> list[str]:
    row = ship.row
    return [str(row.number), ship.label, get_buyer(ship.order), get_carrier_name(row.carrier) or "–", row.tracking_number]


def _describe_event(event: plans.EventRow) -> list[str]:
    cash = "" if event.collected_minor is None else format_cash(event.shipment, event.collected_minor)
    report = ": ".join(filter(None, (event.row.status.replace("_", " "), event.row.text)))
    time = format_time(event.row.at) if event.row.at else "now"
    return [str(event.row.number), event.shipment.label, report, time, cash or "–"]


def _build_refused(problems: list[Problem], count: int) -> dict[str, Any]:
    """Return what the page shows of refused rows, of which there are so many."""
    rows = [[str(problem.number), problem.subject or "–", problem.text] for problem in problems[:MAX_SHOWN]]
    return {
        "refused": {"headers": ["Row", "Order or number", "Why"], "rows": rows} if rows else None,
        "more_refused": count - len(rows),
    }
