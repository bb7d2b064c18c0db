"""manage.py clean_up"""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from accounts.models import AuthEvent, AuthSession, PhoneCode
from accounts.tests.factories import get_me, make_user, sign_in
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, signed_in_client
from core.models import Job
from orders.models import Order
from orders.tests.factories import create, customer, placed
from products.models import Variant
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

DAY = timedelta(days=1)


def clean_up() -> str:
    """Run the command and return what it prints."""
    output = StringIO()
    call_command("clean_up", stdout=output)
    return output.getvalue()


def make_guest(**expiry: Any) -> SchemaClient:
    """Return a guest whose cart expires at this distance from now."""
    client = SchemaClient()
    add_to_cart(client, make_product())
    Cart.objects.filter(pk=Cart.objects.latest("pk").pk).update(expires_at=timezone.now() + timedelta(**expiry))
    return client


@pytest.mark.django_db
def test_a_clean_shop_stays_as_it_is() -> None:
    assert clean_up() == "Clean.\n"


@pytest.mark.django_db
def test_carts_of_guests_go_when_they_are_over_and_not_before() -> None:
    make_guest(seconds=-1)
    make_guest(days=-9)
    kept_guest = make_guest(minutes=1)
    user = signed_in_client(make_user())
    add_to_cart(user, make_product())

    output = clean_up()

    assert output == "2 guest carts\nClean.\n"
    assert Cart.objects.count() == CartItem.objects.count() == 2
    assert kept_guest.get("/api/cart/").json()["data"]["total_items"] == 1
    assert user.get("/api/cart/").json()["data"]["total_items"] == 1
    assert clean_up() == "Clean.\n"


@pytest.mark.django_db
def test_a_cart_whose_order_is_open_stays() -> None:
    make_guest(days=-9)
    CartItem.objects.update(held=1)

    assert clean_up() == "Clean.\n"
    assert Cart.objects.exists()


@pytest.mark.django_db
def test_an_order_outlives_the_cart_of_its_guest() -> None:
    client = make_guest(days=3)
    order = placed(client, name="Ada", phone="+913128059851")
    Cart.objects.update(expires_at=timezone.now() - DAY)

    clean_up()

    assert not Cart.objects.exists()
    response = SchemaClient().get(f"/api/orders/{order['number']}/", headers={"X-Order-Token": order["order_token"]})
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_cart_merged_into_a_users_cart_keeps_its_history() -> None:
    client = make_guest(days=3)
    make_user()
    client.post("/api/auth/login/", {"email": "ada@example.com", "password": "a lamp on the hill"})

    assert clean_up() == "Clean.\n"
    assert Cart.objects.count() == 2


@pytest.mark.django_db
def test_sessions_go_thirty_days_after_their_end() -> None:
    make_user()
    live, _ = sign_in()
    for ago, field in ((31, "revoked_at"), (29, "revoked_at"), (31, "expires_at"), (29, "expires_at")):
        sign_in()
        AuthSession.objects.filter(pk=AuthSession.objects.latest("created_at").pk).update(**{field: timezone.now() - ago * DAY})

    output = clean_up()

    assert output == "2 sessions\nClean.\n"
    assert AuthSession.objects.count() == 3
    assert get_me(live).status_code == 200


@pytest.mark.django_db
def test_codes_of_yesterday_events_of_a_year_ago_and_old_jobs_go() -> None:
    now = timezone.now()
    for hours in (25, 23):
        PhoneCode.objects.create(phone="+13128059851", salt="", code_mac="", expires_at=now - timedelta(hours=hours))
    for days in (366, 364):
        AuthEvent.objects.create(event="login_fail", created_at=now - days * DAY)
    for days, ended_order in ((8, "done_at"), (6, "done_at"), (90, "failed_at")):
        Job.objects.create(kind="order_placed", **{ended_order: now - days * DAY})

    output = clean_up()

    assert output == "1 phone codes\n1 account events\n1 jobs\nClean.\n"
    assert [job.failed_at is None for job in Job.objects.order_by("pk")] == [True, False]


@pytest.mark.django_db
def test_an_idempotency_key_is_forgotten_after_48_hours() -> None:
    client = customer()
    lamp = make_product(stock=9)
    add_to_cart(client, lamp)
    create(client, "first")
    Order.objects.update(created_at=F("created_at") - timedelta(hours=49))
    add_to_cart(client, lamp)
    create(client, "second")

    output = clean_up()

    assert output == "1 idempotency keys\nClean.\n"
    assert list(Order.objects.order_by("pk").values_list("idempotency_key", flat=True)) == ["", "second"]
    assert create(client, "second").status_code == 200


@pytest.mark.django_db
def test_many_rows_cost_no_more_than_one(unthrottled: None) -> None:
    costs = []
    for count in (1, 30):
        for _ in range(count):
            make_guest(seconds=-1)
        with capture_statements() as spent:
            clean_up()
        costs.append(len(spent))

    assert costs[0] == costs[1]
    assert Variant.objects.count() == 31
