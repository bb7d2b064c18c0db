"""The number of statements of a catalog change does not grow with the product's variants and pictures"""

from typing import Any

import pytest

from products.models import Product
from products.tests.editors import staff_client
from products.tests.factories import add_picture, make_product, make_variant
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def make_small() -> Product:
    """Create a product with two variants, because simple products take a different code path."""
    return make_product("Small", variants=[make_variant(f"S-{size}", prices={"us": "2.00"}) for size in "SM"])


def make_large() -> Product:
    """Create a product with twenty variants, priced in both markets, and five pictures."""
    large = make_product("Large", variants=[make_variant(f"L-{number}", prices={"us": "2.00"}) for number in range(20)])
    for position in range(5):
        add_picture(large, position=position)
    return large


def capture_request(client: SchemaClient, product: Product, method: str, path: str, body: dict[str, Any]) -> list[str]:
    """Return the statements of a request."""
    variant_id = product.variants.order_by("id")[0].pk
    with capture_statements() as captured:
        response = getattr(client, method)(f"/api/products/{product.pk}/{path.format(variant_id=variant_id)}", {**body})
    assert response.status_code in (200, 201), response.json()
    return captured


CALLS: list[tuple[str, str, dict[str, Any], int]] = [
    ("patch", "", {"name": "Other", "description": "Text"}, 13),
    ("patch", "", {}, 11),
    ("patch", "", {"price": "20", "stock": 0}, 14),
    ("patch", "variants/{variant_id}/", {"price": "19"}, 15),
    ("patch", "variants/{variant_id}/", {"stock": 3}, 15),
    ("post", "variants/", {"price": "19"}, 14),
    ("delete", "", {}, 13),
]


@pytest.mark.parametrize(("method", "path", "body", "max_statements"), CALLS)
def test_a_change_of_many_variants_costs_what_that_of_two_costs(
    method: str, path: str, body: dict[str, Any], max_statements: int
) -> None:
    client = staff_client()
    small, large = make_small(), make_large()
    payload = dict(body)
    costs = []
    for product in (small, large):
        if "stock" in body and not path:
            payload["stock"] = sum(variant.stock for variant in product.variants.all())
        costs.append(len(capture_request(client, product, method, path, payload)))

    assert costs[0] == costs[1] <= max_statements


def test_a_movement_costs_the_same_for_many_variants() -> None:
    client = staff_client()
    costs = []
    for product in (make_small(), make_large()):
        body = {"delta": 1, "reason": "received", "sku_id": product.variants.order_by("id")[0].pk}
        costs.append(len(capture_request(client, product, "post", "stock/", body)))

    assert costs[0] == costs[1] <= 16


def test_the_movements_cost_the_same_for_one_and_for_twenty() -> None:
    client, lamp = staff_client(), make_product()
    with capture_statements() as for_one:
        client.get(f"/api/products/{lamp.pk}/stock/")
    for number in range(20):
        client.post(f"/api/products/{lamp.pk}/stock/", {"delta": 1, "reason": f"Box {number}"})

    with capture_statements() as for_many:
        response = client.get(f"/api/products/{lamp.pk}/stock/")

    assert len(response.json()["data"]) == 21
    assert len(for_one) == len(for_many) <= 3


def test_many_variants_are_made_for_what_two_cost() -> None:
    client, costs = staff_client(), []
    for name, count in (("Small", 2), ("Large", 20)):
        variants = [{"price": "20", "stock": 3, "prices": {"us": "2"}} for _ in range(count)]
        with capture_statements() as captured:
            assert client.post("/api/products/", {"name": name, "variants": variants}).status_code == 201
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 17


def test_the_list_as_it_is_costs_the_same_for_many_variants() -> None:
    client, costs = staff_client(), []
    for product in (make_small(), make_large()):
        listed = [{"id": pk} for pk in product.variants.values_list("pk", flat=True)]
        costs.append(len(capture_request(client, product, "patch", "", {"variants": listed})))

    assert costs[0] == costs[1] <= 14
