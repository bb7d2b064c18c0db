"""Contacts from which the shop takes no orders: e-mail addresses in their normal form, and phone numbers in E.164."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import email_addresses
from accounts.exceptions import PhoneInvalid
from accounts.models import User
from core import admin_log, markets
from core.actors import Actor
from orders.contact_phones import find_order_e164
from orders.models import BlockedContact, Order

Kind = BlockedContact.Kind


def normalize_contact(text: str) -> str:
    """Return the contact in the form that is compared: an address if it contains "@", else a number.

    A number without a country code belongs to the default market. Raises EmailInvalid, PhoneInvalid.
    """
    if "@" in text:
        return email_addresses.normalize_email(text)
    number = find_order_e164(text, {}, markets.get_default_market().code)
    if not number:
        raise PhoneInvalid
    return number


@transaction.atomic
def block_contacts(actor: Actor, contacts: Collection[str], reason: str) -> int:
    """Take no more orders from these normalized contacts; return how many were not blocked before."""
    blocked = find_blocked(contacts)
    rows = [
        BlockedContact(kind=Kind.EMAIL if "@" in value else Kind.PHONE, value=value, reason=reason, created_by_id=actor.user_id)
        for value in sorted(set(contacts) - set(blocked) - {""})
    ]
    BlockedContact.objects.bulk_create(rows, ignore_conflicts=True)  # of two at the same time, the first one stays
    return len(rows)


def unblock_contacts(contacts: Iterable[str]) -> int:
    """Take orders from these normalized contacts again; return how many were blocked."""
    return BlockedContact.objects.filter(value__in=list_stored_values(contacts)).delete()[0]


def find_blocked(contacts: Collection[str]) -> dict[str, BlockedContact]:
    """Return the blocks of these normalized contacts, by contact; one statement."""
    found = BlockedContact.objects.filter(value__in=list_stored_values(contacts)).select_related("created_by")
    rows = {row.value: row for row in found}
    stored = ((contact, rows.get(value)) for contact in contacts for value in list_stored_values([contact]))
    return {contact: block for contact, block in stored if block is not None}


def list_stored_values(contacts: Iterable[str]) -> list[str]:
    """Return what the rows of these contacts may hold: the contact, or its hash under the secret key or a former one."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [
        value
        for contact in dict.fromkeys(contacts)
        if contact
        for value in (contact, *(_hash_contact(contact, key) for key in keys))
    ]


def list_account_contacts(user_id: int) -> list[str]:
    """Return the e-mail addresses and phone numbers of an account and of its orders, normalized; two statements."""
    rows = [
        *User.objects.filter(pk=user_id).values_list("email", "phone"),
        *Order.objects.filter(user=user_id).order_by().values_list("email", "phone_e164").distinct(),
    ]
    return list(dict.fromkeys(contact for row in rows for contact in row if contact))


def pseudonymize_contacts(contacts: Iterable[str]) -> None:
    """Replace blocked contacts of a closed account with keyed hashes, and remove the reasons and the texts in the admin's log.

    The shop may go on refusing their orders (GDPR, Articles 17(3)(e) and 6(1)(f)), but no longer knows whose they were.
    """
    values = set(contacts)
    admin_log.erase_texts(BlockedContact, object_repr__in=values)
    for block in BlockedContact.objects.filter(value__in=values, erased_at=None):
        block.value, block.reason, block.erased_at = _hash_contact(block.value, settings.SECRET_KEY), "", timezone.now()
        BlockedContact.objects.filter(value=block.value).delete()  # of an earlier account with this contact
        block.save(update_fields=["value", "reason", "erased_at"])


def _hash_contact(contact: str, key: str) -> str:
    return salted_hmac("orders.blocked_contacts", contact, secret=key, algorithm="sha256").hexdigest()
