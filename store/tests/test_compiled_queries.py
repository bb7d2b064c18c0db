"""Compiled selects return what the QuerySet returns, on either engine."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models
from django.db.models import F, Q, QuerySet, Sum
from django.test.utils import CaptureQueriesContext

from core.compiled_queries import CompiledSelect, Param
from core.models import Job
from core.money import MoneyField
from products.models import Listing, Product, Variant
from products.tests.factories import make_category, make_product, make_variant

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
EARLIER = datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)
NUMBER = UUID("12345678-1234-4234-8234-123456789abc")


@pytest.fixture(autouse=True)
def products() -> None:
    """Two products: a lamp with all fields, a chair with few, and a variant whose price has many digits."""
    lamp = make_product("100% Lamp_'\"", price="19.99", stock=7, category=make_category("Lighting"), prices={"us": "0.5"})
    chair = make_product("Chair", variants=[make_variant("C-1", price="9999999.999", stock=0), make_variant("C-2", price="0")])
    Product.objects.filter(pk=lamp.pk).update(uuid=NUMBER, created_at=WHEN)
    Product.objects.filter(pk=chair.pk).update(created_at=EARLIER)
    Variant.objects.filter(sku="C-1").update(options={"size": "L"}, deleted_at=WHEN, compare_at_price=Decimal("12345.678"))


def build_all_columns() -> QuerySet[Any, Any]:
    """Select a column of each type, some of them null."""
    return Variant.objects.order_by("sku").values_list(
        *("id", "sku", "price", "compare_at_price", "options", "stock", "is_active", "deleted_at", "created_at"),
        *("product__uuid", "product__created_at", "product__category__name", "product__seller_id"),
    )


def build_totals() -> QuerySet[Any, Any]:
    """Select sums and differences, whose type is not that of a column."""
    return (
        Product.objects.annotate(left=Sum(F("variants__stock") - F("variants__reserved")), worth=Sum("variants__price"))
        .order_by("name")
        .values_list("name", "left", "worth")
    )


@pytest.mark.parametrize("build", [build_all_columns, build_totals])
def test_the_rows_are_those_of_the_queryset_in_value_and_type(build: Any) -> None:
    expected = [tuple(row) for row in build()]

    rows = CompiledSelect(tuple, build).rows()

    assert rows == expected
    assert [[type(value) for value in row] for row in rows] == [[type(value) for value in row] for row in expected]


def test_amounts_times_and_numbers_come_back_exactly() -> None:
    row = CompiledSelect(tuple, build_all_columns).first()

    assert row is not None
    assert row[1:4] == ("C-1", Decimal("9999999.999"), Decimal("12345.678"))
    assert row[7] == WHEN
    assert row[10] == EARLIER
    assert row[11:] == (None, None)


@pytest.mark.parametrize(
    ("field", "lookup", "value"),
    [
        (models.UUIDField(), "product__uuid", NUMBER),
        (MoneyField(), "price", Decimal("19.990")),
        (MoneyField(), "price__gte", Decimal("9999999.999")),
        (models.DateTimeField(), "product__created_at", WHEN),
        (models.DateTimeField(), "product__created_at__lt", WHEN),
        (models.CharField(), "sku", "C-1"),
        (models.CharField(), "sku", "' OR 1=1 --"),
        (models.CharField(), "product__name", "100% Lamp_'\""),
        (models.CharField(), "product__name__icontains", "0% LAMP_'"),
        (models.CharField(), "product__name__icontains", "%"),
        (models.CharField(), "product__name__icontains", "_"),
        (models.CharField(), "product__name__icontains", "\\"),
        (models.BigIntegerField(), "stock", 7),
        (models.BigIntegerField(), "stock__lt", 2**62),
        (models.BooleanField(), "is_active", True),
    ],
)
def test_a_value_in_a_slot_means_what_it_means_in_a_filter(field: Any, lookup: str, value: Any) -> None:
    def build(by: Any) -> QuerySet[Any, Any]:
        return Variant.objects.filter(**{lookup: by}).order_by("sku").values_list("sku", "price")

    select = CompiledSelect(tuple, lambda: build(Param("value", field)))

    assert select.rows(value=value) == list(build(value))


def test_values_change_from_run_to_run_and_slots_may_come_in_any_order() -> None:
    def build() -> QuerySet[Any, Any]:
        sku, least = Param("sku", models.CharField()), Param("least", MoneyField())
        return Variant.objects.filter(Q(price__gte=least) & ~Q(sku=sku)).order_by("sku").values_list("sku", flat=False)

    select = CompiledSelect(tuple, build)

    assert select.rows(sku="C-1", least=Decimal(1)) == [("SKU-1",)]
    assert select.rows(least=Decimal(100), sku="SKU-1") == [("C-1",)]
    assert select.rows(least=Decimal("1e6"), sku="C-1") == []


def test_a_slot_that_gets_no_value_is_a_mistake() -> None:
    select = CompiledSelect(tuple, lambda: Job.objects.filter(kind=Param("kind", models.CharField())).values_list("id"))

    with pytest.raises(KeyError):
        select.rows()


def test_it_is_compiled_once_and_is_one_statement_each_time() -> None:
    compiled: list[int] = []

    def build() -> QuerySet[Any, Any]:
        compiled.append(1)
        return build_all_columns()

    select = CompiledSelect(tuple, build)
    with CaptureQueriesContext(connection) as queries:
        first, second = select.rows(), select.rows()

    assert compiled == [1]
    assert len(queries) == 2
    assert first == second


def test_it_runs_the_sql_that_django_writes() -> None:
    with CaptureQueriesContext(connection) as queries:
        list(build_all_columns())
        CompiledSelect(tuple, build_all_columns).rows()

    assert queries[0]["sql"] == queries[1]["sql"]


def test_it_sees_what_was_written_since() -> None:
    select = CompiledSelect(tuple, lambda: Variant.objects.filter(sku="SKU-1").values_list("price"))
    before = select.first()

    Variant.objects.filter(sku="SKU-1").update(price=Decimal(5))

    assert (before, select.first()) == ((Decimal("19.990"),), (Decimal("5.000"),))


def test_first_is_none_where_nothing_is_found() -> None:
    assert CompiledSelect(tuple, lambda: Variant.objects.filter(sku="none").values_list("id")).first() is None


def test_rows_are_locked_where_the_engine_can_lock_rows() -> None:
    select = CompiledSelect(tuple, lambda: Variant.objects.order_by("id").values_list("id", "product__name"), locks=Variant)

    with CaptureQueriesContext(connection) as queries:
        rows = select.rows()

    assert len(rows) == 3
    locked = re.search(r' FOR (NO KEY )?UPDATE OF "products_variant"$', queries[0]["sql"])
    assert bool(locked) is connection.features.has_select_for_update


def test_a_nullable_decimal_of_a_joined_table_keeps_its_type() -> None:
    rows = CompiledSelect(
        tuple,
        lambda: Listing.objects.order_by("market", "price").values_list("market", "price", "compare_at_price", "variant__price"),
    ).rows()

    assert rows == [
        ("in", Decimal("0.000"), None, Decimal("9999999.999")),
        ("in", Decimal("19.990"), None, Decimal("19.990")),
        ("us", Decimal("0.500"), None, Decimal("19.990")),
    ]
