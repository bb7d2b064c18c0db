"""core.compiled_queries: what is planned for each of its values is prepared by no connection."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.db.models import Func

from core.compiled_queries import CompiledSelect, Param
from products.models import Product
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
SEEN = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%search_name%' AND statement NOT LIKE '%pg_prepared%'"


def by_name(*, plan_each: bool) -> CompiledSelect[Any]:
    """Return a statement that finds a product by its folded name."""
    name = Param("name", models.TextField())
    return CompiledSelect(tuple, lambda: Product.objects.filter(search_name=name).values_list("name"), plan_each=plan_each)


def prepared() -> int:
    """Return how many statements of this kind PostgreSQL keeps a plan for."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("plan_each", [True, False])
def test_the_rows_are_the_same(plan_each: bool) -> None:
    make_product("Desk lamp")
    statement = by_name(plan_each=plan_each)

    assert [statement.rows(name=name) for name in ("desk lamp", "mug", "desk lamp")] == [[("Desk lamp",)], [], [("Desk lamp",)]]


@pytest.mark.postgresql  # SQLite plans each statement anyway
@pytest.mark.parametrize(("plan_each", "kept"), [(True, 0), (False, 1)])
def test_only_what_may_keep_its_plan_is_prepared(plan_each: bool, kept: int) -> None:
    connection.ensure_connection()
    raw: Any = connection.connection
    before, raw.prepare_threshold = raw.prepare_threshold, 2
    statement = by_name(plan_each=plan_each)

    try:
        for _ in range(10):
            statement.rows(name="lamp")
        found, threshold = prepared(), raw.prepare_threshold
    finally:
        raw.prepare_threshold = before

    assert (found, threshold) == (kept, 2)


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_leaves_the_connection_as_it_was() -> None:
    broken = CompiledSelect(
        tuple,
        lambda: Product.objects.values_list(Func(function="no_such_function", output_field=models.IntegerField())),
        plan_each=True,
    )
    connection.ensure_connection()
    before = getattr(connection.connection, "prepare_threshold", None)

    with pytest.raises(DatabaseError):
        broken.rows()

    assert getattr(connection.connection, "prepare_threshold", None) == before
    assert by_name(plan_each=True).rows(name="lamp") == []
