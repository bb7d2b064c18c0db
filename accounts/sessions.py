"""Starting, refreshing and ending sessions. Each change is one conditional UPDATE on the row's own columns: it cannot race."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import tokens
from accounts.exceptions import AccountDisabled, RefreshReused, SessionRevoked
from accounts.models import AuthSession, User

MAX_LIVE = 20  # sessions a user; the oldest is ended


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sign-in comes from."""

    ip: str | None = None
    user_agent: str = ""
    market: str = ""


@transaction.atomic
def start(user: User, method: str, place: Place) -> tokens.Pair:
    """Sign the user in at this place and return the first tokens. Raises AccountDisabled."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True).exists():
        raise AccountDisabled
    now = timezone.now()
    session = AuthSession.objects.create(
        user=user,
        method=method,
        expires_at=now + settings.SESSION_LIFETIME,
        ip=place.ip,
        user_agent=place.user_agent[:256],
        market=place.market,
    )
    live = AuthSession.objects.filter(user=user, revoked_at=None).order_by("-created_at").values_list("pk", flat=True)
    over = list(live[MAX_LIVE:])
    if over:
        AuthSession.objects.filter(pk__in=over).update(revoked_at=now, revoke_reason=AuthSession.Reason.LIMIT)
    return tokens.pair(session.pk, user.pk, place.market, 0)


def refresh(given: tokens.Claims) -> tokens.Pair:
    """Return the next pair. Raises RefreshReused (and ends the session), SessionRevoked.

    A second use within `REFRESH_GRACE_SECONDS` gets the same number again: two tabs, or an answer that was lost.
    """
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
            raise RefreshReused
    return tokens.pair(session.pk, session.user_id, session.market, given.refresh_no + 1)


def end(sid: UUID, reason: str) -> None:
    """End one session, at once and for good."""
    AuthSession.objects.filter(pk=sid, revoked_at=None).update(revoked_at=timezone.now(), revoke_reason=reason)


def end_all(user_id: int, reason: str) -> None:
    """End every session of the user."""
    AuthSession.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=timezone.now(), revoke_reason=reason)
