"""If-Match, If-None-Match and If-Unmodified-Since of writes (RFC 9110, section 13.1): a stale editor overwrites nothing"""

from typing import Any

import pytest

from core.actors import SYSTEM
from products.models import Product, StockMovement
from products.services import products
from products.tests.editors import assert_refused, dump_catalog, get_variant, make_tee, staff_client
from products.tests.factories import add_picture, get_only_variant, make_product

pytestmark = pytest.mark.django_db
LONG_AGO, IN_FUTURE = "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 21 Oct 2095 07:28:00 GMT"
STALE: list[dict[str, str]] = [
    {"If-Match": '"nonsense"'},
    {"If-Match": '"a", "b"'},
    {"If-Unmodified-Since": LONG_AGO},
    {"If-None-Match": "*"},
]


def sell(product: Product, units: int) -> None:
    """Take units from a simple product, as a sale does."""
    variant = get_only_variant(product)
    products.adjust_stock(SYSTEM, product.pk, variant.pk, delta=-units, reason=StockMovement.Reason.DAMAGE)


def test_a_change_of_what_was_read_is_made() -> None:
    client, lamp = staff_client(), make_product("Lamp")
    etag = client.get(f"/api/products/{lamp.slug}/")["ETag"]

    response = client.patch(f"/api/products/{lamp.pk}/", {"description": "New"}, headers={"If-Match": f'"other", {etag}'})

    assert response.status_code == 200
    assert response.json()["data"]["description"] == "New"


def test_a_stale_editor_does_not_put_sold_units_back() -> None:
    client, lamp = staff_client(), make_product("Lamp", stock=10)
    page = client.get(f"/api/products/{lamp.pk}/")
    sell(lamp, 3)
    before = dump_catalog()

    body = {"description": "New", "stock": page.json()["data"]["stock"]}
    response = client.patch(f"/api/products/{lamp.pk}/", body, headers={"If-Match": page["ETag"]})

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


@pytest.mark.parametrize("headers", STALE)
@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_a_false_precondition_refuses_the_change(method: str, headers: dict[str, str]) -> None:
    client, lamp = staff_client(), make_product("Lamp")
    before = dump_catalog()

    response = getattr(client, method)(f"/api/products/{lamp.pk}/", {"name": "Other", "price": "1.00"}, headers=headers)

    assert_refused(response, 412, "precondition_failed")
    assert dump_catalog() == before


@pytest.mark.parametrize("headers", [{"If-Match": "*"}, {"If-Unmodified-Since": IN_FUTURE}, {"If-None-Match": '"other"'}])
def test_a_true_precondition_changes_nothing_else(headers: dict[str, str]) -> None:
    client, lamp = staff_client(), make_product("Lamp")

    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other"}, headers=headers)

    assert response.status_code == 200
    assert response.json()["data"]["name"] == "Other"


def test_a_date_that_is_none_is_ignored() -> None:
    client, lamp = staff_client(), make_product("Lamp")

    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other"}, headers={"If-Unmodified-Since": "yesterday"})

    assert response.status_code == 200


def test_the_parts_of_a_product_are_protected_by_its_page() -> None:
    client, tee = staff_client(), make_tee()
    picture = add_picture(tee)
    small, before = get_variant("TEE-S"), dump_catalog()
    root = f"/api/products/{tee.pk}"
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("post", f"{root}/variants/", {"sku": "TEE-L", "price": "20.00", "options": {"Size": "L"}}),
        ("patch", f"{root}/variants/{small.pk}/", {"stock": 4}),
        ("delete", f"{root}/variants/{small.pk}/", {}),
        ("patch", f"{root}/images/{picture.pk}/", {"alt": "Other"}),
        ("delete", f"{root}/images/{picture.pk}/", {}),
        ("post", f"{root}/stock/", {"variant_id": small.pk, "delta": 1, "reason": "received"}),
    ]

    for method, path, body in writes:
        assert_refused(getattr(client, method)(path, body, headers={"If-Match": '"stale"'}), 412, "precondition_failed")

    assert dump_catalog() == before
    etag = client.get(f"{root}/")["ETag"]
    assert client.patch(f"{root}/variants/{small.pk}/", {"stock": 5}, headers={"If-Match": etag}).status_code == 200


def test_an_inactive_product_is_compared_as_its_editor_sees_it() -> None:
    client, lamp = staff_client(), make_product("Lamp", is_active=False)
    etag = client.get(f"/api/products/{lamp.pk}/")["ETag"]

    changed = client.patch(f"/api/products/{lamp.pk}/", {"is_active": True}, headers={"If-Match": etag})
    again = client.patch(f"/api/products/{lamp.pk}/", {"is_active": False}, headers={"If-Match": etag})

    assert changed.status_code == 200
    assert_refused(again, 412, "precondition_failed")


def test_nobody_learns_of_a_product_by_a_precondition() -> None:
    client = staff_client()

    response = client.patch("/api/products/999/", {"name": "Other"}, headers={"If-Match": "*"})

    assert_refused(response, 404, "product_not_found")
