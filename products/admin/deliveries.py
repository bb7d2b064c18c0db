"""Deliveries: the page that receives one, with its preview, and the history."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from core.admin import ModelAdmin, ReadOnlyAdminMixin, apply_widgets, get_staff_actor
from core.admin_filters import PeriodFilter
from core.exceptions import DomainError
from core.limits import MAX_FILE
from products.importing import delivery_lines
from products.importing.delivery_lines import CheckedDelivery, DeliveryLine, ExpectedLevel
from products.importing.raw_rows import Unreadable
from products.models import MAX_REFERENCE, Delivery
from products.services import deliveries

MAX_PROBLEMS = 50  # that are named on the page


class DeliveryForm(forms.Form):
    """What came in, typed, pasted, scanned or in a file."""

    page = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    reference = forms.CharField(
        max_length=MAX_REFERENCE, help_text="such as the number of the delivery note; each stock movement has it"
    )
    lines = forms.CharField(
        label="SKUs and units",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="an SKU and the number of units in each line, such as LAMP-1, 12; you can paste from a spreadsheet",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        allow_empty_file=True,
        help_text=f"CSV with SKU and quantity, or Excel with these column names; at most {MAX_FILE // 1024**2} MB",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parsed: list[DeliveryLine] = []
        apply_widgets(self.fields)

    def clean(self) -> dict[str, Any]:
        """Read the lines, first those of the text."""
        data = super().clean() or self.cleaned_data
        try:
            self.parsed = delivery_lines.parse_text(data.get("lines") or "")
        except Unreadable as error:
            self.add_error("lines", str(error))
        file = data.get("file")
        if file is not None:
            self._read_file(file)
        if not self.parsed and not self.errors:
            self.add_error("lines", "Enter at least one SKU")
        return data

    def _read_file(self, file: Any) -> None:
        if file.size > MAX_FILE:
            self.add_error("file", f"The file is larger than {MAX_FILE // 1024**2} MB")
            return
        try:
            self.parsed += delivery_lines.read_file(file.read(), file.name)
        except Unreadable as error:
            self.add_error("file", str(error))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdminMixin, ModelAdmin[Delivery]):
    """Deliveries, newest first, and the page that receives one."""

    list_display = ("reference", "received_at", "skus", "units", "user")
    list_select_related = ("user",)
    list_filter = (("received_at", PeriodFilter),)
    search_fields = ("reference",)
    show_full_result_count = False
    fields = ("reference", "received_at", "skus", "units", "user", "movements")

    @admin.display(description="Stock movements")
    def movements(self, delivery: Delivery) -> SafeString:
        url = f"{reverse('admin:products_stockmovement_changelist')}?{urlencode({'q': delivery.reference})}"
        return format_html('<a class="text-link" href="{}">Movements with this reference</a>', url)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may see what came in."""
        return request.user.has_perm("products.view_stockmovement") or self.has_add_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may see what came in."""
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change the stock."""
        return request.user.has_perm("products.change_stockofvariant")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the form, the preview of the new levels, or receive the delivery that the preview has shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DeliveryForm(request.POST, request.FILES) if request.method == "POST" else DeliveryForm()
        checked = None
        if form.is_valid():
            checked = delivery_lines.check_lines(form.parsed)
            if "receive" in request.POST and self._was_previewed(request, form, checked):
                response = self._receive(request, form, checked)
                if response is not None:
                    return response
        context = {
            **self.admin_site.each_context(request),
            "title": "Receive a delivery",
            "form": _refill(form) if checked is not None else form,
            "opts": self.opts,
            "media": self.media + form.media,
            "checked": checked,
            **(_build_preview(form, checked) if checked is not None else {}),
        }
        return TemplateResponse(request, "admin/products/delivery/receive.html", context)

    def _was_previewed(self, request: HttpRequest, form: DeliveryForm, checked: CheckedDelivery) -> bool:
        """Return whether the preview has shown these units; say so if it has shown others."""
        is_same = request.POST.get("previewed") == _digest(form, checked)
        if not is_same:
            self.message_user(request, "The lines have changed since the preview. Please check them again.", messages.WARNING)
        return is_same and not checked.problems

    def _receive(self, request: HttpRequest, form: DeliveryForm, checked: CheckedDelivery) -> HttpResponse | None:
        """Add the units. Return the way to the list, or None if it was refused: the form says why."""
        reference = form.cleaned_data["reference"]
        try:
            is_new = deliveries.receive(get_staff_actor(request), form.cleaned_data["page"], checked.units, reference=reference)
        except DomainError as error:
            form.add_error(None, error.message)
            return None
        total = f"{_count(len(checked.levels), 'SKU')}, {_count(sum(checked.units.values()), 'unit')}"
        if is_new:
            self.message_user(request, f"{reference}: {total} received.", messages.SUCCESS)
        else:
            self.message_user(request, "This delivery was received before. Nothing was added a second time.", messages.WARNING)
        return redirect("admin:products_delivery_changelist")


def _digest(form: DeliveryForm, checked: CheckedDelivery) -> str:
    """Return a digest of what a delivery would write, whatever the stock is."""
    return sha256(repr((form.cleaned_data["reference"], sorted(checked.units.items()))).encode()).hexdigest()


def _refill(form: DeliveryForm) -> DeliveryForm:
    """Return the form with the lines of the file in its text, where they can be corrected."""
    data = {**form.data.dict(), "lines": delivery_lines.format_lines(form.parsed)}  # type: ignore[attr-defined]  # a QueryDict
    refilled = DeliveryForm(data)
    refilled.errors.update({name: errors for name, errors in form.errors.items() if name != "lines"})
    return refilled


def _build_preview(form: DeliveryForm, checked: CheckedDelivery) -> dict[str, Any]:
    """Return what the page shows of a checked delivery."""
    rows = [_build_row(level) for level in checked.levels]
    earlier = Delivery.objects.filter(reference=form.cleaned_data["reference"]).exclude(pk=form.cleaned_data["page"]).first()
    return {
        "table": {"headers": ["Product", "SKU", "Units", "On hand", ""], "rows": rows},
        "digest": _digest(form, checked),
        "problems": checked.problems[:MAX_PROBLEMS],
        "other_problems": max(len(checked.problems) - MAX_PROBLEMS, 0),
        "total": f"{_count(len(checked.levels), 'SKU')}, {_count(sum(checked.units.values()), 'unit')}",
        "earlier": date_format(timezone.localtime(earlier.received_at), "DATETIME_FORMAT") if earlier is not None else "",
    }


def _build_row(level: ExpectedLevel) -> list[str]:
    variant = level.variant
    name = f"{variant.product.name}, {variant.name}" if variant.name else variant.product.name
    return [name, variant.sku, f"+{level.units:,}", f"{variant.stock:,} → {level.new_level:,}", _describe_sum(level.places)]


def _describe_sum(places: list[str]) -> str:
    return f"sum of {' and '.join(places)}" if len(places) > 1 else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
