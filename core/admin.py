"""Base classes of the apps' admin pages, styled with Unfold, and the admin page of the outbox."""

import re
from collections.abc import Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from unfold import widgets

from core import outbox
from core.actors import Actor
from core.admin_filters import PeriodFilter
from core.admin_relations import RelationsMixin
from core.exceptions import DomainError
from core.http.client_ip import get_client_ip
from core.models import Job
from core.secret_columns import has_secret

if TYPE_CHECKING:  # Unfold's classes are Django's with other templates and widgets; they have no type hints
    from django.contrib.admin import ModelAdmin as ThemedAdmin
    from django.contrib.admin import TabularInline as ThemedInline
    from django.core.paginator import Paginator as UncountedPaginator
else:
    from unfold.admin import ModelAdmin as ThemedAdmin
    from unfold.admin import TabularInline as ThemedInline
    from unfold.paginator import InfinitePaginator as UncountedPaginator

__all__ = ["UncountedPaginator"]  # the others are defined here

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)
YEAR_LOOKUP = re.compile(r"__(?:iso_)?year(?:__|$)")
SUCCESS, INFO, WARNING, DANGER, NEUTRAL = "success", "info", "warning", "danger", "default"


def get_staff_actor(request: HttpRequest) -> Actor:
    """Return the actor of a request in the admin."""
    return Actor(request.user.pk, get_client_ip(request), "staff")


def format_time(at: datetime) -> str:
    """Return a time as people read it, in the shop's time zone."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def format_date(at: datetime) -> str:
    """Return the day of a time, in the shop's time zone."""
    return date_format(timezone.localtime(at), "DATE_FORMAT")


def render_badge(text: str, kind: str = NEUTRAL) -> SafeString:
    """Return the text as a coloured label; the text must be clear without the colour."""
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": text, "type": kind}).strip())  # noqa: S308 - rendered by a template


def stream_csv(name: str, content: Iterable[bytes]) -> StreamingHttpResponse:
    """Return the download of a CSV file."""
    return stream_file(name, "text/csv; charset=utf-8", content)


def stream_file(name: str, content_type: str, content: Iterable[bytes]) -> StreamingHttpResponse:
    """Return the download of a file that is generated while it is sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)


def apply_widgets(fields: Mapping[str, forms.Field]) -> None:
    """Give fields declared on a form the same Unfold widgets as model fields."""
    for field in fields.values():
        widget = field.widget
        if isinstance(widget, forms.FileInput) and not isinstance(widget, widgets.FileFieldMixin):
            field.widget = widgets.UnfoldAdminFileFieldWidget()
        elif type(widget) is forms.CheckboxSelectMultiple:
            field.widget = widgets.UnfoldAdminCheckboxSelectMultipleWidget(choices=widget.choices)
        elif type(widget) is forms.Select:
            field.widget = widgets.UnfoldAdminSelectWidget(widget.attrs, choices=widget.choices)
        elif not widget.is_hidden and not widget.attrs.get("class") and not isinstance(widget, forms.MultiWidget):
            widget.attrs["class"] = " ".join(_get_css_classes(widget))  # the parts of a MultiWidget have theirs


def _get_css_classes(widget: forms.Widget) -> list[str]:
    classes_by_widget: tuple[tuple[type[forms.Widget], list[str]], ...] = (
        (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
        (forms.Textarea, widgets.TEXTAREA_CLASSES),
        (forms.widgets.Input, widgets.INPUT_CLASSES),
    )
    return next((classes for widget_type, classes in classes_by_widget if isinstance(widget, widget_type)), [])


class ForgivingChangeList(ChangeList):
    """A list whose filters may come from a mistyped address.

    A value that a column cannot hold (year 0, 10^20) shows Django's page for wrong filters, not an error.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        """Read the filters from the address; Django's own reading of the date hierarchy misses a year beyond any integer."""
        if _has_impossible_year(request.GET):
            raise IncorrectLookupParameters
        try:
            return super().get_filters(request)
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        """Run the queries, and refuse a value that a column cannot hold."""
        try:
            self.run_queries(request)
        except (OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error

    def run_queries(self, request: HttpRequest) -> None:
        """Run the queries."""
        super().get_results(request)


def _has_impossible_year(query: QueryDict) -> bool:
    """Return whether a filter names a year that no date has; the database layer fails on it with a bare ValueError."""
    values = ",".join(value for name, values in query.lists() if YEAR_LOOKUP.search(name) for value in values)
    return any(not MINYEAR <= int(year) <= MAXYEAR for year in re.findall(r"-?[0-9]{1,20}", values))


def _can_be_key(key: Field[Any, Any], value: Any) -> bool:
    """Return whether the value can be the key of a row, whether or not the row exists."""
    try:
        key.run_validators(key.to_python(value))
    except ValidationError:
        return False
    return True


class ModelAdmin(RelationsMixin, ThemedAdmin[Row]):
    """Base class for the admin of a model."""

    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return ForgivingChangeList

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """Run the action of a list; do nothing if a selected row has a key that none can have."""
        if all(_can_be_key(self.opts.pk, value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().response_action(request, queryset, *args, **kwargs)
        self.message_user(request, "Nothing was changed: an unknown row was selected.", messages.WARNING)
        return None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the initial values in the address of an empty form, without references to rows that cannot exist."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        relations = {field.name: field for field in self.opts.concrete_fields if isinstance(field, ForeignKey)}
        return {
            name: value
            for name, value in initial.items()
            if name not in relations or _can_be_key(relations[name].target_field, value)
        }

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form with Unfold widgets on all fields."""
        form = super().get_form(request, obj, change=change, **kwargs)
        apply_widgets(form.base_fields)
        return form

    def label_choices(self, rows: Iterable[Row]) -> dict[Any, str]:
        """Return the texts by which autocomplete fields show these rows, by primary key."""
        return {row.pk: str(row) for row in rows}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters by secret columns in the query string, which Django allows for columns of the listed model."""
        return not has_secret(lookup) and super().lookup_allowed(lookup, value, request)


class ServiceBackedAdmin(ThemedAdmin[Row]):
    """Base class for admins that save through services, which may raise DomainError."""

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Show or save the form. If a service refuses, nothing is saved and the page shows the reason."""
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, f"Not saved: {error.message}", messages.ERROR)
            return redirect(request.get_full_path())


class TabularInline(RelationsMixin, ThemedInline[Row, Parent]):
    """Base class for table inlines on the page of their parent."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset with Unfold widgets on all fields."""
        formset = super().get_formset(request, obj, **kwargs)
        apply_widgets(formset.form.base_fields)
        for name, field in formset.form.base_fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name))  # a column header does not label the control
        return formset


class ReadOnlyAdminMixin(admin.options.BaseModelAdmin[Any]):
    """For records that staff may view but not change."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field as text, including those that are not editable at all."""
        declared = flatten_fieldsets(self.fieldsets) if self.fieldsets else (self.fields or ())
        return (*declared, *super().get_readonly_fields(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records are never added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records are never changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records are never deleted by hand."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdminMixin, ModelAdmin[Job]):
    """Background jobs: pending, done, and failed after too many attempts."""

    list_display = ("kind", "state", "created_at", "run_at", "attempts", "done_at", "failed_at", "last_error")
    list_filter = (
        "kind",
        ("created_at", PeriodFilter),
        ("failed_at", admin.EmptyFieldListFilter),
        ("done_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("kind", "dedupe_key")
    ordering = ("-id",)
    actions = ("try_again",)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may retry jobs, although the row itself is read-only."""
        return request.user.has_perm("core.change_job")

    @admin.action(description="Retry failed jobs", permissions=["try_again"])
    def try_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Queue failed jobs again, for example e-mails after a weekend without a mail server."""
        count = outbox.retry_failed(jobs)
        self.message_user(request, f"{count} job(s) will be retried." if count else "None of these jobs has failed.", messages.INFO)

    @admin.display(description="State")
    def state(self, job: Job) -> SafeString:
        if job.done_at:
            return render_badge("done", SUCCESS)
        if job.failed_at:
            return render_badge("failed", DANGER)
        return render_badge("retrying", WARNING) if job.attempts else render_badge("pending")
