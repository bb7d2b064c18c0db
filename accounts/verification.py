"""Confirming and changing e-mail addresses."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, links, passwords
from accounts.client_info import ClientInfo
from accounts.exceptions import AlreadyVerified, EmailTaken, LinkInvalid, NoAddress
from accounts.models import User
from core import rate_limits


def resend_verification(user: User, client: ClientInfo) -> None:
    """Enqueue another verification e-mail. Raises NoAddress, AlreadyVerified, TooManyRequests."""
    if user.email is None:
        raise NoAddress
    if user.email_verified_at is not None:
        raise AlreadyVerified
    rate_limits.count_call("mail_ip", rate_limits.get_caller_key(client.ip))
    rate_limits.count_call("mail_account", events.hash_contact(user.email))
    emails.enqueue_email("verify", user.pk)


def request_email_change(user: User, new_email: str, proof: passwords.Proof, client: ClientInfo) -> None:
    """Enqueue a link to the new address and a notice to the old one; the address changes when the link is used.

    Raises EmailInvalid, EmailTaken, what `passwords.check_proof` raises, TooManyRequests.
    """
    email = email_addresses.normalize_email(new_email, field="new_email")
    rate_limits.count_call("mail_ip", rate_limits.get_caller_key(client.ip))
    passwords.check_proof(user, proof, client)
    if User.objects.filter(email=email).exists():
        raise EmailTaken(field="new_email")
    rate_limits.count_call("mail_account", events.hash_contact(email))
    with transaction.atomic():
        emails.enqueue_email("email_change", user.pk, to=email, new_email=email, state=links.hash_account_state(user))
        if user.email:
            emails.enqueue_email("email_change_notice", user.pk, to=user.email, new_email=email)
        events.record_event(events.Event.EMAIL_CHANGE_ASKED, client, user_id=user.pk, email=events.hash_contact(email))


@transaction.atomic
def confirm_email(token: str, client: ClientInfo) -> User:
    """Confirm or change the user's address with the token of a link. Raises LinkInvalid, EmailTaken."""
    claims = links.read_verification_token(token)
    if claims is None:
        raise LinkInvalid
    user = User.objects.select_for_update(no_key=True).filter(pk=claims.user_id, is_active=True).first()
    if user is None:
        raise LinkInvalid
    if claims.is_change:
        return _change_email(user, claims, client)
    if user.email != claims.email or user.email_verified_at is not None:
        raise LinkInvalid
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    events.record_event(events.Event.EMAIL_VERIFIED, client, user_id=user.pk)
    return user


def _change_email(user: User, claims: links.VerificationClaims, client: ClientInfo) -> User:
    if not links.has_account_state(user, claims.state):
        raise LinkInvalid
    user.email, user.email_verified_at = claims.email, timezone.now()
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at"])
    except IntegrityError:
        raise EmailTaken(field="token") from None
    events.record_event(events.Event.EMAIL_CHANGED, client, user_id=user.pk)
    return user
