"""The forms of the actions on customers and guests."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import User
from orders import blocked_contacts, customers
from orders.admin.order_forms import SubmissionMixin, VisibleTextField
from orders.fulfilment.notes import MAX_TEXT
from orders.models import MAX_BAN_REASON

MAX_CONTACTS = 20  # offered in one form
BLOCK, UNBLOCK = "orders.add_blockedcontact", "orders.delete_blockedcontact"


class CustomerActionForm(forms.Form):
    """The form of an action on a customer, or on a guest's newest order. The base class only asks for confirmation."""

    def __init__(self, subject: Any, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject, self.staff = subject, staff

    def notes(self) -> list[str]:
        """Return facts that help staff to decide."""
        return []

    def contacts(self) -> list[str]:
        """Return the chosen contacts."""
        chosen: list[str] = self.cleaned_data.get("contacts", [])
        return chosen

    def add_contacts(self, contacts: Sequence[str], label: str, *, are_chosen: bool = False, help_text: str = "") -> None:
        """Add a box for each of these contacts, if there are any."""
        if contacts:
            self.fields["contacts"] = forms.MultipleChoiceField(
                label=label,
                choices=[(contact, contact) for contact in contacts[:MAX_CONTACTS]],
                widget=forms.CheckboxSelectMultiple,
                initial=contacts[:MAX_CONTACTS] if are_chosen else [],
                required=are_chosen,
                help_text=help_text,
            )


class ReasonForm(CustomerActionForm):
    """The form of an action that needs a reason."""

    reason = VisibleTextField(max_length=MAX_BAN_REASON, help_text="Only staff can read it.")


class BanForm(ReasonForm):
    """Why an account is banned, and from which of its contacts no guest can order either."""

    def __init__(self, subject: User, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(subject, staff, *args, **kwargs)
        if staff.has_perm(BLOCK):
            contacts = blocked_contacts.list_account_contacts(subject.pk)
            blocked = blocked_contacts.find_blocked(contacts)
            self.add_contacts(
                [contact for contact in contacts if contact not in blocked],
                "Take no guest orders from",
                help_text="A banned account cannot sign in. With what you tick here, nobody can order as a guest either.",
            )


class BulkBanForm(ReasonForm):
    """Why several accounts are banned, and whether guests can go on ordering with their contacts."""

    block_contacts = forms.BooleanField(label="Take no guest orders from their e-mail addresses and phone numbers", required=False)

    def __init__(self, subject: Any, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(subject, staff, *args, **kwargs)
        if not staff.has_perm(BLOCK):
            del self.fields["block_contacts"]


class LiftBanForm(CustomerActionForm):
    """From which of the account's blocked contacts the shop takes orders again."""

    def __init__(self, subject: User, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(subject, staff, *args, **kwargs)
        if staff.has_perm(UNBLOCK):
            blocked = blocked_contacts.find_blocked(blocked_contacts.list_account_contacts(subject.pk))
            self.add_contacts(list(blocked), "Take orders again from")


class GuestBlockForm(ReasonForm):
    """Why the shop takes no more orders from a guest, and from which of their contacts."""

    def __init__(self, subject: Any, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(subject, staff, *args, **kwargs)
        self.add_contacts(
            [contact for contact in subject.contacts if contact not in subject.blocked],
            "Take no orders from",
            are_chosen=True,
            help_text="Accounts cannot order with them either.",
        )


class GuestUnblockForm(CustomerActionForm):
    """From which of a guest's contacts the shop takes orders again."""

    def __init__(self, subject: Any, staff: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(subject, staff, *args, **kwargs)
        self.add_contacts(list(subject.blocked), "Take orders again from", are_chosen=True)


class AccountNoteForm(SubmissionMixin, CustomerActionForm):
    """A note about the customer."""

    text = VisibleTextField(label="Note", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 5}))


class SessionForm(CustomerActionForm):
    """The session to end."""

    sid = forms.UUIDField(widget=forms.HiddenInput)


class CloseAccountForm(CustomerActionForm):
    """The confirmation that an account is to be closed, and what becomes of it."""

    confirmed = forms.BooleanField(label="The customer has asked for this, and I have checked that it was them")

    def notes(self) -> list[str]:
        """Return what is deleted and what stays."""
        unfinished = customers.count_unfinished_orders(self.subject.pk)
        notes = [
            "The account is deleted with its sessions, addresses, carts, wishlist and notes. This cannot be undone.",
            "Its orders stay in the books, without name, address, e-mail, phone and note.",
        ]
        if unfinished:
            notes.append(f"{unfinished} of them still to be finished keep their address until then.")
        return notes
