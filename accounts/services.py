"""Registering, signing in by password, signing out, editing profiles, and banning accounts."""

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

KNOWN_CLIENT_PERIOD = timedelta(days=30)  # how long an IP address counts as known after a sign-in


def register_user(email: str, password: str, client: ClientInfo, *, first_name: str = "", last_name: str = "") -> User:
    """Create an account and enqueue its verification e-mail. Raises EmailInvalid, WeakPassword, EmailTaken, TooManyRequests."""
    rate_limits.count_call("register", rate_limits.get_caller_key(client.ip))
    user = User(email=email_addresses.normalize_email(email), first_name=first_name, last_name=last_name, market=client.market)
    passwords.check_password_rules(password, user)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken(field="email")
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            emails.enqueue_email("verify", user.pk)
            events.record_event(events.Event.REGISTER, client, user_id=user.pk, method="password")
    except IntegrityError:
        raise EmailTaken(field="email") from None
    return user


def authenticate_by_password(email: str, password: str, client: ClientInfo) -> User:
    """Return the user with this address and password.

    Raises InvalidCredentials for every wrong pair, at the same cost; AccountDisabled only after the right password;
    TooManyRequests before the password is checked.
    """
    caller = rate_limits.get_caller_key(client.ip)
    rate_limits.count_call("login_ip", caller)
    try:
        address = email_addresses.normalize_email(email)
    except EmailInvalid:
        address = ""
    email_hash = events.hash_contact(address)
    rate_limits.count_call("login_account", caller, email_hash)
    if not _is_known_client(address, client):  # so that attempts from elsewhere cannot lock the owner out
        rate_limits.count_call("login_mail", email_hash)
    user = User.objects.filter(email=address).first() if address else None
    if user is None:
        make_password(password)  # as slow as a check, so that timing does not reveal which accounts exist
    if user is None or not user.check_password(password):
        events.record_event(events.Event.LOGIN_FAILED, client, user_id=user.pk if user else None, email=email_hash)
        raise InvalidCredentials
    if not user.is_active:
        events.record_event(events.Event.LOGIN_FAILED, client, user_id=user.pk, email=email_hash, disabled=True)
        raise AccountDisabled
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user


def _is_known_client(address: str, client: ClientInfo) -> bool:
    """Return whether the account signed in from this IP address in the last 30 days."""
    since = timezone.now() - KNOWN_CLIENT_PERIOD
    return AuthSession.objects.filter(user__email=address, ip=client.ip, created_at__gt=since).exists()


def sign_out_session(claims: Claims, client: ClientInfo, *, everywhere: bool = False) -> None:
    """End the session of a token, or all sessions of its user."""
    if everywhere:
        if AuthSession.objects.filter(pk=claims.sid, user_id=claims.user_id, revoked_at=None).exists():
            sessions.end_all_sessions(claims.user_id, AuthSession.Reason.LOGOUT_ALL)
            events.record_event(events.Event.LOGOUT_ALL, client, user_id=claims.user_id, sid=claims.sid)
    elif sessions.end_session(claims.sid, AuthSession.Reason.LOGOUT):
        events.record_event(events.Event.LOGOUT, client, user_id=claims.user_id, sid=claims.sid)


@transaction.atomic
def save_user_by_staff(user: User, changed: Collection[str], client: ClientInfo, staff_id: int | None) -> None:
    """Save a new user, or the fields that staff changed; deactivating a user ends their sessions permanently."""
    if user.pk is None:
        user.set_unusable_password()
        user.save()
        return
    if "is_active" in changed:
        set_active = unban_user if user.is_active else ban_user
        set_active(user, client, staff_id)
    fields = {field.name for field in User._meta.concrete_fields if field.name != "is_active"} & set(changed)
    if fields:
        user.save(update_fields=fields)


@transaction.atomic
def ban_user(user: User, client: ClientInfo, staff_id: int | None) -> bool:
    """Deactivate an account and end its sessions permanently; return False if it was already inactive."""
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    sessions.end_all_sessions(user.pk, AuthSession.Reason.BANNED)
    _record_ban_event(user.pk, client, staff_id, is_active=False)
    return True


@transaction.atomic
def unban_user(user: User, client: ClientInfo, staff_id: int | None) -> bool:
    """Reactivate an account, which has to sign in again; return False if it was already active."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    _record_ban_event(user.pk, client, staff_id, is_active=True)
    return True


@transaction.atomic
def end_sessions_by_staff(user: User, client: ClientInfo, staff_id: int | None) -> int:
    """End every session of the user and return how many were live."""
    ended = sessions.end_all_sessions(user.pk, AuthSession.Reason.ADMIN)
    events.record_event(events.Event.LOGOUT_ALL, client, user_id=user.pk, by=staff_id)
    return ended


def _record_ban_event(user_id: int, client: ClientInfo, staff_id: int | None, *, is_active: bool) -> None:
    event = events.Event.UNBANNED if is_active else events.Event.BANNED
    events.record_event(event, client, user_id=user_id, by=staff_id)


@transaction.atomic
def change_profile(user: User, sid: UUID, **changes: Any) -> User:
    """Change names or market; access tokens carry the new market from the next refresh. Raises AccountGone."""
    if changes and not User.objects.filter(pk=user.pk).update(**changes):
        raise AccountGone
    if "market" in changes:
        AuthSession.objects.filter(pk=sid).update(market=changes["market"])
    for name, value in changes.items():
        setattr(user, name, value)
    return user
