"""`manage.py clean_up`: events that could never be worked through are not kept for ever either"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from orders.models import StripeEvent


@pytest.mark.parametrize("status", ["received", "failed", "done", "ignored"])
def test_an_event_is_kept_for_ninety_days_whatever_has_become_of_it(db: None, status: str) -> None:
    for days in (89, 91):
        at = timezone.now() - timedelta(days=days)
        is_over = status in ("done", "ignored")
        StripeEvent.objects.create(
            event_id=f"evt_{days}", type="x", created=at, payload="{}", status=status, processed_at=at if is_over else None
        )
        StripeEvent.objects.filter(event_id=f"evt_{days}").update(received_at=at)
    said = StringIO()

    call_command("clean_up", stdout=said)

    assert "1 payment events" in said.getvalue()
    assert StripeEvent.objects.get().event_id == "evt_89"
