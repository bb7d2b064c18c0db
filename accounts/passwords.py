"""Passwords: the rules, changing one, and setting a new one by mail."""

from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, links, phone_codes, sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountGone, EmailInvalid, GoogleTokenInvalid, LinkInvalid, ProofNeeded, WeakPassword, WrongPassword
from accounts.gateways import google
from accounts.models import AuthSession, User
from accounts.tokens import Pair
from core import rate_limits
from core.exceptions import NotSignedIn

MAX_PASSWORD = 128
FRESH = 5 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Proof:
    """How a signed-in user proves that it is he who holds the device: by password or, without one, by phone or Google."""

    password: str = ""
    code: str = ""
    credential: str = ""


def check_rules(password: str, user: User, *, field: str = "password") -> None:
    """Hold the password to the rules (NIST SP 800-63B: length and a list of common ones, no composition). Raises WeakPassword."""
    if len(password) > MAX_PASSWORD:
        raise WeakPassword(f"Use at most {MAX_PASSWORD} characters", field=field)
    try:
        validate_password(password, user)
    except ValidationError as wrong:
        raise WeakPassword(" ".join(wrong.messages), field=field) from None


def prove(user: User, proof: Proof, place: ClientInfo, *, field: str = "password") -> None:
    """Ask a signed-in user for his password; one who has none, for a fresh phone code or Google credential.

    A stolen token alone changes nothing of weight. Raises WrongPassword, ProofNeeded, GoogleNotConfigured, GoogleUnavailable,
    TooManyRequests.
    """
    rate_limits.count("password_change", user.pk)
    if user.has_usable_password():
        if not user.check_password(proof.password):
            events.record(events.Event.PASSWORD_REFUSED, place, user_id=user.pk)
            raise WrongPassword(field=field)
    elif not (_by_phone(user, proof, place) or _by_google(user, proof)):
        raise ProofNeeded


def _by_phone(user: User, proof: Proof, place: ClientInfo) -> bool:
    if not proof.code or user.phone is None:
        return False
    try:
        phone_codes.use(user.phone, proof.code, place)
    except NotSignedIn:
        return False
    return True


def _by_google(user: User, proof: Proof) -> bool:
    if not proof.credential:
        return False
    try:
        identity = google.identity_of(proof.credential)
    except GoogleTokenInvalid:
        return False
    is_fresh = timezone.now().timestamp() - identity.issued_at <= FRESH
    return is_fresh and user.social_accounts.filter(provider="google", sub=identity.sub).exists()


def change(user: User, old: str, new: str, place: ClientInfo) -> Pair:
    """Set a new password, end every session, and return the tokens of a new one for this device.

    A user without a password sets his first by mail. Raises WrongPassword, WeakPassword, AccountDisabled, AccountGone,
    TooManyRequests.
    """
    rate_limits.count("password_change", user.pk)
    if not user.check_password(old):
        events.record(events.Event.PASSWORD_REFUSED, place, user_id=user.pk)
        raise WrongPassword(field="old_password")
    check_rules(new, user, field="new_password")
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if locked is None:
            raise AccountGone
        if locked.password != user.password:  # changed in the meantime, so the old one has been checked against what was
            raise WrongPassword(field="old_password")
        _set(locked, new)
        sessions.end_all(user.pk, AuthSession.Reason.PASSWORD)
        events.record(events.Event.PASSWORD_CHANGED, place, user_id=user.pk)
        emails.owe("password_changed", user.pk)
        return sessions.start(locked, AuthSession.Method.PASSWORD, place)


def ask_reset(email: str, place: ClientInfo) -> None:
    """Owe the account of this address a mail with a link; the same work where there is none. Raises TooManyRequests."""
    rate_limits.count("mail_ip", rate_limits.caller_key(place.ip))
    try:
        email = email_addresses.normalised(email)
    except EmailInvalid:
        return
    rate_limits.count("mail_account", events.masked(email))
    with transaction.atomic():
        found = User.objects.select_for_update(no_key=True).filter(
            email=email, is_active=True
        )  # so that it is not closed meanwhile
        user_id = found.values_list("pk", flat=True).first()
        emails.owe("reset", user_id)
        events.record(events.Event.PASSWORD_RESET_ASKED, place, user_id=user_id, email=events.masked(email))


@transaction.atomic
def send_reset_by_staff(user: User, place: ClientInfo, staff_id: int | None) -> None:
    """Owe the user a mail with a link; staff never know a password."""
    emails.owe("reset", user.pk)
    events.record(events.Event.PASSWORD_RESET_ASKED, place, user_id=user.pk, by=staff_id)


def reset(uid: str, token: str, new: str, place: ClientInfo) -> None:
    """Set a new password by the link of a mail; ends every session, and proves the address. Raises LinkInvalid, WeakPassword."""
    user_id = links.user_id_of(uid)
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first() if user_id else None
        if user is None or not links.RESET.check_token(user, token):
            raise LinkInvalid
        check_rules(new, user, field="new_password")
        user.email_verified_at = user.email_verified_at or timezone.now()
        _set(user, new)
        sessions.end_all(user.pk, AuthSession.Reason.PASSWORD)
        events.record(events.Event.PASSWORD_RESET, place, user_id=user.pk)
        emails.owe("password_changed", user.pk)


def _set(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at", "email_verified_at"])
