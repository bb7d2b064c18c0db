"""The admin pages of the contacts from which the shop takes no orders."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.exceptions import EmailInvalid, PhoneInvalid
from core.admin import ModelAdmin, get_staff_actor
from orders import blocked_contacts
from orders.admin.columns import DASH
from orders.admin.order_forms import VisibleTextField
from orders.models import MAX_BAN_REASON, BlockedContact


class BlockedContactForm(forms.ModelForm[BlockedContact]):
    """A contact to block, and why."""

    contact = forms.CharField(max_length=254, help_text="An e-mail address, or a phone number with its country code.")
    reason = VisibleTextField(max_length=MAX_BAN_REASON, help_text="Only staff can read it.")

    class Meta:
        model = BlockedContact
        fields: tuple[str, ...] = ()

    def clean_contact(self) -> str:
        """Normalize the contact, and refuse one that is blocked already."""
        try:
            contact = blocked_contacts.normalize_contact(self.cleaned_data["contact"])
        except EmailInvalid as error:
            raise forms.ValidationError(error.message) from None
        except PhoneInvalid:
            raise forms.ValidationError("Enter an e-mail address, or a phone number with its country code") from None
        if blocked_contacts.find_blocked([contact]):
            raise forms.ValidationError(f"{contact} is blocked already")
        return contact


@admin.register(BlockedContact)
class BlockedContactAdmin(ModelAdmin[BlockedContact]):
    """E-mail addresses and phone numbers from which the shop takes no orders; to unblock one is to delete its row."""

    form = BlockedContactForm
    list_display = ("__str__", "kind", "reason", "created_by", "created_at")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    search_fields = ("value", "reason")
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("unblock",)
    readonly_fields = ("kind", "value_column", "reason", "created_by", "created_at")
    add_fields = ("contact", "reason")

    def get_fields(self, request: HttpRequest, obj: BlockedContact | None = None) -> Any:
        """Show a row, or ask for a new one."""
        return self.add_fields if obj is None else self.readonly_fields

    def get_readonly_fields(self, request: HttpRequest, obj: BlockedContact | None = None) -> Any:
        """Return the fields that are shown as text."""
        return () if obj is None else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are added and deleted, never changed."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BlockedContact], search_term: str
    ) -> tuple[QuerySet[BlockedContact], bool]:
        """Also find a contact in any writing, and one of a closed account, of which the shop has only a hash."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        try:
            values = blocked_contacts.list_stored_values([blocked_contacts.normalize_contact(search_term)])
        except (EmailInvalid, PhoneInvalid):
            return found, may_have_duplicates
        return found | queryset.filter(value__in=values), may_have_duplicates

    def save_model(self, request: HttpRequest, obj: BlockedContact, form: Any, change: bool) -> None:
        """Block the contact."""
        contact = form.cleaned_data["contact"]
        blocked_contacts.block_contacts(get_staff_actor(request), [contact], form.cleaned_data["reason"])
        obj.pk = BlockedContact.objects.get(value=contact).pk
        obj.refresh_from_db()

    @admin.display(description="Contact")
    def value_column(self, contact: BlockedContact) -> str:
        return str(contact) or DASH

    @admin.action(description="Take orders again", permissions=["delete"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[BlockedContact]) -> None:
        """Take orders from the selected contacts again."""
        count = queryset.delete()[0]
        self.message_user(request, f"{count} contact(s) unblocked.", messages.SUCCESS)
