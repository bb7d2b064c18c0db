"""E-mail addresses: proving that one is the user's, and changing it."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, links, passwords
from accounts.client_info import ClientInfo
from accounts.exceptions import AlreadyVerified, EmailTaken, LinkInvalid, NoAddress
from accounts.models import User
from core import rate_limits


def resend(user: User, place: ClientInfo) -> None:
    """Owe the user another mail with a link. Raises NoAddress, AlreadyVerified, TooManyRequests."""
    if user.email is None:
        raise NoAddress
    if user.email_verified_at is not None:
        raise AlreadyVerified
    rate_limits.count("mail_ip", rate_limits.caller_key(place.ip))
    rate_limits.count("mail_account", events.masked(user.email))
    emails.owe("verify", user.pk)


def ask_change(user: User, new_email: str, proof: passwords.Proof, place: ClientInfo) -> None:
    """Owe the new address a mail with a link, and the old one a notice; nothing changes before the link is used.

    Raises EmailInvalid, EmailTaken, what `passwords.prove` raises, TooManyRequests.
    """
    email = email_addresses.normalised(new_email, field="new_email")
    rate_limits.count("mail_ip", rate_limits.caller_key(place.ip))
    passwords.prove(user, proof, place)
    if User.objects.filter(email=email).exists():
        raise EmailTaken(field="new_email")
    rate_limits.count("mail_account", events.masked(email))
    with transaction.atomic():
        emails.owe("email_change", user.pk, to=email, new_email=email, state=links.state_of(user))
        if user.email:
            emails.owe("email_change_notice", user.pk, to=user.email, new_email=email)
        events.record(events.Event.EMAIL_CHANGE_ASKED, place, user_id=user.pk, email=events.masked(email))


@transaction.atomic
def confirm(token: str, place: ClientInfo) -> User:
    """Do what the link of a mail says: the address is the user's, or becomes his. Raises LinkInvalid, EmailTaken."""
    said = links.read_verify_token(token)
    if said is None:
        raise LinkInvalid
    user = User.objects.select_for_update(no_key=True).filter(pk=said.user_id, is_active=True).first()
    if user is None:
        raise LinkInvalid
    if said.is_change:
        return _change(user, said, place)
    if user.email != said.email or user.email_verified_at is not None:
        raise LinkInvalid
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    events.record(events.Event.EMAIL_VERIFIED, place, user_id=user.pk)
    return user


def _change(user: User, said: links.Address, place: ClientInfo) -> User:
    if links.state_of(user) != said.state:
        raise LinkInvalid
    user.email, user.email_verified_at = said.email, timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at"])
    except IntegrityError:
        raise EmailTaken(field="token") from None
    events.record(events.Event.EMAIL_CHANGED, place, user_id=user.pk)
    return user
