"""Import and export for staff: upload, check, preview, import in the background, report; the catalog as a file."""

from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import markets
from core.admin import ModelAdmin, ReadOnlyAdminMixin, apply_widgets, get_staff_actor, stream_csv
from products.admin import import_display
from products.importing import encodings, report, runs, uploads
from products.importing.sources import Unreadable
from products.models import MAX_MAPPING, ImportReportLine, ImportRun

Kind = ImportReportLine.Kind


class UploadForm(forms.Form):
    """The file to import, and how to read it."""

    file = forms.FileField(
        allow_empty_file=True,  # the service says that it is empty
        help_text=f"CSV, Excel or JSON, at most {uploads.MAX_SIZE // 1024**2} MB. Nothing changes until you have seen the preview.",
    )
    mapping = forms.CharField(
        label="Rename columns",
        required=False,
        max_length=MAX_MAPPING,
        help_text="if the file has other names for its columns: theirs=ours, such as Artikel=sku, Preis=price",
    )
    market = forms.ChoiceField(
        label="Market of the prices",
        required=False,
        help_text="if the file does not say the currency of its prices; a new product needs a price in the default market",
    )
    encoding = forms.ChoiceField(
        label="Encoding",
        required=False,
        choices=[("", "recognise it"), *encodings.TITLES.items()],
        help_text="if letters of a CSV file come out wrong",
    )
    allow_free = forms.BooleanField(
        label="Allow prices of 0",
        required=False,
        help_text="otherwise, rows that would set the price of a product to 0 are not imported",
    )
    deactivate_missing = forms.BooleanField(
        label="Deactivate products that are not in the file",
        required=False,
        help_text="for a file that contains the whole catalog; sellers' products stay as they are",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        market_field = cast(forms.ChoiceField, self.fields["market"])
        market_field.choices = [
            ("" if market.is_default else code, f"{market.currency}, market {code}{' (default)' if market.is_default else ''}")
            for code, market in markets.get_markets().items()
        ]
        apply_widgets(self.fields)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdminMixin, ModelAdmin[ImportRun]):
    """Imports: the form for a file, the history, and a page for each run."""

    list_display = ("name", "created_at", "user", "state_badge", "counts")
    list_select_related = ("user",)
    list_before_template = "admin/products/importrun/upload.html"
    ordering = ("-id",)

    @admin.display(description="State", ordering="state")
    def state_badge(self, run: ImportRun) -> SafeString:
        return import_display.render_state(run)

    @admin.display(description="Products")
    def counts(self, run: ImportRun) -> str:
        return import_display.describe_counts(run)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may import: an import adds and changes products."""
        return request.user.has_perms(("products.add_product", "products.change_product"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may import."""
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        """Return the runs without their previews, which only their own pages show."""
        return super().get_queryset(request).defer("preview")

    def get_urls(self) -> list[URLPattern]:
        """Add the upload, and the actions and data of a run's page."""
        views = (
            ("upload/", self.upload_view, "upload"),
            ("<int:pk>/progress/", self.progress_view, "progress"),
            ("<int:pk>/confirm/", require_POST(self.confirm_view), "confirm"),
            ("<int:pk>/cancel/", require_POST(self.cancel_view), "cancel"),
            ("<int:pk>/report/", self.report_view, "report"),
        )
        urls = [path(route, self.admin_site.admin_view(view), name=f"products_importrun_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the form for a file, and the imports so far."""
        return super().changelist_view(request, {"title": "Import", "upload_form": UploadForm(), **(extra_context or {})})

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Store a file and have it checked."""
        self._check_permission(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        if form.is_valid():
            file, options = form.cleaned_data.pop("file"), runs.UploadOptions(**form.cleaned_data)
            try:
                run = runs.upload_file(get_staff_actor(request), file, options)
                return redirect("admin:products_importrun_change", run.pk)
            except uploads.BadFile as error:
                form.add_error("file", str(error))
            except Unreadable as error:
                form.add_error("mapping", str(error))
        context = {**self.admin_site.each_context(request), "title": "Import", "upload_form": form, "opts": self.opts}
        return TemplateResponse(request, "admin/products/importrun/upload_page.html", context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show a run: its progress, the preview with the decision, or the result."""
        self._check_permission(request)
        run = self._get_run(object_id)
        has_result = run.state == ImportRun.State.CHECKED or run.has_been_confirmed
        context = {
            **self.admin_site.each_context(request),
            "title": import_display.get_title(run),
            "heading": run.name if run.is_in_progress else import_display.get_title(run),
            "opts": self.opts,
            "original": run,
            "run": run,
            "progress": import_display.get_progress(run),
            "facts": import_display.list_facts(run),
            "counts": import_display.list_counts(run) if has_result else [],
            "preview": import_display.build_preview_table(run) if run.state == ImportRun.State.CHECKED else None,
            "problems": import_display.build_report_table(run, (Kind.PROBLEM, Kind.PICTURE)),
            "notes": import_display.build_report_table(run, (Kind.NOTE,)),
            "problems_count": run.failed_count + run.failed_pictures_count,
        }
        return TemplateResponse(request, "admin/products/importrun/run.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the progress of a run, for the script of its page."""
        self._check_permission(request)
        return JsonResponse(asdict(import_display.get_progress(self._get_run(pk))))

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a checked file imported."""
        return self._perform(request, pk, runs.confirm_run)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Discard a file, or stop its import."""
        return self._perform(request, pk, runs.cancel_run)

    def report_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Download the complete report as a CSV file."""
        self._check_permission(request)
        lines = self._get_run(pk).report_lines.values_list(*report.CSV_COLUMNS)
        return stream_csv(f"import-{pk}-report.csv", report.generate_csv(lines.iterator(chunk_size=2000)))

    def _perform(self, request: HttpRequest, pk: int, action: Any) -> HttpResponse:
        self._check_permission(request)
        try:
            action(self._get_run(pk))
        except runs.WrongState:
            message = "The import has changed in the meantime. See its current state below"
            self.message_user(request, message, messages.WARNING)
        return redirect("admin:products_importrun_change", pk)

    def _check_permission(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _get_run(self, pk: int | str) -> ImportRun:
        if not str(pk).isdecimal():
            raise Http404
        return get_object_or_404(ImportRun.objects.select_related("user"), pk=pk)
