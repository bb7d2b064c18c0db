"""Consent to marketing: who agrees to news and offers, with the evidence."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.client_info import ClientInfo
from accounts.models import MarketingConsent, User

Source = MarketingConsent.Source


class Recipient(NamedTuple):
    """A customer who accepts marketing; an address or a number that they have not confirmed is empty."""

    name: str
    email: str
    phone: str
    market: str
    consented_at: datetime | None


@transaction.atomic
def set_consent(user_id: int, source: str, client: ClientInfo, *, accepts: bool, staff_id: int | None = None) -> bool:
    """Store a consent or its withdrawal, with its evidence; return False if nothing changes."""
    if not User.objects.filter(pk=user_id, accepts_marketing=not accepts).update(accepts_marketing=accepts):
        return False
    add_evidence(user_id, source, client, accepts=accepts, staff_id=staff_id)
    return True


def add_evidence(user_id: int, source: str, client: ClientInfo, *, accepts: bool, staff_id: int | None = None) -> None:
    """Add a row to the history of a user whose consent the caller has stored."""
    MarketingConsent.objects.create(user_id=user_id, accepts=accepts, source=source, ip=client.ip, by_id=staff_id)


def list_recipients(users: QuerySet[User]) -> Iterator[Recipient]:
    """Yield those of the users who accept marketing and can be written to; one statement.

    Someone may have typed the address or number of another person, so only confirmed ones count, and banned users do not.
    """
    consents = MarketingConsent.objects.filter(user=OuterRef("pk")).order_by("-pk")
    is_confirmed = Q(email__isnull=False, email_verified_at__isnull=False) | Q(phone__isnull=False, phone_verified_at__isnull=False)
    accepting = users.filter(is_confirmed, accepts_marketing=True, is_active=True).order_by("pk")
    for user in accepting.annotate(consented_at=Subquery(consents.values("at")[:1])).iterator(chunk_size=500):
        yield Recipient(
            user.get_full_name(),
            (user.email if user.email_verified_at else None) or "",
            (user.phone if user.phone_verified_at else None) or "",
            user.market,
            user.consented_at,
        )
