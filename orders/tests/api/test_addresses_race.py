"""Concurrent changes to one address book"""

from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_access_token, make_user
from orders import addresses
from orders.models import Address
from orders.tests.factories import ADDRESS
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
BOOK = "/api/orders/addresses/"


def test_two_defaults_at_once_are_one_default() -> None:
    user = make_user()
    token = make_access_token(user)
    rows = Address.objects.bulk_create(Address(user=user, line1=f"Road {number}") for number in range(4))

    answers = run_concurrently(
        4, lambda n: SchemaClient().bearer(token).patch(f"{BOOK}{rows[n].pk}/", {"is_default": True}).status_code
    )

    assert answers == [200] * 4
    assert Address.objects.filter(user=user, is_default=True).count() == 1


def test_two_first_addresses_at_once_are_one_default() -> None:
    user = make_user()
    token = make_access_token(user)

    answers = run_concurrently(
        4, lambda n: SchemaClient().bearer(token).post(BOOK, {**ADDRESS, "is_default": n % 2 == 0}).status_code
    )

    assert answers == [201] * 4
    assert (Address.objects.count(), Address.objects.filter(is_default=True).count()) == (4, 1)


def test_the_limit_holds_however_many_come_at_once() -> None:
    user = make_user()
    token = make_access_token(user)
    Address.objects.bulk_create(Address(user=user, line1=f"Road {number}") for number in range(addresses.MAX_ADDRESSES - 1))

    answers = run_concurrently(4, lambda _: SchemaClient().bearer(token).post(BOOK, ADDRESS).status_code)

    assert sorted(answers) == [201, 400, 400, 400]
    assert Address.objects.count() == 50


@pytest.mark.postgresql
def test_an_address_that_is_removed_while_it_is_changed_is_changed_or_not_found() -> None:
    user = make_user()
    token = make_access_token(user)
    url = f"{BOOK}{Address.objects.create(user=user, line1='Road').pk}/"
    removed = Event()

    def remove() -> None:
        SchemaClient().bearer(token).delete(url)
        removed.set()
        connections.close_all()

    other = Thread(target=remove)

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "orders_address"') and other.ident is None:
            other.start()
            removed.wait(1)
        return execute(sql, params, many, context)

    client = SchemaClient(raise_request_exception=False).bearer(token)
    with connection.execute_wrapper(meanwhile):
        status = client.patch(url, {"full_name": "Ada"}).status_code
    other.join()

    assert status in (200, 404)
    assert not Address.objects.exists()
