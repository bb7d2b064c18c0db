"""PostgreSQL finds parcels by an index, by their state, their tracking number and the day of their cash"""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from orders.models import Shipment
from orders.tests.parcels.parcels import make_cash_order

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
PARCELS = 20_000


@pytest.fixture(autouse=True)
def parcels(db: None) -> None:
    """One in a hundred parcels is packed, and the others were delivered over two years. The planner knows how many there are."""
    order, now = make_cash_order(), timezone.now()
    Shipment.objects.bulk_create(
        Shipment(
            order=order,
            number=number,
            state="packed" if number % 100 == 0 else "delivered",
            tracking_number=f"EE{number}IN",
            cod_due_minor=100,
            cod_collected_minor=100,
            delivered_at=now - timedelta(days=number % 730),
        )
        for number in range(1, PARCELS + 1)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_shipment")


def find_indexes(parcels: QuerySet[Shipment]) -> set[str]:
    """Return the indexes by which these parcels are read; "" stands for the whole table."""
    nodes = [json.loads(parcels.explain(format="json"))[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
    return {node.get("Index Name", "") for node in nodes if node["Node Type"].endswith("Scan") and "Heap" not in node["Node Type"]}


def test_the_newest_of_a_state_are_found_by_an_index() -> None:
    assert find_indexes(Shipment.objects.filter(state="packed").order_by("-id")[:100]) == {"shipment_state"}


@pytest.mark.parametrize("count", [1, 100, 500])
def test_parcels_are_found_by_any_number_of_tracking_numbers(count: int) -> None:
    numbers = [f"EE{number}IN" for number in range(count)]

    assert find_indexes(Shipment.objects.filter(tracking_number__in=numbers)) == {"shipment_tracking"}


def test_the_cash_of_a_month_is_found_by_an_index() -> None:
    since = timezone.now() - timedelta(days=30)

    assert "" not in find_indexes(Shipment.objects.filter(delivered_at__gte=since, cod_collected_minor__gt=0))
