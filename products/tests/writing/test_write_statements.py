"""What a change of the catalog costs the database: no more for a product with many variants and pictures"""

from typing import Any

import pytest

from products.models import Product
from products.tests.editors import staff
from products.tests.factories import add_picture, make_product, make_variant
from tests.counting import statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def make_small() -> Product:
    """Make a product of two variants, as those of several take another path than a simple one."""
    return make_product("Small", variants=[make_variant(f"S-{size}", prices={"us": "2.00"}) for size in "SM"])


def make_large() -> Product:
    """Make a product of twenty variants, all of them priced in both markets, and with five pictures."""
    large = make_product("Large", variants=[make_variant(f"L-{number}", prices={"us": "2.00"}) for number in range(20)])
    for position in range(5):
        add_picture(large, position=position)
    return large


def spent(client: SchemaClient, product: Product, method: str, path: str, body: dict[str, Any]) -> list[str]:
    """Return the statements of one call."""
    first = product.variants.order_by("id")[0].pk
    with statements() as found:
        response = getattr(client, method)(f"/api/products/{product.pk}/{path.format(first=first)}", {**body})
    assert response.status_code in (200, 201), response.json()
    return found


CALLS: list[tuple[str, str, dict[str, Any], int]] = [
    ("patch", "", {"name": "Other", "description": "Text"}, 13),
    ("patch", "", {}, 11),
    ("patch", "", {"price": "20", "stock": 0}, 14),
    ("patch", "variants/{first}/", {"price": "19"}, 15),
    ("patch", "variants/{first}/", {"stock": 3}, 15),
    ("post", "variants/", {"price": "19"}, 14),
    ("delete", "", {}, 13),
]


@pytest.mark.parametrize(("method", "path", "body", "most"), CALLS)
def test_a_change_of_many_variants_costs_what_that_of_two_costs(method: str, path: str, body: dict[str, Any], most: int) -> None:
    client = staff()
    small, large = make_small(), make_large()
    named = dict(body)
    costs = []
    for product in (small, large):
        if "stock" in body and not path:
            named["stock"] = sum(variant.stock for variant in product.variants.all())
        costs.append(len(spent(client, product, method, path, named)))

    assert costs[0] == costs[1] <= most


def test_a_movement_costs_the_same_for_many_variants() -> None:
    client = staff()
    costs = []
    for product in (make_small(), make_large()):
        body = {"delta": 1, "reason": "received", "sku_id": product.variants.order_by("id")[0].pk}
        costs.append(len(spent(client, product, "post", "stock/", body)))

    assert costs[0] == costs[1] <= 16


def test_the_movements_cost_the_same_for_one_and_for_twenty() -> None:
    client, lamp = staff(), make_product()
    with statements() as for_one:
        client.get(f"/api/products/{lamp.pk}/stock/")
    for number in range(20):
        client.post(f"/api/products/{lamp.pk}/stock/", {"delta": 1, "reason": f"Box {number}"})

    with statements() as for_many:
        response = client.get(f"/api/products/{lamp.pk}/stock/")

    assert len(response.json()["data"]) == 21
    assert len(for_one) == len(for_many) <= 3


def test_many_variants_are_made_for_what_two_cost() -> None:
    client, costs = staff(), []
    for name, count in (("Small", 2), ("Large", 20)):
        variants = [{"price": "20", "stock": 3, "prices": {"us": "2"}} for _ in range(count)]
        with statements() as found:
            assert client.post("/api/products/", {"name": name, "variants": variants}).status_code == 201
        costs.append(len(found))

    assert costs[0] == costs[1] <= 17


def test_the_list_as_it_is_costs_the_same_for_many_variants() -> None:
    client, costs = staff(), []
    for product in (make_small(), make_large()):
        listed = [{"id": pk} for pk in product.variants.values_list("pk", flat=True)]
        costs.append(len(spent(client, product, "patch", "", {"variants": listed})))

    assert costs[0] == costs[1] <= 14
