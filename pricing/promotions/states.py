"""Whether a promotion is running."""

from datetime import datetime

from django.db.models import F, Q, QuerySet, TextChoices

from pricing.models import Promotion


class State(TextChoices):
    """What buyers can do with a promotion now."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    USED_UP = "used_up", "Used up"
    OFF = "off"


def get_state(promotion: Promotion, now: datetime) -> State:
    """Return the state of a promotion."""
    if not promotion.is_active:
        return State.OFF
    if promotion.ends_at is not None and promotion.ends_at <= now:
        return State.ENDED
    if promotion.usage_limit is not None and promotion.used >= promotion.usage_limit:
        return State.USED_UP
    return State.PLANNED if promotion.starts_at is not None and promotion.starts_at > now else State.RUNNING


def filter_by_state(promotions: QuerySet[Promotion], state: State, now: datetime) -> QuerySet[Promotion]:
    """Return the promotions in a state, as `get_state` tells it."""
    if state == State.OFF:
        return promotions.filter(is_active=False)
    active = promotions.filter(is_active=True)
    if state == State.ENDED:
        return active.filter(ends_at__lte=now)
    going_on = active.filter(Q(ends_at=None) | Q(ends_at__gt=now))
    if state == State.USED_UP:
        return going_on.filter(used__gte=F("usage_limit"))
    left = going_on.filter(Q(usage_limit=None) | Q(used__lt=F("usage_limit")))
    is_started = Q(starts_at=None) | Q(starts_at__lte=now)
    return left.filter(is_started) if state == State.RUNNING else left.exclude(is_started)
