"""What can be done to an account: make it, open it, leave it, change it, switch it off and on."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, passwords, sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, AccountGone, EmailInvalid, EmailTaken, InvalidCredentials
from accounts.models import AuthSession, User
from accounts.tokens import Claims
from core import rate_limits

KNOWN_FOR = timedelta(days=30)  # a place from which somebody signed in is known to be his


def register(email: str, password: str, place: ClientInfo, *, first_name: str = "", last_name: str = "") -> User:
    """Make an account and owe it a mail. Raises EmailInvalid, WeakPassword, EmailTaken (also where two register at once)."""
    rate_limits.count("register", rate_limits.caller_key(place.ip))
    user = User(email=email_addresses.normalised(email), first_name=first_name, last_name=last_name, market=place.market)
    passwords.check_rules(password, user)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken(field="email")
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            emails.owe("verify", user.pk)
            events.record(events.Event.REGISTER, place, user_id=user.pk, method="password")
    except IntegrityError:
        raise EmailTaken(field="email") from None
    return user


def sign_in(email: str, password: str, place: ClientInfo) -> User:
    """Return the user of this address and password.

    Raises InvalidCredentials for every wrong pair, after the same work; AccountDisabled only after the right password;
    TooManyRequests before the password is looked at.
    """
    caller = rate_limits.caller_key(place.ip)
    rate_limits.count("login_ip", caller)
    try:
        address = email_addresses.normalised(email)
    except EmailInvalid:
        address = ""
    name = events.masked(address)
    rate_limits.count("login_account", caller, name)
    if not _is_known_place(address, place):  # so that nobody can shut the owner out by trying from elsewhere
        rate_limits.count("login_mail", name)
    user = User.objects.filter(email=address).first() if address else None
    if user is None:
        make_password(password)  # as slow as a check, so that the time does not tell who has an account
    if user is None or not user.check_password(password):
        events.record(events.Event.LOGIN_FAILED, place, user_id=user.pk if user else None, email=name)
        raise InvalidCredentials
    if not user.is_active:
        events.record(events.Event.LOGIN_FAILED, place, user_id=user.pk, email=name, disabled=True)
        raise AccountDisabled
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user


def _is_known_place(address: str, place: ClientInfo) -> bool:
    """Say whether the account of this address was signed in from here in the last 30 days."""
    since = timezone.now() - KNOWN_FOR
    return AuthSession.objects.filter(user__email=address, ip=place.ip, created_at__gt=since).exists()


def sign_out(claims: Claims, place: ClientInfo, *, everywhere: bool = False) -> None:
    """End the session of a token, or all of its user's."""
    if everywhere:
        if AuthSession.objects.filter(pk=claims.sid, user_id=claims.user_id, revoked_at=None).exists():
            sessions.end_all(claims.user_id, AuthSession.Reason.LOGOUT_ALL)
            events.record(events.Event.LOGOUT_ALL, place, user_id=claims.user_id, sid=claims.sid)
    elif sessions.end(claims.sid, AuthSession.Reason.LOGOUT):
        events.record(events.Event.LOGOUT, place, user_id=claims.user_id, sid=claims.sid)


@transaction.atomic
def save_by_staff(user: User, changed: Collection[str], place: ClientInfo, staff_id: int | None) -> None:
    """Save a new user, or the fields that staff changed; one who is switched off is signed out everywhere, for good."""
    if user.pk is None:
        user.set_unusable_password()
        user.save()
        return
    if "is_active" in changed:
        switch = unban if user.is_active else ban
        switch(user, place, staff_id)
    own = {field.name for field in User._meta.concrete_fields if field.name != "is_active"} & set(changed)
    if own:
        user.save(update_fields=own)


@transaction.atomic
def ban(user: User, place: ClientInfo, staff_id: int | None) -> bool:
    """Switch an account off and end all of its sessions, so that switching it on again revives none; False where it was off."""
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    sessions.end_all(user.pk, AuthSession.Reason.BANNED)
    _tell(user.pk, place, staff_id, is_active=False)
    return True


@transaction.atomic
def unban(user: User, place: ClientInfo, staff_id: int | None) -> bool:
    """Switch an account on again; its user signs in anew. False where it was on."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    _tell(user.pk, place, staff_id, is_active=True)
    return True


@transaction.atomic
def sign_out_by_staff(user: User, place: ClientInfo, staff_id: int | None) -> int:
    """End every session of the user, and return how many there were."""
    ended = sessions.end_all(user.pk, AuthSession.Reason.ADMIN)
    events.record(events.Event.LOGOUT_ALL, place, user_id=user.pk, by=staff_id)
    return ended


def _tell(user_id: int, place: ClientInfo, staff_id: int | None, *, is_active: bool) -> None:
    event = events.Event.UNBANNED if is_active else events.Event.BANNED
    events.record(event, place, user_id=user_id, by=staff_id)


@transaction.atomic
def change_profile(user: User, sid: UUID, **given: Any) -> User:
    """Change names and market; the session goes over to the market with its next refresh. Raises AccountGone."""
    if given and not User.objects.filter(pk=user.pk).update(**given):
        raise AccountGone
    if "market" in given:
        AuthSession.objects.filter(pk=sid).update(market=given["market"])
    for name, value in given.items():
        setattr(user, name, value)
    return user
