"""An account is closed while its owner begins a cart in another market, and changes that: no one waits for the other for ever"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import User
from accounts.tests.factories import PASSWORD, access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add
from products.tests.factories import make_products
from tests.schema_client import SchemaClient

PATIENCE = 3  # seconds


def after(part: str, then: Callable[[], object]) -> Callable[..., Any]:
    """Return what runs statements and does something after the first one with this part."""
    waiting = [then]

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if waiting and part in sql:
            waiting.pop()()
        return result

    return watch


def in_thread(act: Callable[[], object]) -> Thread:
    """Start it in a thread with a connection of its own."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_cart_that_is_begun_meanwhile_is_waited_for() -> None:
    lamp, mug = make_products("Lamp", "Mug")
    token = access_token(make_user())
    here, abroad = SchemaClient().bearer(token), SchemaClient(HTTP_X_MARKET="us").bearer(token)
    add(here, lamp)
    holds_cart, lines_are_gone = Event(), Event()
    answers: dict[str, int] = {}
    threads: list[Thread] = []

    def hold() -> None:
        holds_cart.set()
        lines_are_gone.wait(PATIENCE)

    def clear() -> None:
        with connection.execute_wrapper(after("FOR NO KEY UPDATE", hold)):
            answers["clear"] = abroad.delete("/api/cart/clear/").status_code

    def begin() -> None:
        in_thread(lambda: add(abroad, mug)).join(PATIENCE)
        threads.append(in_thread(clear))
        holds_cart.wait(PATIENCE)

    with (
        connection.execute_wrapper(after("FOR UPDATE", begin)),
        connection.execute_wrapper(after('DELETE FROM "carts_cartitem"', lines_are_gone.set)),
    ):
        answers["close"] = here.delete("/api/auth/me/", {"password": PASSWORD}).status_code
    for thread in threads:
        thread.join()

    assert answers["close"] == 200
    assert answers["clear"] in (200, 401)
    assert [model.objects.count() for model in (User, Cart, CartItem)] == [0, 0, 0]
