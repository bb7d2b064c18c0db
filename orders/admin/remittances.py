"""The pages of remittances: list, rows, upload with a preview."""

from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import DANGER, SUCCESS, ModelAdmin, ReadOnlyAdminMixin, get_staff_actor, render_badge
from core.admin_filters import PeriodFilter
from core.exceptions import DomainError
from orders.admin import remittance_uploads
from orders.admin.cash import CashViewMixin, format_minor
from orders.admin.columns import DASH
from orders.admin.remittance_uploads import UploadForm
from orders.exceptions import RemittanceDiffers
from orders.models import Remittance, RemittanceLine
from orders.remittances import recording
from orders.remittances.results import Result

TOO_OLD = "The preview is too old. Please choose the file again."


class UnmatchedFilter(admin.SimpleListFilter):
    """The rows with a parcel, or those without."""

    title = "parcel"
    parameter_name = "parcel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("none", "Without a parcel"), ("found", "With a parcel")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the rows. Raises IncorrectLookupParameters for an unknown choice."""
        value = self.value()
        if value not in (None, "none", "found"):
            raise IncorrectLookupParameters
        return queryset if value is None else queryset.filter(shipment__isnull=value == "none")


@admin.register(Remittance)
class RemittanceAdmin(CashViewMixin, ReadOnlyAdminMixin, ModelAdmin[Remittance]):
    """What carriers have paid, each payment with its rows."""

    list_display = (
        "reference",
        "carrier",
        "created_at",
        "rows_column",
        "paid_column",
        "unmatched_column",
        "charges_column",
        "created_by",
    )
    list_filter = ("carrier", ("created_at", PeriodFilter))
    list_before_template = "admin/orders/remittance/list_tools.html"
    list_select_related = ("created_by",)
    search_fields = ("reference",)
    ordering = ("-id",)
    show_full_result_count = False
    fields = (
        ("carrier", "reference"),
        ("created_at", "created_by"),
        ("rows_column", "unmatched_column"),
        ("paid_column", "charges_column"),
    )
    actions = ("match_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Remittance]:
        """Return the remittances with their sums."""
        unmatched = Q(lines__shipment=None)
        rows: QuerySet[Remittance] = super().get_queryset(request)
        return rows.annotate(
            row_count=Count("lines"),
            unmatched_count=Count("lines", filter=unmatched),
            paid_sum=Sum("lines__paid_minor", default=0),
            unmatched_sum=Sum("lines__paid_minor", filter=unmatched, default=0),
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the upload."""
        return [path("upload/", self.admin_site.admin_view(self.upload_view), name="orders_remittance_upload"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, with the upload for those who may record payments."""
        return super().changelist_view(request, {**(extra_context or {}), "may_upload": self.has_refund_permission(request)})

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, the preview of a file, or record the file that the preview has shown."""
        if not (self.has_view_permission(request) and self.has_refund_permission(request)):
            raise PermissionDenied
        if "upload" in request.POST:
            return self._confirm(request)
        initial = {"carrier": request.GET.get("carrier", "")}
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm(initial=initial)
        context: dict[str, Any] = {}
        if form.is_valid() and form.draft is not None and form.sheet is not None and form.result is not None:
            context = remittance_uploads.build_preview(form.draft, form.sheet, form.result)
            context = {"upload": remittance_uploads.dump(form.draft), "preview": context}
        context |= {**self.admin_site.each_context(request), "title": "Upload a remittance", "opts": self.opts, "form": form}
        return TemplateResponse(request, "admin/orders/remittance/upload.html", context)

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Record the file; what has changed since its preview is looked at again under the locks."""
        try:
            draft = remittance_uploads.load(request.POST["upload"])
            result = recording.record(get_staff_actor(request), draft)
        except BadSignature:
            self.message_user(request, TOO_OLD, messages.WARNING)
            return redirect("admin:orders_remittance_upload")
        except RemittanceDiffers as error:
            self.message_user(request, f"Nothing was recorded: {error}.", messages.ERROR)
            return redirect("admin:orders_remittance_upload")
        remittance = Remittance.objects.get(carrier=draft.carrier, reference=draft.reference)
        if result.is_unchanged:
            self.message_user(request, "This remittance is recorded already, and nothing has changed.", messages.INFO)
        else:
            self.message_user(request, _describe(result), messages.WARNING if result.unmatched else messages.SUCCESS)
        return redirect(_build_rows_url(remittance.pk))

    @admin.action(description="Match rows without a parcel again", permissions=["refund"])
    def match_again(self, request: HttpRequest, remittances: QuerySet[Remittance]) -> None:
        """Look again for the parcels of rows without one."""
        for remittance in remittances.order_by("pk"):
            result = recording.match_again(get_staff_actor(request), remittance)
            self.message_user(request, f"{remittance}: {_describe(result)}", messages.INFO)

    @admin.display(description="Rows")
    def rows_column(self, remittance: Any) -> SafeString:
        return format_html('<a class="text-link" href="{}">{}</a>', _build_rows_url(remittance.pk), f"{remittance.row_count:,}")

    @admin.display(description="Paid")
    def paid_column(self, remittance: Any) -> str:
        return format_minor(remittance.paid_sum, remittance.currency)

    @admin.display(description="Without a parcel")
    def unmatched_column(self, remittance: Any) -> SafeString | str:
        if not remittance.unmatched_count:
            return DASH
        text = f"{remittance.unmatched_count:,} ({format_minor(remittance.unmatched_sum, remittance.currency)})"
        return format_html('<a class="text-link" href="{}">{}</a>', _build_rows_url(remittance.pk, parcel="none"), text)

    @admin.display(description="Charges", ordering="charges_minor")
    def charges_column(self, remittance: Remittance) -> str:
        return format_minor(remittance.charges_minor, remittance.currency) if remittance.charges_minor else DASH


@admin.register(RemittanceLine)
class RemittanceLineAdmin(CashViewMixin, ReadOnlyAdminMixin, ModelAdmin[RemittanceLine]):
    """The rows of remittances, those without a parcel first. The pages of remittances lead to them."""

    list_display = ("row", "remittance_column", "state_column", "parcel_column", "name_column", "paid_column", "problem")
    list_display_links = None
    list_filter = (UnmatchedFilter,)
    list_select_related = ("remittance", "shipment__order")
    search_fields = ("tracking_number", "order_number", "shipment__order__number")
    ordering = (Case(When(shipment=None, then=Value(0)), default=Value(1)).asc(), "-remittance", "row")
    sortable_by = ()
    show_full_result_count = False
    actions = ("match_again", "take_back")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Keep the rows out of the sidebar."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the rows of one remittance, to which its page leads."""
        return lookup == "remittance__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.action(description="Match again", permissions=["refund"])
    def match_again(self, request: HttpRequest, lines: QuerySet[RemittanceLine]) -> None:
        """Look again for the parcels of the selected rows."""
        rows = lines.select_related("remittance").order_by("remittance", "row")
        for remittance, group in groupby(rows, key=lambda line: line.remittance):
            result = recording.match_again(get_staff_actor(request), remittance, list(group))
            self.message_user(request, f"{remittance}: {_describe(result)}", messages.INFO)

    @admin.action(description="Take the payment back from its parcel", permissions=["refund"])
    def take_back(self, request: HttpRequest, lines: QuerySet[RemittanceLine]) -> None:
        """Take the selected rows back from their parcels: they were matched wrongly."""
        done, refused = 0, 0
        for line_id in lines.order_by("pk").values_list("pk", flat=True):
            try:
                recording.remove_line(get_staff_actor(request), line_id)
                done += 1
            except DomainError:
                refused += 1
        text = f"{done} taken back" + (f", {refused} had no parcel" if refused else "")
        self.message_user(request, f"{text}.", messages.WARNING if refused else messages.SUCCESS)

    @admin.display(description="Remittance")
    def remittance_column(self, line: RemittanceLine) -> str:
        return str(line.remittance)

    @admin.display(description="State")
    def state_column(self, line: RemittanceLine) -> SafeString:
        return render_badge("no parcel", DANGER) if line.shipment is None else render_badge("paid", SUCCESS)

    @admin.display(description="Parcel")
    def parcel_column(self, line: RemittanceLine) -> SafeString | str:
        if line.shipment is None:
            return DASH
        url = reverse("admin:orders_order_change", args=[line.shipment.order_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, line.shipment.label)

    @admin.display(description="In the file")
    def name_column(self, line: RemittanceLine) -> str:
        return ", ".join(filter(None, (line.tracking_number, line.order_number))) or DASH

    @admin.display(description="Paid")
    def paid_column(self, line: RemittanceLine) -> str:
        return DASH if line.paid_minor is None else format_minor(line.paid_minor, line.remittance.currency)


def _build_rows_url(remittance_id: int, parcel: str = "") -> str:
    query = f"?remittance__id__exact={remittance_id}{f'&parcel={parcel}' if parcel else ''}"
    return f"{reverse('admin:orders_remittanceline_changelist')}{query}"


def _describe(result: Result) -> str:
    text = f"Parcels paid: {len(result.matched)}, of them short: {len(result.short)}"
    return f"{text}; rows without a parcel: {len(result.unmatched)}."
