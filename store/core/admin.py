"""What the apps' admin pages share, with Unfold's looks, and the page of the outbox."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest

from store.core.actors import Actor
from store.core.client_ip import client_ip
from store.core.models import Job

if TYPE_CHECKING:  # Unfold's classes are Django's with other templates and widgets; they carry no types
    from django.contrib.admin import ModelAdmin, TabularInline
else:
    from unfold.admin import ModelAdmin, TabularInline

__all__ = ["ModelAdmin", "ReadOnly", "TabularInline", "staff_actor"]


def staff_actor(request: HttpRequest) -> Actor:
    """Return who works in the admin."""
    return Actor(request.user.pk, client_ip(request), "staff")


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

    list_display = ("kind", "created_at", "run_at", "attempts", "done_at", "failed_at", "last_error")
    list_filter = ("kind", ("failed_at", admin.EmptyFieldListFilter), ("done_at", admin.EmptyFieldListFilter))
    search_fields = ("kind", "dedupe_key")
    date_hierarchy = "created_at"
    ordering = ("-id",)
