"""What can be done to an account."""

from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import emails, sessions
from accounts.exceptions import AccountDisabled, EmailTaken, InvalidCredentials, WeakPassword
from accounts.models import AuthSession, User
from accounts.tokens import Claims

MAX_PASSWORD = 128


def register(email: str, password: str, *, first_name: str = "", last_name: str = "", market: str = "") -> User:
    """Make an account. Raises EmailInvalid, WeakPassword, EmailTaken (also where two register at once)."""
    user = User(email=emails.normalised(email), first_name=first_name, last_name=last_name, market=market)
    check_password_rules(password, user)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken(field="email")
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise EmailTaken(field="email") from None
    return user


def check_password_rules(password: str, user: User) -> None:
    """Hold the password to the rules (NIST SP 800-63B: length and a list of common ones, no composition). Raises WeakPassword."""
    if len(password) > MAX_PASSWORD:
        raise WeakPassword(f"Use at most {MAX_PASSWORD} characters", field="password")
    try:
        validate_password(password, user)
    except ValidationError as wrong:
        raise WeakPassword(" ".join(wrong.messages), field="password") from None


def sign_in(email: str, password: str) -> User:
    """Return the user of this address and password.

    Raises InvalidCredentials for every wrong pair, after the same work; AccountDisabled only after the right password.
    """
    try:
        user = User.objects.filter(email=emails.normalised(email)).first()
    except emails.EmailInvalid:
        user = None
    if user is None:
        make_password(password)  # as slow as a check, so that the time does not tell who has an account
        raise InvalidCredentials
    if not user.check_password(password):
        raise InvalidCredentials
    if not user.is_active:
        raise AccountDisabled
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user


def sign_out(claims: Claims, *, everywhere: bool = False) -> None:
    """End the session of a token, or all of its user's."""
    if everywhere:
        if AuthSession.objects.filter(pk=claims.sid, user_id=claims.user_id, revoked_at=None).exists():
            sessions.end_all(claims.user_id, AuthSession.Reason.LOGOUT_ALL)
    else:
        sessions.end(claims.sid, AuthSession.Reason.LOGOUT)


@transaction.atomic
def save_by_staff(user: User) -> None:
    """Save a user as staff filled him in; one who is switched off is signed out everywhere, for good."""
    if user.pk is None:
        user.set_unusable_password()
    user.save()
    if not user.is_active:
        sessions.end_all(user.pk, AuthSession.Reason.BANNED)


@transaction.atomic
def change_profile(user: User, sid: UUID, **given: Any) -> User:
    """Change names and market; the session goes over to the market with its next refresh."""
    if "market" in given:
        AuthSession.objects.filter(pk=sid).update(market=given["market"])
    for name, value in given.items():
        setattr(user, name, value)
    user.save(update_fields=list(given))
    return user
