"""manage.py clean_up: exact limits, counts and number of statements"""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuthEvent, AuthSession, PhoneCode, PhoneCodeTry, User
from accounts.tests.factories import get_me, make_user, sign_in
from carts.models import Cart, CartAuditLog, CartItem
from carts.tests.factories import add_to_cart, signed_in_client
from core.models import Job
from orders.models import Order
from orders.tests.factories import create, placed
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PHONE = "+13128059851"


def clean_up(verbosity: int = 1) -> str:
    """Run the command and return what it prints."""
    output = StringIO()
    call_command("clean_up", stdout=output, verbosity=verbosity)
    return output.getvalue()


def create_code(now: datetime, *, hours: int = 25, tries: int = 0) -> None:
    """Create a code that expired this many hours ago, with this number of attempts."""
    sent = PhoneCode.objects.create(phone=PHONE, salt="", code_mac="", expires_at=now - timedelta(hours=hours))
    for number in range(tries):
        PhoneCodeTry.objects.create(code=sent, caller=f"198.51.100.{number}")


def create_session(now: datetime, **ended_order: datetime) -> None:
    """Create a session of the only user."""
    AuthSession.objects.create(user=User.objects.get(), method="password", **{"expires_at": now + timedelta(days=1), **ended_order})


def test_a_cart_expires_at_the_same_moment_for_its_guest_and_for_the_command() -> None:
    guest = SchemaClient()
    add_to_cart(guest, make_product(stock=5))
    Cart.objects.update(expires_at=timezone.now() + timedelta(milliseconds=40))
    while timezone.now() < Cart.objects.get().expires_at:  # type: ignore[operator]
        pass

    item_count = guest.get("/api/cart/").json()["data"]["total_items"]

    assert item_count == 0
    assert clean_up() == "1 guest carts\nClean.\n"


def test_lines_and_log_go_with_the_cart_and_the_cart_of_its_other_market_stays() -> None:
    guest = SchemaClient()
    lamp = make_product(stock=5)
    add_to_cart(guest, lamp)
    Cart.objects.update(expires_at=timezone.now() - timedelta(days=1), market="us")
    add_to_cart(guest, lamp)

    assert clean_up() == "1 guest carts\nClean.\n"

    assert [model.objects.count() for model in (Cart, CartItem, CartAuditLog)] == [1, 1, 1]
    assert guest.get("/api/cart/").json()["data"]["total_items"] == 1


def test_a_guest_who_comes_back_after_it_starts_again_under_the_same_key() -> None:
    guest = SchemaClient()
    lamp = make_product(stock=5)
    key = add_to_cart(guest, lamp, 3)["cart_token"]
    Cart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    clean_up()

    body = add_to_cart(guest, lamp)

    assert body["cart_token"] == key
    assert guest.get("/api/cart/").json()["data"]["total_items"] == 1


def test_a_held_cart_goes_once_its_order_is_settled() -> None:
    add_to_cart(SchemaClient(), make_product(stock=5))
    Cart.objects.update(expires_at=timezone.now() - timedelta(days=9))
    CartItem.objects.update(held=1)
    assert clean_up() == "Clean.\n"
    CartItem.objects.update(held=0)

    assert clean_up() == "1 guest carts\nClean.\n"
    assert not Cart.objects.exists()


def test_live_sessions_stay_and_the_user_sees_them() -> None:
    make_user()
    token, _ = sign_in()
    now = timezone.now()
    create_session(now)
    create_session(now, revoked_at=now)
    create_session(now, expires_at=now)

    assert clean_up() == "Clean.\n"

    assert AuthSession.objects.count() == 4
    client = SchemaClient().bearer(token)
    assert len(client.get("/api/auth/sessions/").json()["data"]) == 2
    assert get_me(token).status_code == 200


def test_a_pending_or_failed_job_stays_however_old_it_is() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    for ended_order in ({}, {"failed_at": long_ago}, {"leased_until": long_ago}):
        Job.objects.create(kind="order_placed", run_at=long_ago, created_at=long_ago, **ended_order)

    assert clean_up() == "Clean.\n"
    assert Job.objects.count() == 3


def test_an_order_keeps_everything_but_its_key() -> None:
    client = signed_in_client(make_user())
    add_to_cart(client, make_product(stock=5))
    create(client, "first")
    Order.objects.update(created_at=timezone.now() - timedelta(hours=49))
    before: dict[str, object] = {**Order.objects.values().get()}

    clean_up()

    after: dict[str, object] = {**Order.objects.values().get()}
    assert {name for name in before if before[name] != after[name]} == {"idempotency_scope", "idempotency_key", "request_hash"}


def test_it_prints_nothing_with_verbosity_0_and_does_its_work() -> None:
    create_code(timezone.now())

    assert clean_up(verbosity=0) == ""
    assert not PhoneCode.objects.exists()


def test_a_code_counts_once_however_often_it_was_tried() -> None:
    create_code(timezone.now(), tries=3)

    assert clean_up() == "1 phone codes\nClean.\n"
    assert not PhoneCodeTry.objects.exists()


def test_the_admins_sessions_go_when_they_are_over() -> None:
    root = User.objects.create_superuser("root@example.com", "a root of oak")
    for _ in range(2):
        Client().force_login(root)
    Session.objects.filter(pk=Session.objects.values("pk")[:1]).update(expire_date=timezone.now() - timedelta(days=1))

    clean_up()

    assert Session.objects.count() == 1


def create_sessions(count: int, now: datetime) -> None:
    """Create this number of sessions that ended long ago."""
    make_user()
    for _ in range(count):
        create_session(now, revoked_at=now - timedelta(days=31))


def create_codes(count: int, now: datetime) -> None:
    """Create this number of expired codes, each with two attempts."""
    for _ in range(count):
        create_code(now, tries=2)


def create_auth_events(count: int, now: datetime) -> None:
    """Create this number of account events that are older than a year."""
    for _ in range(count):
        AuthEvent.objects.create(event="login_fail", created_at=now - timedelta(days=366))


def create_jobs(count: int, now: datetime) -> None:
    """Create this number of jobs that were done long ago."""
    for _ in range(count):
        Job.objects.create(kind="order_placed", done_at=now - timedelta(days=8))


def create_ordered_carts(count: int, now: datetime) -> None:
    """Create this number of expired guest carts, each with an order and one more line."""
    lamp, mug = make_product("Lamp", stock=500), make_product("Mug", stock=500)
    for _ in range(count):
        guest = SchemaClient()
        add_to_cart(guest, lamp)
        placed(guest, name="Ada")
        add_to_cart(guest, mug)
    Cart.objects.update(expires_at=now)


@pytest.mark.parametrize("make", [create_sessions, create_codes, create_auth_events, create_jobs, create_ordered_carts])
def test_forty_rows_cost_what_one_costs(make: Callable[[int, datetime], None]) -> None:
    costs = []
    for count in (1, 40):
        User.objects.all().delete()
        make(count, timezone.now())
        with capture_statements() as spent:
            assert clean_up() != "Clean.\n"
        costs.append(len(spent))
        assert clean_up() == "Clean.\n"

    assert costs[0] == costs[1]
