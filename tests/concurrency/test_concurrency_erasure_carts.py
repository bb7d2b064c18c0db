"""An account is closed while its owner starts and changes a cart in another market: no deadlock"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from products.tests.factories import make_products
from tests.schema_client import SchemaClient

TIMEOUT = 3  # seconds


def run_after_statement(part: str, then: Callable[[], object]) -> Callable[..., Any]:
    """Return an execute wrapper that calls `then` after the first statement containing this part."""
    waiting = [then]

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if waiting and part in sql:
            waiting.pop()()
        return result

    return watch


def run_in_thread(act: Callable[[], object]) -> Thread:
    """Start this in a thread with a separate connection."""

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
    token = make_access_token(make_user())
    home, abroad = SchemaClient().bearer(token), SchemaClient(HTTP_X_MARKET="us").bearer(token)
    add_to_cart(home, lamp)
    holds_cart, lines_are_gone = Event(), Event()
    responses: dict[str, int] = {}
    threads: list[Thread] = []

    def hold() -> None:
        holds_cart.set()
        lines_are_gone.wait(TIMEOUT)

    def clear() -> None:
        with connection.execute_wrapper(run_after_statement("FOR NO KEY UPDATE", hold)):
            responses["clear"] = abroad.delete("/api/cart/clear/").status_code

    def begin() -> None:
        run_in_thread(lambda: add_to_cart(abroad, mug)).join(TIMEOUT)
        threads.append(run_in_thread(clear))
        holds_cart.wait(TIMEOUT)

    with (
        connection.execute_wrapper(run_after_statement("FOR UPDATE", begin)),
        connection.execute_wrapper(run_after_statement('DELETE FROM "carts_cartitem"', lines_are_gone.set)),
    ):
        responses["close"] = home.delete("/api/auth/me/", {"password": PASSWORD}).status_code
    for thread in threads:
        thread.join()

    assert responses["close"] == 200
    assert responses["clear"] in (200, 401)
    assert [model.objects.count() for model in (User, Cart, CartItem)] == [0, 0, 0]
