"""Erasing an account: personal data is deleted, and orders stay without it."""

from typing import Any

from django.db import OperationalError, transaction

from accounts import emails, events, passwords, signals
from accounts.client_info import NO_CLIENT, ClientInfo
from accounts.exceptions import AccountGone, StaffNotErased
from accounts.models import PhoneCode, User
from core import admin_log

MAX_ATTEMPTS = 3


def erase_account(user: User, proof: passwords.Proof, client: ClientInfo) -> None:
    """Delete the account with its sessions, carts and wishlist. Raises StaffNotErased and what `passwords.check_proof` raises.

    All or nothing: if a receiver of `account_erased` fails, nothing is erased.
    """
    _refuse_staff(user)
    passwords.check_proof(user, proof, client)
    _erase(user.pk)


def erase_account_by_staff(user: User, staff_id: int | None) -> None:
    """Delete a customer's account at their request, as `erase_account` does. Raises StaffNotErased, AccountGone."""
    _refuse_staff(user)
    _erase(user.pk, by=staff_id)


def _refuse_staff(user: User) -> None:
    if user.is_staff or user.is_superuser or user.is_seller:
        raise StaffNotErased


def _erase(user_id: int, **detail: Any) -> None:
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return _erase_user(user_id, detail)
        except OperationalError:  # a cart created between the two signals is locked by another transaction
            continue
    return _erase_user(user_id, detail)


@transaction.atomic
def _erase_user(user_id: int, detail: dict[str, Any]) -> None:
    """Delete in locking order, carts and orders before their user; the second signal covers rows created in between."""
    signals.account_erased.send(sender=User, user_id=user_id, is_locked=False)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise AccountGone
    signals.account_erased.send(sender=User, user_id=user_id, is_locked=True)
    emails.delete_jobs(user_id)
    PhoneCode.objects.filter(phone=user.phone).delete()
    user.auth_events.all().delete()
    admin_log.erase_texts(User, object_id=str(user_id))
    user.delete()
    events.record_event(events.Event.ERASED, NO_CLIENT, **detail)
