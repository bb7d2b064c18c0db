"""Who may change a product: staff may change every product, sellers only their own"""

from typing import Any

import pytest

from products.models import Product
from products.tests.editors import assert_refused, customer_client, dump_catalog, get_variant, make_tee, seller_client, staff_client
from products.tests.factories import make_product
from tests.people import User, make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("put", "", {"name": "Mine", "price": "20"}),
    ("patch", "", {"name": "Mine"}),
    ("delete", "", {}),
    ("post", "variants/", {"price": "1", "sku": "NEW"}),
    ("patch", "variants/{variant}/", {"price": "1"}),
    ("delete", "variants/{variant}/", {}),
    ("post", "stock/", {"delta": 1, "reason": "received", "variant_id": "{variant}"}),
    ("get", "stock/", {}),
]


def send(client: SchemaClient, ref: object, write: tuple[str, str, dict[str, Any]]) -> Any:
    """Make one of the WRITES on the product."""
    method, path, body = write
    variant_id = get_variant("TEE-S").pk
    payload = {name: variant_id if value == "{variant}" else value for name, value in body.items()}
    address = f"/api/products/{ref}/{path.replace('{variant}', str(variant_id))}"
    return client.get(address) if method == "get" else getattr(client, method)(address, payload)


@pytest.mark.sampled
@pytest.mark.parametrize("write", WRITES)
def test_another_sellers_product_is_not_touched(write: tuple[str, str, dict[str, Any]]) -> None:
    client = seller_client()
    other_seller = make_user("other@example.com", is_seller=True)
    for owner in (other_seller.pk, None):
        tee = Product.objects.first() or make_tee()
        Product.objects.update(seller=owner)
        before = dump_catalog()
        for ref in (tee.pk, tee.uuid, tee.slug):
            assert_refused(send(client, ref, write), 403, "not_your_product")
        assert dump_catalog() == before


@pytest.mark.sampled
@pytest.mark.parametrize("write", WRITES)
def test_customers_and_guests_touch_nothing_though_they_sold_it_once(write: tuple[str, str, dict[str, Any]]) -> None:
    buyer = customer_client()
    tee = make_tee(seller_id=User.objects.get().pk)
    before = dump_catalog()

    assert_refused(send(buyer, tee.pk, write), 403, "permission_denied")
    assert_refused(send(SchemaClient(), tee.pk, write), 401, "not_authenticated")

    assert dump_catalog() == before


@pytest.mark.sampled
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("make_client", [staff_client, seller_client])
def test_staff_and_the_seller_may(make_client: object, write: tuple[str, str, dict[str, Any]]) -> None:
    client = make_client()  # type: ignore[operator]  # one of two functions
    sellers = User.objects.filter(is_seller=True)
    tee = make_tee(seller_id=sellers[0].pk if sellers else None)

    assert send(client, tee.pk, write).status_code == (201 if write[:2] == ("post", "variants/") else 200)


@pytest.mark.parametrize("write", WRITES)
def test_a_deleted_or_unknown_product_is_not_found(write: tuple[str, str, dict[str, Any]]) -> None:
    client = staff_client()
    tee = make_tee()
    client.delete(f"/api/products/{tee.pk}/")
    before = dump_catalog()

    for ref in (tee.pk, tee.uuid, tee.slug, 0, 999_999, "9" * 18, "9" * 40, "nonsense", "%00", "x" * 300):
        assert_refused(send(client, ref, write), 404, "product_not_found")

    assert dump_catalog() == before


def test_a_change_never_moves_a_product_to_another_seller() -> None:
    other_seller = make_user("other@example.com", is_seller=True)
    client = seller_client()
    me = User.objects.get(email="seller@example.com")
    lamp = make_product(seller_id=me.pk)

    client.put(f"/api/products/{lamp.pk}/", {"name": "Lamp", "price": "1", "seller": other_seller.pk, "seller_id": other_seller.pk})

    assert Product.objects.get().seller_id == me.pk


def test_a_change_by_staff_leaves_the_seller() -> None:
    me = make_user("seller@example.com", is_seller=True)
    lamp = make_product(seller_id=me.pk)

    staff_client().put(f"/api/products/{lamp.pk}/", {"name": "Pot", "price": "1"})

    assert (Product.objects.get().name, Product.objects.get().seller_id) == ("Pot", me.pk)


def test_one_that_is_off_sale_is_seen_and_changed_by_staff_and_its_seller_alone() -> None:
    own_client = seller_client()
    lamp = make_product("Lamp", seller_id=User.objects.get().pk, is_active=False)
    public = [SchemaClient(), customer_client(), seller_client("other@example.com")]

    for ref in (lamp.pk, lamp.uuid, lamp.slug):
        for client in public:
            assert_refused(client.get(f"/api/products/{ref}/"), 404, "product_not_found")
        for client in (own_client, staff_client() if ref == lamp.pk else own_client):
            data = client.get(f"/api/products/{ref}/").json()["data"]
            assert (data["id"], data["is_available"], data["price"], data["stock"]) == (lamp.pk, False, "20.00", 10)

    assert own_client.patch(f"/api/products/{lamp.pk}/", {"is_active": True}).json()["data"]["is_available"] is True
    assert public[0].get(f"/api/products/{lamp.pk}/").json()["data"]["is_available"] is True


def test_one_without_a_price_in_the_market_is_shown_to_staff_in_the_default_markets() -> None:
    lamp = make_product("Lamp")

    data = staff_client().get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).json()["data"]

    assert (data["is_available"], data["price"], data["currency"]) == (False, "20.00", "INR")
