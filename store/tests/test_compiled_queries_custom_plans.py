"""core.compiled_queries: a query with custom plans is never prepared."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.db.models import Func

from core.compiled_queries import CompiledSelect, Param
from products.models import Product
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%search_name%' AND statement NOT LIKE '%pg_prepared%'"


def select_by_name(*, custom_plan: bool) -> CompiledSelect[Any]:
    """Return a select of products by their folded name."""
    name = Param("name", models.TextField())
    return CompiledSelect(tuple, lambda: Product.objects.filter(search_name=name).values_list("name"), custom_plan=custom_plan)


def count_prepared() -> int:
    """Return how many such statements PostgreSQL has prepared."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARED)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("custom_plan", [True, False])
def test_the_rows_are_the_same(custom_plan: bool) -> None:
    make_product("Desk lamp")
    select = select_by_name(custom_plan=custom_plan)

    assert [select.rows(name=name) for name in ("desk lamp", "mug", "desk lamp")] == [[("Desk lamp",)], [], [("Desk lamp",)]]


@pytest.mark.postgresql  # SQLite plans each execution anyway
@pytest.mark.parametrize(("custom_plan", "expected"), [(True, 0), (False, 1)])
def test_only_what_may_keep_its_plan_is_prepared(custom_plan: bool, expected: int) -> None:
    connection.ensure_connection()
    raw: Any = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, 2
    select = select_by_name(custom_plan=custom_plan)

    try:
        for _ in range(10):
            select.rows(name="lamp")
        prepared, threshold = count_prepared(), raw.prepare_threshold
    finally:
        raw.prepare_threshold = before

    assert (prepared, threshold) == (expected, 2)


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_leaves_the_connection_as_it_was() -> None:
    broken = CompiledSelect(
        tuple,
        lambda: Product.objects.values_list(Func(function="no_such_function", output_field=models.IntegerField())),
        custom_plan=True,
    )
    connection.ensure_connection()
    before = getattr(connection.connection, "prepare_threshold", None)

    with pytest.raises(DatabaseError):
        broken.rows()

    assert getattr(connection.connection, "prepare_threshold", None) == before
    assert select_by_name(custom_plan=True).rows(name="lamp") == []
