"""Handing over accounts that someone else may have created with a shopper's address."""

from django.utils import timezone

from accounts import events, marketing, sessions, signals
from accounts.client_info import ClientInfo
from accounts.models import AuthSession, User


def has_unknown_holder(user: User) -> bool:
    """Return whether someone could use the account without ever having confirmed its address.

    Accounts that staff created, and that nobody has opened yet, hold only what staff entered.
    """
    return user.email_verified_at is None and (user.has_usable_password() or user.last_login is not None)


def hand_over(user: User, client: ClientInfo) -> None:
    """Give the account to the owner of its address: remove every way in, and the contact data and consent that existed before.

    Otherwise an attacker who registers with another person's address would share the account that its owner opens later, with
    Google or with a reset link (account pre-hijacking), or have parcels sent to their own address. Orders, cart and wishlist stay.
    The caller has locked the user and set a new or an unusable password, and enqueues the e-mail that says so.
    """
    user.phone = user.phone_verified_at = None
    user.email_verified_at = timezone.now()
    user.save(update_fields=["password", "password_changed_at", "phone", "phone_verified_at", "email_verified_at"])
    user.social_accounts.all().delete()
    sessions.end_all_sessions(user.pk, AuthSession.Reason.IDENTITY_RESET)
    marketing.set_consent(user.pk, marketing.Source.IDENTITY_RESET, client, accepts=False)
    signals.identity_reset.send(sender=User, user=user)
    events.record_event(events.Event.IDENTITY_RESET, client, user_id=user.pk)
