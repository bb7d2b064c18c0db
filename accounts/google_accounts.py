"""Signing in with Google: which account an identity opens, and what happens to one that somebody else may have made."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, sessions, signals
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, EmailNotVerified, StaffNotLinked
from accounts.gateways.google import Identity
from accounts.models import AuthSession, SocialAccount, User

TRIES = 3  # one may lose first to the address and then to the identity
GOOGLE = SocialAccount.Provider.GOOGLE


def sign_in(identity: Identity, place: ClientInfo) -> tuple[User, bool]:
    """Return the user of this identity and whether he is new.

    Raises EmailInvalid, EmailNotVerified, AccountDisabled, StaffNotLinked.
    """
    user, is_new = _settled(identity, place)
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user, is_new


def _settled(identity: Identity, place: ClientInfo) -> tuple[User, bool]:
    """Find or make the account, once more where the same identity, or the same address, came at the same moment."""
    for _ in range(TRIES - 1):
        try:
            return _found_or_made(identity, place)
        except IntegrityError:
            continue
    return _found_or_made(identity, place)


@transaction.atomic
def _found_or_made(identity: Identity, place: ClientInfo) -> tuple[User, bool]:
    """Find the account by Google's own name for the person, whatever his address is now; else by an address that it has proved."""
    linked = SocialAccount.objects.select_related("user").filter(provider=GOOGLE, sub=identity.sub).first()
    if linked is not None:
        return _enabled(linked.user), False
    if not identity.email_verified:
        raise EmailNotVerified
    email = email_addresses.normalised(identity.email)
    user = User.objects.select_for_update(no_key=True).filter(email=email).first()
    if user is None:
        return _made(email, identity, place), True
    if user.is_staff or user.is_superuser:
        raise StaffNotLinked
    _enabled(user)
    if user.email_verified_at is None:
        _take_back(user, place)
    else:
        emails.owe("google_linked", user.pk)
    SocialAccount.objects.create(user=user, provider=GOOGLE, sub=identity.sub)
    events.record(events.Event.GOOGLE_LINKED, place, user_id=user.pk)
    return user, False


def _enabled(user: User) -> User:
    if not user.is_active:
        raise AccountDisabled
    return user


def _made(email: str, identity: Identity, place: ClientInfo) -> User:
    user = User(
        email=email,
        first_name=identity.first_name,
        last_name=identity.last_name,
        market=place.market,
        email_verified_at=timezone.now(),
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    SocialAccount.objects.create(user=user, provider=GOOGLE, sub=identity.sub)
    events.record(events.Event.REGISTER, place, user_id=user.pk, method=str(GOOGLE))
    return user


def _take_back(user: User, place: ClientInfo) -> None:
    """Give an account that nobody had confirmed to the owner of its address: whoever made it keeps no way in.

    Otherwise one who signs up with a stranger's address would share the account that the stranger later opens with Google.
    """
    user.set_unusable_password()
    user.password_changed_at = timezone.now()
    user.phone = user.phone_verified_at = None
    user.email_verified_at = timezone.now()
    user.save(update_fields=["password", "password_changed_at", "phone", "phone_verified_at", "email_verified_at"])
    user.social_accounts.all().delete()
    sessions.end_all(user.pk, AuthSession.Reason.IDENTITY_RESET)
    signals.identity_reset.send(sender=User, user=user)
    events.record(events.Event.IDENTITY_RESET, place, user_id=user.pk)
    emails.owe("identity_reset", user.pk)
