"""Closing an account: what is personal goes, and the orders stay without it."""

from django.db import transaction

from accounts import events, passwords, signals
from accounts.exceptions import StaffNotErased
from accounts.models import User
from accounts.places import NOWHERE, Place


def erase(user: User, proof: passwords.Proof, place: Place) -> None:
    """Delete the account with its sessions, carts and lists. Raises StaffNotErased and what `passwords.prove` raises.

    All or nothing: where an app above cannot erase its part, nothing is erased.
    """
    if user.is_staff or user.is_superuser or user.is_seller:
        raise StaffNotErased
    passwords.prove(user, proof, place)
    with transaction.atomic():
        signals.account_erased.send(sender=User, user=user)  # first, because carts and orders are locked before the user elsewhere
        locked = User.objects.select_for_update().get(pk=user.pk)
        locked.auth_events.all().delete()
        locked.delete()
        events.record(events.Event.ERASED, NOWHERE)
