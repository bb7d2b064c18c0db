"""What orders does when somebody closes his account, or gets back one that a stranger had made."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.signals import account_erased, identity_reset
from orders import addresses, erasure


@receiver(account_erased)
def forget_buyer(sender: type[User], user_id: int, **_: Any) -> None:
    """Erase what is personal in his orders."""
    erasure.erase_user(user_id, timezone.now())


@receiver(identity_reset)
def forget_addresses(sender: type[User], user: User, **_: Any) -> None:
    """Delete the address book of an account whose maker was not the owner of its address."""
    addresses.forget(user.pk)
