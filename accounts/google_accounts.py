"""Signing in with Google: finding or creating the account of an identity."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, unconfirmed_accounts
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, EmailNotVerified, StaffNotLinked
from accounts.gateways.google import Identity
from accounts.models import SocialAccount, User

MAX_ATTEMPTS = 3  # a request can lose one race for the address and another for the identity
GOOGLE = SocialAccount.Provider.GOOGLE


def authenticate_by_google(identity: Identity, client: ClientInfo) -> tuple[User, bool]:
    """Return the user of this identity and whether the account is new.

    Raises EmailInvalid, EmailNotVerified, AccountDisabled, StaffNotLinked.
    """
    user, is_new = _get_or_create_with_retry(identity, client)
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user, is_new


def _get_or_create_with_retry(identity: Identity, client: ClientInfo) -> tuple[User, bool]:
    """Find or create the account; retry if a concurrent request created the same identity or address."""
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return _get_or_create_user(identity, client)
        except IntegrityError:
            continue
    return _get_or_create_user(identity, client)


@transaction.atomic
def _get_or_create_user(identity: Identity, client: ClientInfo) -> tuple[User, bool]:
    """Find the account by Google's subject id, else by an address that Google has verified; else create it."""
    linked = SocialAccount.objects.select_related("user").filter(provider=GOOGLE, sub=identity.sub).first()
    if linked is not None:
        if linked.user.is_privileged and linked.user.email_verified_at is None:
            raise StaffNotLinked
        return _require_active(linked.user), False
    if not identity.email_verified:
        raise EmailNotVerified
    email = email_addresses.normalize_email(identity.email)
    user = User.objects.select_for_update(no_key=True).filter(email=email).first()
    if user is None:
        return _create_user(email, identity, client), True
    if user.is_privileged:
        raise StaffNotLinked
    _require_active(user)
    if user.email_verified_at is None:
        user.set_unusable_password()
        user.password_changed_at = timezone.now()
        unconfirmed_accounts.hand_over(user, client)
        emails.enqueue_email("identity_reset", user.pk)
    else:
        emails.enqueue_email("google_linked", user.pk)
    SocialAccount.objects.create(user=user, provider=GOOGLE, sub=identity.sub)
    events.record_event(events.Event.GOOGLE_LINKED, client, user_id=user.pk)
    return user, False


def _require_active(user: User) -> User:
    if not user.is_active:
        raise AccountDisabled
    return user


def _create_user(email: str, identity: Identity, client: ClientInfo) -> User:
    user = User(
        email=email,
        first_name=identity.first_name,
        last_name=identity.last_name,
        market=client.market,
        email_verified_at=timezone.now(),
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    SocialAccount.objects.create(user=user, provider=GOOGLE, sub=identity.sub)
    events.record_event(events.Event.REGISTER, client, user_id=user.pk, method=str(GOOGLE))
    return user
