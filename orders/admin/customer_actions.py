"""Actions that staff perform on customers and guests: each has a form page and calls a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts import erasure, passwords, services, sessions
from accounts.api.access import get_client_info
from accounts.models import User
from core.admin import ForgivingChangeList, ModelAdmin, apply_widgets, get_staff_actor
from core.exceptions import DomainError
from orders import bans, blocked_contacts
from orders.admin import customer_forms as forms
from orders.models import Order

Subject = TypeVar("Subject", bound=Model)


@dataclass(frozen=True, slots=True)
class CustomerAction:
    """An action that staff with a permission can perform on a customer or a guest."""

    label: str
    handler: Callable[[HttpRequest, Any, Any], str]
    permission: str
    is_allowed: Callable[[Any], bool] = lambda subject: True
    form: type[forms.CustomerActionForm] = forms.CustomerActionForm
    help_text: str = ""
    is_button: bool = True
    leaves: bool = False  # for the list, because the page is gone

    def is_offered(self, staff: Any, subject: Any) -> bool:
        """Return whether this member of staff can perform the action now."""
        return bool(staff.has_perm(self.permission)) and self.is_allowed(subject)


def _ban(request: HttpRequest, user: User, form: forms.BanForm) -> str:
    reason, client = form.cleaned_data["reason"], get_client_info(request)
    bans.ban_customer(get_staff_actor(request), user, client, reason=reason, contacts=form.contacts())
    return "The account is banned and signed out everywhere."


def _lift_ban(request: HttpRequest, user: User, form: forms.LiftBanForm) -> str:
    bans.lift_ban(get_staff_actor(request), user, get_client_info(request), contacts=form.contacts())
    return "The ban is lifted. The customer can sign in again."


def _add_note(request: HttpRequest, user: User, form: forms.AccountNoteForm) -> str:
    services.add_note(user, form.cleaned_data["text"], request.user.pk, submission=form.submission_id())
    return "The note is saved."


def _sign_out(request: HttpRequest, user: User, form: forms.CustomerActionForm) -> str:
    ended = services.end_sessions_by_staff(user, get_client_info(request), request.user.pk)
    return f"{ended} session(s) ended."


def _send_reset(request: HttpRequest, user: User, form: forms.CustomerActionForm) -> str:
    passwords.request_reset_by_staff(user, get_client_info(request), request.user.pk)
    return f"The e-mail is on its way to {user.email}."


def _end_session(request: HttpRequest, user: User, form: forms.SessionForm) -> str:
    sessions.end_session_by_staff(user.pk, form.cleaned_data["sid"], get_client_info(request), request.user.pk)
    return "The session is ended."


def _close_account(request: HttpRequest, user: User, form: forms.CloseAccountForm) -> str:
    erasure.erase_account_by_staff(user, request.user.pk)
    return "The account is closed."


def _block_guest(request: HttpRequest, order: Order, form: forms.GuestBlockForm) -> str:
    blocked_contacts.block_contacts(get_staff_actor(request), form.contacts(), form.cleaned_data["reason"])
    return f"The shop takes no more orders from {' and '.join(form.contacts())}."


def _unblock_guest(request: HttpRequest, order: Order, form: forms.GuestUnblockForm) -> str:
    blocked_contacts.unblock_contacts(form.contacts())
    return f"The shop takes orders from {' and '.join(form.contacts())} again."


def _can_block(guest: Any) -> bool:
    return len(guest.blocked) < len(guest.contacts)


CHANGE = "accounts.change_customer"
OF_CUSTOMERS = {
    "note": CustomerAction("Add a note", _add_note, CHANGE, form=forms.AccountNoteForm, help_text="Only staff can read it."),
    "reset": CustomerAction(
        *("Send a password reset e-mail", _send_reset, CHANGE, lambda user: bool(user.email) and user.is_active),
        help_text="The customer chooses a new password with the link in it. Staff never learn a password.",
    ),
    "sign_out": CustomerAction("Sign out everywhere", _sign_out, CHANGE, help_text="Every session of the account ends."),
    "ban": CustomerAction("Ban", _ban, CHANGE, lambda user: user.is_active, forms.BanForm),
    "lift": CustomerAction("Lift the ban", _lift_ban, CHANGE, lambda user: not user.is_active, forms.LiftBanForm),
    "close": CustomerAction(
        "Close the account",
        _close_account,
        "accounts.delete_customer",
        lambda user: not user.is_seller,
        forms.CloseAccountForm,
        leaves=True,
    ),
    "end_session": CustomerAction("End the session", _end_session, CHANGE, form=forms.SessionForm, is_button=False),
}
OF_GUESTS = {
    "block": CustomerAction("Take no more orders", _block_guest, forms.BLOCK, _can_block, forms.GuestBlockForm),
    "unblock": CustomerAction(
        "Take orders again", _unblock_guest, forms.UNBLOCK, lambda guest: guest.is_blocked, forms.GuestUnblockForm
    ),
}


class SummarizedList(ForgivingChangeList):
    """A list whose page of rows is completed with what `add_summaries` reads for all of them at once."""

    def run_queries(self, request: HttpRequest) -> None:
        """Run the queries of the list, and complete its rows."""
        super().run_queries(request)
        rows = list(self.result_list)
        pages: Any = self.model_admin
        pages.add_summaries(request, rows)
        self.result_list = rows


class CustomerActionsAdmin(ModelAdmin[Subject]):
    """The pages of actions on a customer or guest."""

    customer_actions: Mapping[str, CustomerAction]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the actions."""
        view = self.admin_site.admin_view(self.action_view)
        return [path("<int:pk>/action/<str:name>/", view, name=f"{self._get_url_name()}_action"), *super().get_urls()]

    def list_buttons(self, request: HttpRequest, subject: Subject) -> list[tuple[str, str]]:
        """Return the address and the label of each action that this user can perform now."""
        return [
            (reverse(f"admin:{self._get_url_name()}_action", args=[subject.pk, name]), action.label)
            for name, action in self.customer_actions.items()
            if action.is_button and action.is_offered(request.user, subject)
        ]

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form of an action, and perform the action when the form is submitted."""
        action = self.customer_actions.get(name)
        if action is None:
            raise Http404
        if not self.has_view_permission(request) or not request.user.has_perm(action.permission):
            raise PermissionDenied
        subject = self.get_object(request, str(pk))
        if subject is None:
            raise Http404
        page = reverse(f"admin:{self._get_url_name()}_change", args=[pk])
        if not action.is_allowed(subject):
            self.message_user(request, f"{action.label}: this is not possible now.", messages.WARNING)
            return redirect(page)
        form = action.form(subject, request.user, request.POST if request.method == "POST" else None, initial=request.GET.dict())
        apply_widgets(form.fields)
        if request.method == "POST" and form.is_valid():
            try:
                message = action.handler(request, subject, form)
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                self.message_user(request, message, messages.SUCCESS)
                return redirect(f"admin:{self._get_url_name()}_changelist") if action.leaves else redirect(page)
        return self.render_action(request, action, form, title=f"{action.label}: {self.describe(subject)}", back_url=page)

    def render_action(
        self, request: HttpRequest, action: CustomerAction, form: forms.CustomerActionForm, *, title: str, back_url: str
    ) -> HttpResponse:
        """Show the page of an action."""
        context = {
            **self.admin_site.each_context(request),
            "action": action,
            "form": form,
            "title": title,
            "opts": self.opts,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/orders/customer_action.html", context)

    def describe(self, subject: Subject) -> str:
        """Return the name of a customer or guest, for titles."""
        return str(subject)

    def _get_url_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"
