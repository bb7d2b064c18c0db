"""Closing an account: what is personal goes, and the orders stay without it."""

from django.db import OperationalError, transaction

from accounts import emails, events, passwords, signals
from accounts.client_info import NO_CLIENT, ClientInfo
from accounts.exceptions import AccountGone, StaffNotErased
from accounts.models import PhoneCode, User

TRIES = 3


def erase(user: User, proof: passwords.Proof, place: ClientInfo) -> None:
    """Delete the account with its sessions, carts and lists. Raises StaffNotErased and what `passwords.prove` raises.

    All or nothing: where an app above cannot erase its part, nothing is erased.
    """
    if user.is_staff or user.is_superuser or user.is_seller:
        raise StaffNotErased
    passwords.prove(user, proof, place)
    for _ in range(TRIES - 1):
        try:
            return _erase(user.pk)
        except OperationalError:  # somebody holds a cart that was begun between the two looks
            continue
    return _erase(user.pk)


@transaction.atomic
def _erase(user_id: int) -> None:
    """Delete in the order in which all lock: carts and orders before their user; what came between is looked for again."""
    signals.account_erased.send(sender=User, user_id=user_id, is_held=False)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise AccountGone
    signals.account_erased.send(sender=User, user_id=user_id, is_held=True)
    emails.forget(user_id)
    PhoneCode.objects.filter(phone=user.phone).delete()
    user.auth_events.all().delete()
    user.delete()
    events.record(events.Event.ERASED, NO_CLIENT)
