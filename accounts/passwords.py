"""Passwords: the rules, changing a password, and resetting it by e-mail."""

from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, links, phone_codes, sessions, unconfirmed_accounts
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountGone, EmailInvalid, GoogleTokenInvalid, LinkInvalid, ProofNeeded, WeakPassword, WrongPassword
from accounts.gateways import google
from accounts.models import AuthSession, User
from accounts.tokens import TokenPair
from core import rate_limits
from core.exceptions import NotSignedIn

GOOGLE_PROOF_MAX_AGE = 5 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Proof:
    """How signed-in users confirm their identity: with the password or, if the account has none, by phone code or Google."""

    password: str = ""
    code: str = ""
    credential: str = ""


def check_password_rules(password: str, user: User, *, field: str = "password") -> None:
    """Check a new password against AUTH_PASSWORD_VALIDATORS. Raises WeakPassword."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages), field=field) from None


def check_proof(user: User, proof: Proof, client: ClientInfo, *, field: str = "password") -> None:
    """Check the user's password or, if the account has none, a fresh phone code or Google credential.

    This way a stolen token alone cannot change anything sensitive. Raises WrongPassword, ProofNeeded, GoogleNotConfigured,
    GoogleUnavailable, TooManyRequests.
    """
    rate_limits.count_call("password_change", user.pk)
    if user.has_usable_password():
        if not user.check_password(proof.password):
            events.record_event(events.Event.PASSWORD_REFUSED, client, user_id=user.pk)
            raise WrongPassword(field=field)
    elif not (_has_valid_code(user, proof, client) or _has_fresh_credential(user, proof)):
        raise ProofNeeded


def _has_valid_code(user: User, proof: Proof, client: ClientInfo) -> bool:
    if not proof.code or user.phone is None or user.is_privileged:
        return False
    try:
        phone_codes.redeem_code(user.phone, proof.code, client)
    except NotSignedIn:
        return False
    return True


def _has_fresh_credential(user: User, proof: Proof) -> bool:
    if not proof.credential:
        return False
    try:
        identity = google.verify_id_token(proof.credential)
    except GoogleTokenInvalid:
        return False
    is_fresh = timezone.now().timestamp() - identity.issued_at <= GOOGLE_PROOF_MAX_AGE
    return is_fresh and user.social_accounts.filter(provider="google", sub=identity.sub).exists()


def change_password(user: User, old: str, new: str, client: ClientInfo) -> TokenPair:
    """Set a new password, end every session, and return tokens of a new session for this device.

    Users without a password set their first one by e-mail. Raises WrongPassword, WeakPassword, AccountDisabled, AccountGone,
    TooManyRequests.
    """
    rate_limits.count_call("password_change", user.pk)
    if not user.check_password(old):
        events.record_event(events.Event.PASSWORD_REFUSED, client, user_id=user.pk)
        raise WrongPassword(field="old_password")
    check_password_rules(new, user, field="new_password")
    with transaction.atomic():
        locked = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if locked is None:
            raise AccountGone
        if locked.password != user.password:  # changed concurrently: the old password was checked against a stale hash
            raise WrongPassword(field="old_password")
        _save_password(locked, new)
        sessions.end_all_sessions(user.pk, AuthSession.Reason.PASSWORD)
        events.record_event(events.Event.PASSWORD_CHANGED, client, user_id=user.pk)
        emails.enqueue_email("password_changed", user.pk)
        return sessions.start_session(locked, AuthSession.Method.PASSWORD, client)


@transaction.atomic
def finish_admin_change(user: User, client: ClientInfo) -> None:
    """End every session after a password change in the admin, record it and notify the user."""
    sessions.end_all_sessions(user.pk, AuthSession.Reason.PASSWORD)
    events.record_event(events.Event.PASSWORD_CHANGED, client, user_id=user.pk)
    emails.enqueue_email("password_changed", user.pk)


def request_reset(email: str, client: ClientInfo) -> None:
    """Enqueue an e-mail with a reset link; unknown addresses cost the same work. Raises TooManyRequests."""
    rate_limits.count_call("mail_ip", rate_limits.get_caller_key(client.ip))
    try:
        email = email_addresses.normalize_email(email)
    except EmailInvalid:
        return
    rate_limits.count_call("mail_account", events.hash_contact(email))
    with transaction.atomic():
        # Lock the account, so that it is not erased concurrently.
        users = User.objects.select_for_update(no_key=True).filter(email=email, is_active=True)
        user_id = users.values_list("pk", flat=True).first()
        emails.enqueue_email("reset", user_id)
        events.record_event(events.Event.PASSWORD_RESET_ASKED, client, user_id=user_id, email=events.hash_contact(email))


@transaction.atomic
def request_reset_by_staff(user: User, client: ClientInfo, staff_id: int | None) -> None:
    """Enqueue an e-mail with a reset link; staff never learn a password."""
    emails.enqueue_email("reset", user.pk)
    events.record_event(events.Event.PASSWORD_RESET_ASKED, client, user_id=user.pk, by=staff_id)


def reset_password(uid: str, token: str, new: str, client: ClientInfo) -> None:
    """Set a new password with a reset link, end every session, and confirm the address.

    What someone else may have left in an account whose address was never confirmed is removed. Raises LinkInvalid,
    WeakPassword.
    """
    user_id = links.decode_user_id(uid)
    with transaction.atomic():
        user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first() if user_id else None
        if user is None or not links.RESET_TOKENS.check_token(user, token):
            raise LinkInvalid
        check_password_rules(new, user, field="new_password")
        if unconfirmed_accounts.has_unknown_holder(user):
            user.set_password(new)
            unconfirmed_accounts.hand_over(user, client)
            mail_kind = "handed_over"
        else:
            user.email_verified_at = user.email_verified_at or timezone.now()
            _save_password(user, new)
            sessions.end_all_sessions(user.pk, AuthSession.Reason.PASSWORD)
            mail_kind = "password_changed"
        events.record_event(events.Event.PASSWORD_RESET, client, user_id=user.pk)
        emails.enqueue_email(mail_kind, user.pk)


def _save_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password", "password_changed_at", "email_verified_at"])
