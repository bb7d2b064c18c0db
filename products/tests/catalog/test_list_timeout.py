"""GET /api/products/ with DATABASE_STATEMENT_TIMEOUT, the last limit of what a list may cost"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def sleep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Execute a slow statement instead."""
    return execute("SELECT pg_sleep(5)", None, many, context)


@pytest.mark.postgresql
@pytest.mark.parametrize("query", ["", "search=lamp", "search=lamp&ordering=name&count=true"])
def test_a_list_that_takes_too_long_is_refused_for_a_moment(api: SchemaClient, query: str) -> None:
    make_product("Lamp")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 10")

    with connection.execute_wrapper(sleep):
        response = api.get(f"/api/products/?{query}")

    assert (response.status_code, response.json()["code"]) == (503, "query_timeout")
    assert response.headers["Retry-After"] == "2"
