"""What orders does when somebody closes his account."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import User
from accounts.signals import account_erased
from orders import erasure


@receiver(account_erased)
def forget_buyer(sender: type[User], user_id: int, **_: Any) -> None:
    """Erase what is personal in his orders."""
    erasure.erase_user(user_id, timezone.now())
