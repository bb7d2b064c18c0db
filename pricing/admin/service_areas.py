"""The pages of service areas: list, single areas, upload with a preview, and download."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from core import csv_export, markets
from core.admin import ModelAdmin, stream_csv
from core.admin_filters import MarketFilter
from core.countries import get_market_country, list_countries
from core.postal_codes import normalize_postal_code
from pricing.admin import area_uploads
from pricing.admin.amounts import describe_market
from pricing.admin.area_uploads import MAX_SHOWN, Upload, UploadForm
from pricing.models import MAX_DAYS, PriceRules, ServiceArea
from pricing.service_areas import areas, cells
from pricing.service_areas.areas import AreasChanged, Changes, count_nameless
from products.importing.raw_rows import BadRow

ROWS_PER_READ = 2_000
MAX_NAMED = 100  # areas on the page that asks whether to delete them
CHANGED_MEANWHILE = "The areas have changed since the preview. Please look at it again."
LIMITED = "From now on, the market delivers only to service areas in {}. This is the first."
OPENED = "No service area is left in {}, so the market delivers to all postal codes there."
TOO_OLD = "The preview is too old. Please choose the file again."


class CountryFilter(admin.SimpleListFilter):
    """The areas in a country."""

    title = "country"
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the countries that have areas."""
        names = list_countries()
        derived = PriceRules.objects.values_list("delivery__area_countries", flat=True)
        codes = {code for row in derived for code in row or ()}
        return sorted(((code, names.get(code, code)) for code in codes), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the areas."""
        return queryset.filter(country=self.value()) if self.value() else queryset


class AreaForm(forms.ModelForm[ServiceArea]):
    """A single area."""

    market = forms.ChoiceField()
    country = forms.ChoiceField()
    postal_code = forms.CharField(max_length=40, help_text="with or without spaces and hyphens")

    class Meta:
        model = ServiceArea
        fields: tuple[str, ...] = ()  # the admin chooses them
        help_texts = {"carrier": "several carriers can serve a postal code; what any one of them offers is available"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "market": [(code, describe_market(market)) for code, market in markets.get_markets().items()],
            "country": list(list_countries().items()),
        }
        for name in choices.keys() & self.fields.keys():
            field: Any = self.fields[name]
            field.choices = choices[name]
        if self.instance.pk is None:
            self.initial.setdefault("country", get_market_country(markets.get_default_market()))

    def clean_days(self) -> int | None:
        """Refuse more days than lists of carriers may have."""
        days: int | None = self.cleaned_data["days"]
        if days is not None and days > MAX_DAYS:
            raise forms.ValidationError(f"Enter {MAX_DAYS} or less.")
        return days

    def clean(self) -> dict[str, Any]:
        """Check the postal code, which depends on the country."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "country" in data and "postal_code" in data:
            try:
                name = list_countries()[data["country"]]
                data["postal_code"] = cells.parse_postal_code(data["postal_code"], data["country"], name)
            except BadRow as error:
                self.add_error("postal_code", f"{str(error)[:1].upper()}{str(error)[1:]}.")
        if "carrier" in data:
            data["carrier"] = " ".join(data["carrier"].split())
        return data


@admin.register(ServiceArea)
class ServiceAreaAdmin(ModelAdmin[ServiceArea]):
    """Service areas. A market that has any in a country delivers only to these there."""

    form = AreaForm
    list_display = ("postal_code", "country", "market", "carrier", "prepaid", "cod", "days")
    list_filter = (("market", MarketFilter), CountryFilter, "carrier", "prepaid", "cod")
    list_before_template = "admin/pricing/servicearea/list_tools.html"
    search_fields = ("postal_code",)  # shows the search box
    search_help_text = "The beginning of a postal code"
    ordering = ("market", "country", "postal_code", "carrier")
    sortable_by = ()  # only this order has an index
    show_full_result_count = False
    fields = ("market", "country", "postal_code", "carrier", ("prepaid", "cod"), "days")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ServiceArea], search_term: str
    ) -> tuple[QuerySet[ServiceArea], bool]:
        """Find areas by the beginning of a postal code."""
        code = normalize_postal_code(search_term)
        return queryset.filter(postal_code__startswith=code) if code else queryset, False

    def get_urls(self) -> list[URLPattern]:
        """Add upload and download."""
        views = (("upload/", self.upload_view, "upload"), ("export/", self.export_view, "export"))
        urls = [path(route, self.admin_site.admin_view(view), name=f"pricing_servicearea_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list; its download has the same filters."""
        context = {"list_query": request.GET.urlencode(), "may_upload": self._may_upload(request)}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def _may_upload(self, request: HttpRequest) -> bool:
        """Return whether the user may do all that a list does."""
        return all(request.user.has_perm(f"pricing.{action}_servicearea") for action in ("add", "change", "delete"))

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form, the preview of a list, or write the list that the preview has shown."""
        if not self._may_upload(request):
            raise PermissionDenied
        if "upload" in request.POST:
            return self._confirm(request)
        form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
        context: dict[str, Any] = {}
        if form.is_valid():
            data = form.cleaned_data
            upload = Upload(markets.get_market(data["market"]), data["keep"], form.areas.services)
            problems = form.areas.problems
            context = {
                "problems": problems[:MAX_SHOWN],
                "more_problems": max(len(problems) - MAX_SHOWN, 0),
                "unread": ", ".join(form.areas.unread),
                "repeated": form.areas.repeated,
            }
            if not problems:
                context |= self._build_preview(upload)
        return self._render_upload(request, {"form": form, **context})

    def _build_preview(self, upload: Upload) -> dict[str, Any]:
        changes = areas.preview(upload.market, upload.services, keep=upload.keep)
        return {"upload": upload.dump(), "nameless": count_nameless(upload.services), **area_uploads.build_preview(changes)}

    def _confirm(self, request: HttpRequest) -> HttpResponse:
        """Write the list if it still changes what the preview has shown."""
        try:
            upload = area_uploads.load(request.POST["upload"])
        except BadSignature:
            self.message_user(request, TOO_OLD, messages.WARNING)
            return redirect("admin:pricing_servicearea_upload")
        try:
            changes = areas.replace(upload.market, upload.services, keep=upload.keep, digest=request.POST.get("digest", ""))
        except AreasChanged:
            self.message_user(request, CHANGED_MEANWHILE, messages.WARNING)
            return self._render_upload(request, {"form": UploadForm(), **self._build_preview(upload)})
        text = _describe(changes)
        self._log_upload(request, upload, text)
        self.message_user(request, f"Service areas: {text}.", messages.SUCCESS)
        return redirect("admin:pricing_servicearea_changelist")

    def _render_upload(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "Upload service areas", "opts": self.opts, **context}
        return TemplateResponse(request, "admin/pricing/servicearea/upload.html", context)

    def _log_upload(self, request: HttpRequest, upload: Upload, text: str) -> None:
        """Log the upload once, not each of its areas."""
        carriers = sorted({key.carrier for key in upload.services if key.carrier})
        LogEntry.objects.create(
            user_id=cast(int, request.user.pk),  # staff are signed in
            content_type=ContentType.objects.get_for_model(ServiceArea),
            object_repr=f"Service areas in market {upload.market.code}"[:200],
            action_flag=CHANGE,
            change_message=f"Uploaded a list of {', '.join(carriers) or 'areas'}: {text}.",
        )

    def export_view(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponseRedirect:
        """Download the areas that the list shows with the same filters; the list reports wrong filters."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"{reverse('admin:pricing_servicearea_changelist')}?{request.GET.urlencode()}")
        return stream_csv("service-areas.csv", csv_export.generate_file(_generate_rows(rows.iterator(ROWS_PER_READ))))

    def save_model(self, request: HttpRequest, obj: ServiceArea, form: Any, change: bool) -> None:
        """Save an area, and say so if it limits its country."""
        if areas.save(obj):
            text = LIMITED.format(list_countries()[obj.country])
            self.message_user(request, text, messages.WARNING)

    def get_deleted_objects(
        self, objs: Collection[ServiceArea] | QuerySet[ServiceArea], request: HttpRequest
    ) -> tuple[Any, Any, set[str], list[str]]:
        """Return what the page that asks whether to delete shows: the first areas, and their number."""
        count = len(objs)
        names = [str(area) for area in objs[:MAX_NAMED]]  # type: ignore[index]  # a list or a queryset
        more = [f"and {count - MAX_NAMED:,} more"] if count > MAX_NAMED else []
        return [*names, *more], {"service areas": count}, set(), []

    def delete_model(self, request: HttpRequest, obj: ServiceArea) -> None:
        """Delete an area."""
        self._delete(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ServiceArea]) -> None:
        """Delete the areas."""
        self._delete(request, queryset)

    def _delete(self, request: HttpRequest, rows: QuerySet[ServiceArea] | Collection[ServiceArea]) -> None:
        """Delete areas, and say so if their country is no longer limited."""
        names = list_countries()
        for country in areas.delete(rows):
            self.message_user(request, OPENED.format(names.get(country, country)), messages.WARNING)


def _describe(changes: Changes) -> str:
    numbers = {"added": len(changes.added), "changed": len(changes.changed), "removed": len(changes.removed)}
    return ", ".join(f"{number:,} {word}" for word, number in {**numbers, "unchanged": changes.unchanged}.items())


def _generate_rows(rows: Iterable[ServiceArea]) -> Iterator[list[Any]]:
    yield ["market", *areas.COLUMNS]
    for row in rows:
        flags = ["yes" if flag else "no" for flag in (row.prepaid, row.cod)]
        yield [row.market, row.country, f"{row.postal_code}", row.carrier, *flags, "" if row.days is None else row.days]
