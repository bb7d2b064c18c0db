"""POST /api/auth/password/reset/confirm/: an account whose address was never confirmed may be the work of a stranger"""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuthEvent, SocialAccount, User
from accounts.tests.factories import get_me, make_user, sign_in
from accounts.tests.mails import get_link_params, send_pending_emails
from carts.tests.factories import add_to_cart
from orders.models import Address
from orders.tests.factories import ADDRESS
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
NEW_PASSWORD = "a lamp in the valley"
PHONE = "+13128059851"


def reset(email: str = "ada@example.com") -> Any:
    """Reset the password by e-mail."""
    SchemaClient().post("/api/auth/password/reset/", {"email": email})
    body = {**get_link_params(email), "new_password": NEW_PASSWORD}
    return SchemaClient().post("/api/auth/password/reset/confirm/", body)


def plant(user: User) -> str:
    """Leave a number, an identity, an address and a cart in the account, and return a live token."""
    User.objects.filter(pk=user.pk).update(phone=PHONE, phone_verified_at=timezone.now())
    SocialAccount.objects.create(user=user, provider="google", sub="4711")
    token, _ = sign_in()
    client = SchemaClient().bearer(token)
    assert client.post("/api/orders/addresses/", {**ADDRESS, "full_name": "Eve"}).status_code == 201
    assert client.patch("/api/auth/me/", {"accepts_marketing": True}).status_code == 200
    add_to_cart(client, make_product())
    return token


def test_what_a_stranger_planted_is_gone() -> None:
    token = plant(make_user())

    assert reset().status_code == 200

    ada = User.objects.get()
    assert (ada.phone, ada.phone_verified_at, ada.email_verified_at is None) == (None, None, False)
    assert (ada.accepts_marketing, ada.marketing_consents.values_list("source", flat=True)[0]) == (False, "identity_reset")
    assert ada.check_password(NEW_PASSWORD)
    assert not SocialAccount.objects.exists()
    assert not Address.objects.exists()
    assert get_me(token).json()["code"] == "session_revoked"
    assert list(AuthEvent.objects.filter(event__contains="reset").order_by("pk").values_list("event", flat=True)) == [
        *("password_reset_asked", "identity_reset", "password_reset")
    ]
    (message,) = send_pending_emails()
    assert message.subject == "Your password at Our shop was changed"
    assert "removed its phone number, its saved addresses" in message.body


def test_the_cart_stays() -> None:
    plant(make_user())
    reset()
    credentials = {"email": "ada@example.com", "password": NEW_PASSWORD}
    client = SchemaClient()
    client.post("/api/auth/login/", credentials)

    assert client.get("/api/cart/").json()["data"]["total_items"] == 1


def test_a_confirmed_account_keeps_all() -> None:
    plant(make_user(email_verified_at=timezone.now()))

    assert reset().status_code == 200

    ada = User.objects.get()
    assert (ada.phone, SocialAccount.objects.count(), Address.objects.count()) == (PHONE, 1, 1)
    assert not AuthEvent.objects.filter(event="identity_reset").exists()
    (message,) = send_pending_emails()
    assert "removed" not in message.body


def test_the_second_reset_takes_nothing_more() -> None:
    plant(make_user())
    reset()
    client = SchemaClient()
    client.post("/api/auth/login/", {"email": "ada@example.com", "password": NEW_PASSWORD})
    client.post("/api/orders/addresses/", ADDRESS)
    send_pending_emails()

    assert reset().status_code == 200

    assert Address.objects.count() == 1


def test_an_account_that_staff_made_and_nobody_opened_keeps_what_staff_entered() -> None:
    User.objects.create_user("ada@example.com", phone=PHONE)

    assert reset().status_code == 200

    assert User.objects.get().phone == PHONE


def test_a_weak_password_removes_nothing() -> None:
    token = plant(make_user())
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    body = {**get_link_params("ada@example.com"), "new_password": "password123"}

    assert SchemaClient().post("/api/auth/password/reset/confirm/", body).status_code == 400

    assert (User.objects.get().phone, Address.objects.count()) == (PHONE, 1)
    assert get_me(token).status_code == 200
