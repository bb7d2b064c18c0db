"""What the apps' admin pages share, with Unfold's looks, and the page of the outbox."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from unfold import widgets

from core import outbox
from core.actors import Actor
from core.exceptions import DomainError
from core.http.client_ip import client_ip
from core.models import Job

if TYPE_CHECKING:  # Unfold's classes are Django's with other templates and widgets; they carry no types
    from django.contrib.admin import ModelAdmin as ThemedAdmin
    from django.contrib.admin import TabularInline as ThemedInline
else:
    from unfold.admin import ModelAdmin as ThemedAdmin
    from unfold.admin import TabularInline as ThemedInline

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)
GOOD, BUSY, WARNING, BAD, PLAIN = "success", "info", "warning", "danger", "default"


def staff_actor(request: HttpRequest) -> Actor:
    """Return who works in the admin."""
    return Actor(request.user.pk, client_ip(request), "staff")


def badge(words: str, kind: str = PLAIN) -> SafeString:
    """Return words on a coloured ground; they say it without the colour too."""
    return mark_safe(render_to_string("unfold/helpers/label.html", {"text": words, "type": kind}).strip())  # noqa: S308 - a template's


def apply_widgets(fields: Mapping[str, forms.Field]) -> None:
    """Give fields that a form declares itself the looks of those that come of a model."""
    for field in fields.values():
        widget = field.widget
        if isinstance(widget, forms.FileInput) and not isinstance(widget, widgets.FileFieldMixin):
            field.widget = widgets.UnfoldAdminFileFieldWidget()
        elif type(widget) is forms.Select:
            field.widget = widgets.UnfoldAdminSelectWidget(widget.attrs, choices=widget.choices)
        elif not widget.is_hidden and not widget.attrs.get("class"):
            widget.attrs["class"] = " ".join(_classes_of(widget))


def _classes_of(widget: forms.Widget) -> list[str]:
    kinds: tuple[tuple[type[forms.Widget], list[str]], ...] = (
        (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
        (forms.Textarea, widgets.TEXTAREA_CLASSES),
        (forms.widgets.Input, widgets.INPUT_CLASSES),
    )
    return next((classes for kind, classes in kinds if isinstance(widget, kind)), [])


class ModelAdmin(ThemedAdmin[Row]):
    """Pages of a model."""

    list_per_page = 50

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **given: Any) -> Any:
        """Return the form with all of its fields dressed."""
        form = super().get_form(request, obj, change=change, **given)
        apply_widgets(form.base_fields)
        return form


class ServiceBackedAdmin(ThemedAdmin[Row]):
    """Pages that write through services, which may refuse."""

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **given: Any) -> Any:
        """Show the page, or save it; where the services refuse, nothing is saved and the page says why."""
        try:
            return super().changeform_view(request, object_id, *args, **given)
        except DomainError as refused:
            self.message_user(request, f"Not saved: {refused.message}", messages.ERROR)
            return redirect(request.get_full_path())


class TabularInline(ThemedInline[Row, Parent]):
    """Rows of a table on the page of what they belong to."""

    def get_formset(self, request: HttpRequest, obj: Any = None, **given: Any) -> Any:
        """Return the formset with all of its fields dressed."""
        formset = super().get_formset(request, obj, **given)
        apply_widgets(formset.form.base_fields)
        for name, field in formset.form.base_fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name))  # a table's head labels no control
        return formset


class ReadOnly(admin.options.BaseModelAdmin[Any]):
    """For what is a record: staff look at it, and nothing changes it here."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field as text; some cannot be edited even in principle."""
        return flatten_fieldsets(self.fieldsets) if self.fieldsets else (self.fields or super().get_readonly_fields(request, obj))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds to a record by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a record by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a record by hand."""
        return False


@admin.register(Job)
class JobAdmin(ReadOnly, ModelAdmin[Job]):
    """Background work: what is owed, done, and set aside after too many failures."""

    list_display = ("kind", "state", "created_at", "run_at", "attempts", "done_at", "failed_at", "last_error")
    list_filter = ("kind", ("failed_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    search_fields = ("kind", "dedupe_key")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    actions = ("try_again",)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Say whether the caller may: the row itself is a record, which nobody edits."""
        return request.user.has_perm("core.change_job")

    @admin.action(description="Try again what was given up", permissions=["try_again"])
    def try_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        """Owe the jobs that were given up anew, such as the mails of a week-end without a mail server."""
        count = outbox.try_again(jobs)
        self.message_user(request, f"{count} will be tried again." if count else "None of these was given up.", messages.INFO)

    @admin.display(description="State")
    def state(self, job: Job) -> SafeString:
        if job.done_at:
            return badge("done", GOOD)
        return badge("given up", BAD) if job.failed_at else badge("tried again", WARNING) if job.attempts else badge("owed")
