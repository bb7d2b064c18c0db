"""How long accounts keep what is of use for a while only."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuthEvent, AuthSession, PhoneCode

SESSIONS_FOR = timedelta(days=30)  # after their end, so that staff can see where somebody was signed in
CODES_FOR = timedelta(days=1)
EVENTS_FOR = timedelta(days=365)


def clean_up() -> dict[str, int]:
    """Delete sessions that ended 30 days ago, those of the admin that are over, codes of yesterday, and events of a year ago."""
    now = timezone.now()
    codes = PhoneCode.objects.filter(expires_at__lt=now - CODES_FOR).delete()[1]
    ended = Q(expires_at__lt=now - SESSIONS_FOR) | Q(revoked_at__lt=now - SESSIONS_FOR)
    return {
        "sessions": AuthSession.objects.filter(ended).delete()[0],
        "admin sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "phone codes": codes.get("accounts.PhoneCode", 0),
        "account events": AuthEvent.objects.filter(created_at__lt=now - EVENTS_FOR).delete()[0],
    }
