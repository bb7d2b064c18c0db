"""The forms of the actions on orders that concern the buyer: address, notes, messages, e-mails."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts import phones
from accounts.exceptions import PhoneInvalid
from core.admin import format_time
from core.countries import find_country_code, get_country_name
from orders import address_forms
from orders.admin.order_forms import ActionForm, SubmissionForm, VisibleTextField
from orders.fulfilment import notes, resending
from orders.fulfilment.address_correction import EDITED_FIELDS, Recipient
from orders.models import MAX_ADDRESS_LENGTHS, Order

LABELS = {
    "name": "Name of the buyer",
    "phone": "Phone",
    "recipient_phone": "Phone of the recipient",
    "full_name": "Recipient",
    "line1": "Street and number",
    "line2": "Flat, floor or company",
    "country": "Country",
}


def get_labels(order: Order) -> dict[str, str]:
    """Return what staff call the contact details of an order and the parts of its address."""
    country = find_country_code(order.address.get("country", "")) or find_country_code(order.market)
    return {**LABELS, **address_forms.get_labels(country)}


class ContactPhoneField(forms.CharField):
    """A phone of a person, kept as written, without invisible characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=phones.MAX_CONTACT_LENGTH, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        """Return the phone. Raises ValidationError."""
        try:
            return phones.clean_contact(super().clean(value))
        except PhoneInvalid as error:
            raise ValidationError("Enter a phone number") from error


class RecipientForm(ActionForm):
    """The buyer's name and phone, the parts of the address, and whether to tell the buyer."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    name = VisibleTextField(label=LABELS["name"], max_length=200, required=False)
    phone = ContactPhoneField()

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        labels = get_labels(order)
        for name in EDITED_FIELDS:
            self.fields[name] = VisibleTextField(label=labels[name], max_length=MAX_ADDRESS_LENGTHS[name], required=False)
        if order.recipient_phone:
            self.fields["recipient_phone"] = ContactPhoneField(label=labels["recipient_phone"])
        if order.email:
            self.fields["notify"] = forms.BooleanField(label="Tell the buyer by e-mail", required=False)
        country_name = get_country_name(order.address.get("country", ""))
        self.initial = {**order.address, "country": country_name, "name": order.name, "phone": order.phone}
        self.initial |= {"recipient_phone": order.recipient_phone, "seen": order.version, "notify": True}

    def recipient(self) -> Recipient:
        """Return who gets the order, and where."""
        cleaned = self.cleaned_data
        address = {name: cleaned[name] for name in EDITED_FIELDS}
        own_phone = cleaned.get("recipient_phone") if "recipient_phone" in self.data else None
        return Recipient(cleaned["name"], cleaned["phone"], address, own_phone=own_phone)


class NoteForm(SubmissionForm):
    """A text about the order."""

    text = VisibleTextField(label="Note", max_length=notes.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 5}))


class MessageForm(SubmissionForm):
    """A text to the buyer."""

    text = VisibleTextField(label="Message", max_length=notes.MAX_TEXT, widget=forms.Textarea(attrs={"rows": 8}))

    def notes(self) -> list[str]:
        """Return where the message goes."""
        return [f"The message is sent to {self.order.email}. The greeting and signature are in the settings, under e-mail texts."]


class ResendForm(SubmissionForm):
    """One of the e-mails that were sent."""

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(order, *args, **kwargs)
        first_jobs = {repr(job.payload): job for job in resending.list_emails(order)}  # of each, the one that was sent first
        choices = [(job.pk, f"{resending.get_title(order, job)}, {format_time(job.created_at)}") for job in first_jobs.values()]
        self.fields["job"] = forms.TypedChoiceField(label="E-mail", coerce=int, choices=choices)

    def notes(self) -> list[str]:
        """Return where the e-mail goes, and which e-mails are on record."""
        return [f"It is sent to {self.order.email}, with today's text. E-mails of the last 7 days are on record."]
