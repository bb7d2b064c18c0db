"""Starting, refreshing and ending sessions. Each change is one conditional UPDATE of a row, so it cannot race."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import events, tokens
from accounts.client_info import ClientInfo
from accounts.exceptions import AccountDisabled, InvalidCredentials, RefreshReused, SessionNotFound, SessionRevoked
from accounts.models import AuthSession, User
from core import rate_limits

MAX_LIVE_SESSIONS = 20  # per user; beyond this the oldest session is ended


@transaction.atomic
def start_session(user: User, method: str, client: ClientInfo) -> tokens.TokenPair:
    """Start a session for this client and return its first tokens.

    Raises AccountDisabled, and InvalidCredentials if the password was changed after it was checked.
    """
    users = User.objects.select_for_update(no_key=True).filter(pk=user.pk)
    row = users.values_list("is_active", "password_changed_at").first()
    if row is None or row[1] != user.password_changed_at:
        raise InvalidCredentials
    if not row[0]:
        raise AccountDisabled
    now = timezone.now()
    session = AuthSession.objects.create(
        user=user,
        method=method,
        expires_at=now + settings.SESSION_LIFETIME,
        ip=client.ip,
        user_agent=client.user_agent[:256].replace("\0", ""),
        market=client.market,
    )
    live = AuthSession.objects.filter(user=user, revoked_at=None).order_by("-created_at").values_list("pk", flat=True)
    excess = list(live[MAX_LIVE_SESSIONS:])
    if excess:
        AuthSession.objects.filter(pk__in=excess).update(revoked_at=now, revoke_reason=AuthSession.Reason.LIMIT)
    events.record_event(events.Event.LOGIN, client, user_id=user.pk, sid=session.pk, method=method)
    return tokens.issue_pair(session.pk, user.pk, client.market, 0)


def refresh_session(claims: tokens.Claims, client: ClientInfo) -> tokens.TokenPair:
    """Return the next token pair. Raises RefreshReused (and ends the session), SessionRevoked, TooManyRequests.

    A second use within `REFRESH_GRACE_SECONDS` gets the same refresh number again: two tabs, or a lost response.
    """
    rate_limits.count_call("refresh", claims.sid)
    now = timezone.now()
    sessions = AuthSession.objects.filter(pk=claims.sid, user_id=claims.user_id, revoked_at=None, expires_at__gt=now)
    is_rotated = sessions.filter(refresh_no=claims.refresh_no).update(
        refresh_no=F("refresh_no") + 1, rotated_at=now, last_seen_at=now
    )
    session = sessions.select_related("user").first()
    if session is None:
        raise SessionRevoked
    if not session.user.is_active:
        end_session(session.pk, AuthSession.Reason.BANNED)
        raise SessionRevoked
    if not is_rotated:
        grace = timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
        is_within_grace = session.rotated_at is not None and now - session.rotated_at <= grace
        if session.refresh_no <= claims.refresh_no:
            raise SessionRevoked
        if session.refresh_no != claims.refresh_no + 1 or not is_within_grace:
            end_session(session.pk, AuthSession.Reason.REFRESH_REUSE)
            events.record_event(events.Event.REFRESH_REUSE, client, user_id=session.user_id, sid=session.pk)
            raise RefreshReused
    return tokens.issue_pair(session.pk, session.user_id, session.market, claims.refresh_no + 1)


def end_session(sid: UUID, reason: str) -> bool:
    """End a session permanently; return False if it had already ended."""
    live = AuthSession.objects.filter(pk=sid, revoked_at=None)
    return bool(live.update(revoked_at=timezone.now(), revoke_reason=reason))


@transaction.atomic
def end_replaced_session(sid: UUID, user_id: int, client: ClientInfo) -> None:
    """End the session that a browser had before it signed in again."""
    if end_session(sid, AuthSession.Reason.REPLACED):
        events.record_event(events.Event.SESSION_ENDED, client, user_id=user_id, sid=sid)


@transaction.atomic
def end_all_sessions(user_id: int, reason: str) -> int:
    """End every session of the user, including admin sessions, and return the number of token sessions ended."""
    User.objects.filter(pk=user_id).update(signed_out_at=timezone.now())
    live = AuthSession.objects.filter(user_id=user_id, revoked_at=None)
    return live.update(revoked_at=timezone.now(), revoke_reason=reason)


def get_live_sessions(user_id: int) -> QuerySet[AuthSession]:
    """Return the user's live sessions, newest first."""
    return AuthSession.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=timezone.now()).order_by("-created_at")


@transaction.atomic
def end_own_session(user_id: int, sid: UUID, client: ClientInfo) -> None:
    """End one of the user's own sessions. Raises SessionNotFound."""
    if not get_live_sessions(user_id).filter(pk=sid).exists() or not end_session(sid, AuthSession.Reason.LOGOUT):
        raise SessionNotFound
    events.record_event(events.Event.SESSION_ENDED, client, user_id=user_id, sid=sid)


@transaction.atomic
def end_session_by_staff(user_id: int, sid: UUID, client: ClientInfo, staff_id: int | None) -> None:
    """End one of a user's sessions. Raises SessionNotFound."""
    if not get_live_sessions(user_id).filter(pk=sid).exists() or not end_session(sid, AuthSession.Reason.ADMIN):
        raise SessionNotFound("This session has ended already")
    events.record_event(events.Event.SESSION_ENDED, client, user_id=user_id, sid=sid, by=staff_id)
