"""Compiled updates, deletes and inserts do what the QuerySet does, on either engine."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.test.utils import CaptureQueriesContext

from accounts.models import AuthSession
from accounts.tests.factories import make_user
from core.compiled_queries import CompiledDelete, CompiledInsert, CompiledUpdate, Param
from core.models import Job
from core.money import MoneyField
from products.models import Variant
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
NUMBER = UUID("12345678-1234-4234-8234-123456789abc")


def get_stock(*skus: str) -> list[int]:
    """Return the stock of each SKU."""
    return [Variant.objects.get(sku=sku).stock for sku in skus]


def test_a_change_changes_the_rows_that_are_meant_and_says_how_many() -> None:
    for sku in ("A", "B", "C"):
        make_product(sku=sku, stock=5)
    taking = CompiledUpdate(
        lambda: Variant.objects.filter(sku__gte=Param("from_sku", models.CharField()), stock__gte=F("reserved") + 1),
        stock=F("stock") - 1,
        price=Param("price", MoneyField()),
        deleted_at=Param("at", models.DateTimeField()),
    )

    changed = taking.run(from_sku="B", price=Decimal("19.99"), at=WHEN)

    assert changed == 2
    assert get_stock("A", "B", "C") == [5, 4, 4]
    assert list(Variant.objects.order_by("sku").values_list("price", "deleted_at")) == [
        (Decimal("20.000"), None),
        (Decimal("19.990"), WHEN),
        (Decimal("19.990"), WHEN),
    ]


def test_a_change_that_finds_no_row_says_so() -> None:
    make_product(sku="A", stock=1)
    taking = CompiledUpdate(
        lambda: Variant.objects.filter(sku="A", stock__gte=F("reserved") + Param("units", models.IntegerField())),
        stock=F("stock") - Param("units", models.IntegerField()),
    )

    counts = [taking.run(units=2), taking.run(units=1), taking.run(units=1)]

    assert counts == [0, 1, 0]
    assert get_stock("A") == [0]


def test_a_change_may_set_nothing() -> None:
    make_product(sku="A")
    Variant.objects.update(compare_at_price=Decimal(5))

    CompiledUpdate(lambda: Variant.objects.filter(sku="A"), compare_at_price=Param("price", MoneyField())).run(price=None)

    assert Variant.objects.get().compare_at_price is None


def test_a_change_of_each_row_by_its_own_measure() -> None:
    first, second = (make_product(sku=sku, stock=5).variants.get().pk for sku in ("A", "B"))
    measure = Case(When(pk=first, then=Value(1)), When(pk=second, then=Value(3)), output_field=models.IntegerField())

    assert CompiledUpdate(lambda: Variant.objects.filter(pk__in=(first, second)), stock=F("stock") - measure).run() == 2
    assert get_stock("A", "B") == [4, 2]


def test_what_the_database_forbids_a_change_does_not_do() -> None:
    make_product(sku="A", stock=1)
    taking = CompiledUpdate(lambda: Variant.objects.filter(sku="A"), reserved=Param("reserved", models.IntegerField()))

    with pytest.raises(IntegrityError), transaction.atomic():
        taking.run(reserved=2)

    assert Variant.objects.get().reserved == 0


def test_a_removal_removes_the_rows_that_are_meant_and_says_how_many() -> None:
    for kind in ("a", "a", "b"):
        Job.objects.create(kind=kind)
    delete = CompiledDelete(lambda: Job.objects.filter(kind=Param("kind", models.CharField())))

    counts = [delete.run(kind="a"), delete.run(kind="a"), delete.run(kind="' OR 1=1 --")]

    assert counts == [2, 0, 0]
    assert [job.kind for job in Job.objects.all()] == ["b"]


def get_values(job: Job) -> dict[str, Any]:
    """Return the columns of a job, except its id."""
    return {name: value for name, value in Job.objects.filter(pk=job.pk).values()[0].items() if name != "id"}


def test_an_insertion_writes_what_the_orm_writes() -> None:
    values: dict[str, Any] = {
        "kind": 'it\'s 100 % "odd"',
        "payload": {"a": [1, None, "ü"], "b": {"c": True}},
        "dedupe_key": None,
        "run_at": WHEN,
        "created_at": WHEN,
        "done_at": None,
        "failed_at": WHEN,
    }
    by_orm = Job.objects.create(**values)

    inserted = Job(**values)
    CompiledInsert(Job).add(inserted)

    assert inserted.pk is not None
    assert inserted.pk != by_orm.pk
    assert get_values(inserted) == get_values(by_orm)


@pytest.mark.parametrize("size", [1, 2, 30])
def test_each_instance_gets_the_id_of_its_own_row_in_one_statement(size: int) -> None:
    insert = CompiledInsert(Job)
    jobs = [Job(kind=str(number)) for number in range(size)]

    with CaptureQueriesContext(connection) as queries:
        insert.add(*jobs)

    assert len(queries) == 1
    assert [Job.objects.get(pk=job.pk).kind for job in jobs] == [job.kind for job in jobs]


def test_an_inserted_instance_can_be_changed_and_saved() -> None:
    session = AuthSession(pk=NUMBER, user=make_user(), method="password", expires_at=WHEN)
    CompiledInsert(AuthSession).add(session)

    session.market = "us"
    session.save()

    assert AuthSession.objects.values_list("pk", "market").get() == (NUMBER, "us")


def test_an_insertion_keeps_amounts_and_ids_that_are_given() -> None:
    product, user = make_product(sku="A"), make_user()
    variant = Variant(product=product, sku="B", price=Decimal("19.99"), stock=3)
    session = AuthSession(pk=NUMBER, user=user, method="password", expires_at=WHEN)

    CompiledInsert(Variant).add(variant)
    CompiledInsert(AuthSession).add(session)

    assert Variant.objects.filter(sku="B").values_list("pk", "price", "stock", "product_id").get() == (
        variant.pk,
        Decimal("19.990"),
        3,
        product.pk,
    )
    assert AuthSession.objects.values_list("pk", "user_id", "expires_at").get() == (NUMBER, user.pk, WHEN)


def test_a_row_that_is_there_already_can_be_let_be() -> None:
    insert = CompiledInsert(Job, ignore_conflicts=True)

    insert.add(Job(kind="first", dedupe_key="k"))
    insert.add(Job(kind="second", dedupe_key="k"), Job(kind="third", dedupe_key="l"))

    assert sorted(job.kind for job in Job.objects.all()) == ["first", "third"]


def test_otherwise_it_is_a_mistake() -> None:
    insert = CompiledInsert(Job)
    insert.add(Job(kind="first", dedupe_key="k"))

    with pytest.raises(IntegrityError), transaction.atomic():
        insert.add(Job(kind="second", dedupe_key="k"))

    assert [job.kind for job in Job.objects.all()] == ["first"]


def test_each_is_compiled_once() -> None:
    compiled: list[int] = []

    def build() -> QuerySet[Any, Any]:
        compiled.append(1)
        return Job.objects.filter(kind=Param("kind", models.CharField()))

    update, delete = CompiledUpdate(build, attempts=F("attempts") + 1), CompiledDelete(build)
    for kind in ("a", "b", "a"):
        update.run(kind=kind)
        delete.run(kind=kind)

    assert compiled == [1, 1]
