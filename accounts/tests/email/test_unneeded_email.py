"""Jobs whose e-mail is no longer needed, and addresses that name no user"""

import pytest
from django.core import mail
from django.utils import timezone

from accounts import emails
from accounts.models import User
from accounts.tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_verified_address_gets_no_verification() -> None:
    ada = make_user(email_verified_at=timezone.now())

    emails.send_email({"kind": "verify", "user_id": ada.pk})

    assert mail.outbox == []


@pytest.mark.parametrize("address", [None, "", "nonsense", "a@b@c"])
def test_a_malformed_address_names_no_user(address: str | None) -> None:
    make_user()

    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(address)
