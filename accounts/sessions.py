"""Starting, refreshing and ending sessions. Each change is one conditional UPDATE on the row's own columns: it cannot race."""

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

MAX_LIVE = 20  # sessions a user; the oldest is ended


@transaction.atomic
def start(user: User, method: str, place: ClientInfo) -> tokens.Pair:
    """Sign the user in at this place and return the first tokens.

    Raises AccountDisabled; InvalidCredentials where the password was changed after this user had proved it.
    """
    found = User.objects.select_for_update(no_key=True).filter(pk=user.pk)
    locked = found.values_list("is_active", "password_changed_at").first()
    if locked is None or locked[1] != user.password_changed_at:
        raise InvalidCredentials
    if not locked[0]:
        raise AccountDisabled
    now = timezone.now()
    session = AuthSession.objects.create(
        user=user,
        method=method,
        expires_at=now + settings.SESSION_LIFETIME,
        ip=place.ip,
        user_agent=place.user_agent[:256].replace("\0", ""),
        market=place.market,
    )
    live = AuthSession.objects.filter(user=user, revoked_at=None).order_by("-created_at").values_list("pk", flat=True)
    over = list(live[MAX_LIVE:])
    if over:
        AuthSession.objects.filter(pk__in=over).update(revoked_at=now, revoke_reason=AuthSession.Reason.LIMIT)
    events.record(events.Event.LOGIN, place, user_id=user.pk, sid=session.pk, method=method)
    return tokens.pair(session.pk, user.pk, place.market, 0)


def refresh(given: tokens.Claims, place: ClientInfo) -> tokens.Pair:
    """Return the next pair. Raises RefreshReused (and ends the session), SessionRevoked, TooManyRequests.

    A second use within `REFRESH_GRACE_SECONDS` gets the same number again: two tabs, or an answer that was lost.
    """
    rate_limits.count("refresh", given.sid)
    now = timezone.now()
    sessions = AuthSession.objects.filter(pk=given.sid, user_id=given.user_id, revoked_at=None, expires_at__gt=now)
    turned = sessions.filter(refresh_no=given.refresh_no).update(refresh_no=F("refresh_no") + 1, rotated_at=now, last_seen_at=now)
    session = sessions.select_related("user").first()
    if session is None:
        raise SessionRevoked
    if not session.user.is_active:
        end(session.pk, AuthSession.Reason.BANNED)
        raise SessionRevoked
    if not turned:
        grace = timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
        just_now = session.rotated_at is not None and now - session.rotated_at <= grace
        if session.refresh_no <= given.refresh_no:
            raise SessionRevoked
        if session.refresh_no != given.refresh_no + 1 or not just_now:
            end(session.pk, AuthSession.Reason.REFRESH_REUSE)
            events.record(events.Event.REFRESH_REUSE, place, user_id=session.user_id, sid=session.pk)
            raise RefreshReused
    return tokens.pair(session.pk, session.user_id, session.market, given.refresh_no + 1)


def end(sid: UUID, reason: str) -> bool:
    """End one session, at once and for good; False where it had ended."""
    live = AuthSession.objects.filter(pk=sid, revoked_at=None)
    return bool(live.update(revoked_at=timezone.now(), revoke_reason=reason))


@transaction.atomic
def end_all(user_id: int, reason: str) -> int:
    """End every session of the user, those of the admin too, and return how many there were that hold tokens."""
    User.objects.filter(pk=user_id).update(signed_out_at=timezone.now())
    live = AuthSession.objects.filter(user_id=user_id, revoked_at=None)
    return live.update(revoked_at=timezone.now(), revoke_reason=reason)


def live_of(user_id: int) -> QuerySet[AuthSession]:
    """Return where the user is signed in, the newest first."""
    return AuthSession.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=timezone.now()).order_by("-created_at")


@transaction.atomic
def end_own(user_id: int, sid: UUID, place: ClientInfo) -> None:
    """End one of the user's own sessions. Raises SessionNotFound."""
    if not live_of(user_id).filter(pk=sid).exists() or not end(sid, AuthSession.Reason.LOGOUT):
        raise SessionNotFound
    events.record(events.Event.SESSION_ENDED, place, user_id=user_id, sid=sid)
