"""How long accounts keep temporary rows."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuthEvent, AuthSession, PhoneCode

SESSION_RETENTION = timedelta(days=30)  # after their end, so that staff can see where a user was signed in
CODE_RETENTION = timedelta(days=1)
EVENT_RETENTION = timedelta(days=365)


def clean_up() -> dict[str, int]:
    """Delete expired admin sessions, and sessions, phone codes and events that are past their retention."""
    now = timezone.now()
    codes = PhoneCode.objects.filter(expires_at__lt=now - CODE_RETENTION).delete()[1]
    ended = Q(expires_at__lt=now - SESSION_RETENTION) | Q(revoked_at__lt=now - SESSION_RETENTION)
    return {
        "sessions": AuthSession.objects.filter(ended).delete()[0],
        "admin sessions": Session.objects.filter(expire_date__lt=now).delete()[0],
        "phone codes": codes.get("accounts.PhoneCode", 0),
        "account events": AuthEvent.objects.filter(created_at__lt=now - EVENT_RETENTION).delete()[0],
    }
