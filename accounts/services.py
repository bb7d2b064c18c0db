"""Registering, signing in by password, signing out, editing profiles, and banning accounts."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import email_addresses, emails, events, marketing, passwords, sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, AccountGone, EmailInvalid, EmailTaken, InvalidCredentials
from accounts.models import AccountNote, AuthEvent, AuthSession, User
from accounts.password_spellings import spend_check_time
from accounts.tokens import Claims
from core import rate_limits
from core.exceptions import TooManyRequests

Kind = AccountNote.Kind
ADMIN: dict[str, Any] = {"method": "admin"}  # the detail of a sign-in to the admin, in the event log
KNOWN_CLIENT_PERIOD = timedelta(days=30)  # how long an IP address counts as known after a sign-in


def register_user(
    email: str, password: str, client: ClientInfo, *, first_name: str = "", last_name: str = "", accepts_marketing: bool = False
) -> User:
    """Create an account and enqueue its verification e-mail. Raises EmailInvalid, WeakPassword, EmailTaken, TooManyRequests."""
    rate_limits.count_call("register", rate_limits.get_caller_key(client.ip))
    user = User(email=email_addresses.normalize_email(email), first_name=first_name, last_name=last_name, market=client.market)
    passwords.check_password_rules(password, user)
    if User.objects.filter(email=user.email).exists():
        raise EmailTaken(field="email")
    user.set_password(password)
    user.accepts_marketing = accepts_marketing
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            if accepts_marketing:
                marketing.add_evidence(user.pk, marketing.Source.REGISTER, client, accepts=True)
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
    return _authenticate(email, password, client, is_admin=False)


def authenticate_for_admin(email: str, password: str, client: ClientInfo) -> User:
    """Return the member of staff with this address and password, and record their sign-in to the admin.

    Attempts are counted by address and account together with those at the API, so that the admin is no way around the limits.
    Raises InvalidCredentials, also for an account without access to the admin; AccountDisabled; TooManyRequests.
    """
    user = _authenticate(email, password, client, is_admin=True)
    if not user.is_staff:
        events.record_event(events.Event.LOGIN_FAILED, client, user_id=user.pk, **ADMIN, not_staff=True)
        raise InvalidCredentials
    events.record_event(events.Event.LOGIN, client, user_id=user.pk, **ADMIN)
    return user


def _authenticate(email: str, password: str, client: ClientInfo, *, is_admin: bool) -> User:
    try:
        address = email_addresses.normalize_email(email)
    except EmailInvalid:
        address = ""
    detail = {"email": events.hash_contact(address), **(ADMIN if is_admin else {})}
    _count_attempt(address, client, detail, is_admin=is_admin)
    user = User.objects.filter(email=address).first() if address else None
    if user is None:
        spend_check_time(password)
    if user is None or not user.check_password(password):
        events.record_event(events.Event.LOGIN_FAILED, client, user_id=user.pk if user else None, **detail)
        raise InvalidCredentials
    if not user.is_active:
        events.record_event(events.Event.LOGIN_FAILED, client, user_id=user.pk, **detail, disabled=True)
        raise AccountDisabled
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    return user


def _count_attempt(address: str, client: ClientInfo, detail: dict[str, Any], *, is_admin: bool) -> None:
    """Count an attempt by caller, by caller and account, and by account. Raises TooManyRequests, which is recorded."""
    caller = rate_limits.get_caller_key(client.ip)
    try:
        if is_admin:
            rate_limits.count_call("admin_login", caller)
        rate_limits.count_call("login_ip", caller)
        rate_limits.count_call("login_account", caller, detail["email"])
        if not _is_known_client(address, client, is_admin=is_admin):  # so that attempts from elsewhere cannot lock the owner out
            rate_limits.count_call("login_mail", detail["email"])
    except TooManyRequests as error:
        if rate_limits.is_within("login_event", caller):
            events.record_event(events.Event.LOGIN_THROTTLED, client, **detail, scope=error.scope)
        raise


def _is_known_client(address: str, client: ClientInfo, *, is_admin: bool) -> bool:
    """Return whether the account signed in from this IP address in the last 30 days; the admin starts no AuthSession."""
    since = timezone.now() - KNOWN_CLIENT_PERIOD
    if is_admin:
        sign_ins = AuthEvent.objects.filter(event=AuthEvent.Event.LOGIN, user__email=address)
        return sign_ins.filter(ip=client.ip, created_at__gt=since).exists()
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
    """Save a new user, or the fields that staff changed; deactivating a user ends their sessions permanently.

    Users who get access to the admin have to sign in again: a session by text message must not become one of staff.
    """
    if user.pk is None:
        user.set_unusable_password()
        user.save()
        return
    if "is_active" in changed:
        set_active = unban_user if user.is_active else ban_user
        set_active(user, client, staff_id)
    if user.is_privileged and {"is_staff", "is_superuser"} & set(changed):
        end_sessions_by_staff(user, client, staff_id)
    fields = {field.name for field in User._meta.concrete_fields if field.name != "is_active"} & set(changed)
    if fields:
        user.save(update_fields=fields)


@transaction.atomic
def ban_user(user: User, client: ClientInfo, staff_id: int | None, *, reason: str = "") -> bool:
    """Deactivate an account and end its sessions permanently; return False if it was already inactive.

    The reason is kept with the staff's notes: account events are deleted after a year.
    """
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return False
    sessions.end_all_sessions(user.pk, AuthSession.Reason.BANNED)
    _record_ban(user.pk, client, staff_id, is_active=False, reason=reason)
    return True


@transaction.atomic
def unban_user(user: User, client: ClientInfo, staff_id: int | None) -> bool:
    """Reactivate an account, which has to sign in again; return False if it was already active."""
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        return False
    _record_ban(user.pk, client, staff_id, is_active=True)
    return True


@transaction.atomic
def end_sessions_by_staff(user: User, client: ClientInfo, staff_id: int | None) -> int:
    """End every session of the user and return how many were live."""
    ended = sessions.end_all_sessions(user.pk, AuthSession.Reason.ADMIN)
    events.record_event(events.Event.LOGOUT_ALL, client, user_id=user.pk, by=staff_id)
    return ended


def _record_ban(user_id: int, client: ClientInfo, staff_id: int | None, *, is_active: bool, reason: str = "") -> None:
    event, kind = (events.Event.UNBANNED, Kind.UNBAN) if is_active else (events.Event.BANNED, Kind.BAN)
    events.record_event(event, client, user_id=user_id, by=staff_id)
    AccountNote.objects.create(user_id=user_id, kind=kind, text=reason, author_id=staff_id)


@transaction.atomic
def add_note(user: User, text: str, staff_id: int | None, *, submission: UUID | None = None) -> None:
    """Add a note for staff to an account, once for each `submission`. Raises AccountGone."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk).exists():
        raise AccountGone
    if submission is None or not AccountNote.objects.filter(submission=submission).exists():
        AccountNote.objects.create(user=user, text=text, author_id=staff_id, submission=submission)


@transaction.atomic
def change_profile(user: User, sid: UUID, client: ClientInfo, **changes: Any) -> User:
    """Change names, market or consent; access tokens carry the new market from the next refresh. Raises AccountGone."""
    if "accepts_marketing" in changes:
        marketing.set_consent(user.pk, marketing.Source.PROFILE, client, accepts=changes["accepts_marketing"])
    if changes and not User.objects.filter(pk=user.pk).update(**changes):
        raise AccountGone
    if "market" in changes:
        AuthSession.objects.filter(pk=sid).update(market=changes["market"])
    for name, value in changes.items():
        setattr(user, name, value)
    return user
