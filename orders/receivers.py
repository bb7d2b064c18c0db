"""Handlers for closed accounts and for accounts reset to the owner of their e-mail address."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.signals import account_erased, identity_reset
from orders import addresses, erasure


@receiver(account_erased)
def erase_orders(sender: type[User], user_id: int, **_: Any) -> None:
    """Erase personal data in the user's orders."""
    erasure.erase_user(user_id, timezone.now())


@receiver(identity_reset)
def delete_address_book(sender: type[User], user: User, **_: Any) -> None:
    """Delete the address book of an account that was registered by someone other than the owner of its e-mail address."""
    addresses.delete_addresses(user.pk)
