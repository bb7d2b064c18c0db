"""Whose product it is: staff change all, a seller his own; the same for every write"""

from typing import Any

import pytest

from products.models import Product
from products.tests.editors import assert_refused, catalog, customer, make_tee, seller, staff, variant
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


def call(client: SchemaClient, ref: object, write: tuple[str, str, dict[str, Any]]) -> Any:
    """Make one of the WRITES on the product."""
    method, path, body = write
    known = variant("TEE-S").pk
    given = {name: known if value == "{variant}" else value for name, value in body.items()}
    address = f"/api/products/{ref}/{path.replace('{variant}', str(known))}"
    return client.get(address) if method == "get" else getattr(client, method)(address, given)


@pytest.mark.parametrize("write", WRITES)
def test_another_sellers_product_is_not_touched(write: tuple[str, str, dict[str, Any]]) -> None:
    client = seller()
    others = make_user("other@example.com", is_seller=True)
    for owner in (others.pk, None):
        tee = Product.objects.first() or make_tee()
        Product.objects.update(seller=owner)
        before = catalog()
        for ref in (tee.pk, tee.uuid, tee.slug):
            assert_refused(call(client, ref, write), 403, "not_your_product")
        assert catalog() == before


@pytest.mark.parametrize("write", WRITES)
def test_customers_and_guests_touch_nothing_though_they_sold_it_once(write: tuple[str, str, dict[str, Any]]) -> None:
    buyer = customer()
    tee = make_tee(seller_id=User.objects.get().pk)
    before = catalog()

    assert_refused(call(buyer, tee.pk, write), 403, "permission_denied")
    assert_refused(call(SchemaClient(), tee.pk, write), 401, "not_authenticated")

    assert catalog() == before


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("who", [staff, seller])
def test_staff_and_the_seller_may(who: object, write: tuple[str, str, dict[str, Any]]) -> None:
    client = who()  # type: ignore[operator]  # one of two functions
    sellers = User.objects.filter(is_seller=True)
    tee = make_tee(seller_id=sellers[0].pk if sellers else None)

    assert call(client, tee.pk, write).status_code == (201 if write[:2] == ("post", "variants/") else 200)


@pytest.mark.parametrize("write", WRITES)
def test_a_deleted_or_unknown_product_is_not_found(write: tuple[str, str, dict[str, Any]]) -> None:
    client = staff()
    tee = make_tee()
    client.delete(f"/api/products/{tee.pk}/")
    before = catalog()

    for ref in (tee.pk, tee.uuid, tee.slug, 0, 999_999, "9" * 18, "9" * 40, "nonsense", "%00", "x" * 300):
        assert_refused(call(client, ref, write), 404, "product_not_found")

    assert catalog() == before


def test_a_change_never_moves_a_product_to_another_seller() -> None:
    other = make_user("other@example.com", is_seller=True)
    client = seller()
    me = User.objects.get(email="seller@example.com")
    lamp = make_product(seller_id=me.pk)

    client.put(f"/api/products/{lamp.pk}/", {"name": "Lamp", "price": "1", "seller": other.pk, "seller_id": other.pk})

    assert Product.objects.get().seller_id == me.pk


def test_a_change_by_staff_leaves_the_seller() -> None:
    me = make_user("seller@example.com", is_seller=True)
    lamp = make_product(seller_id=me.pk)

    staff().put(f"/api/products/{lamp.pk}/", {"name": "Pot", "price": "1"})

    assert (Product.objects.get().name, Product.objects.get().seller_id) == ("Pot", me.pk)


def test_one_that_is_off_sale_is_seen_and_changed_by_staff_and_its_seller_alone() -> None:
    own = seller()
    lamp = make_product("Lamp", seller_id=User.objects.get().pk, is_active=False)
    public = [SchemaClient(), customer(), seller("other@example.com")]

    for ref in (lamp.pk, lamp.uuid, lamp.slug):
        for client in public:
            assert_refused(client.get(f"/api/products/{ref}/"), 404, "product_not_found")
        for client in (own, staff() if ref == lamp.pk else own):
            data = client.get(f"/api/products/{ref}/").json()["data"]
            assert (data["id"], data["is_available"], data["price"], data["stock"]) == (lamp.pk, False, "20.00", 10)

    assert own.patch(f"/api/products/{lamp.pk}/", {"is_active": True}).json()["data"]["is_available"] is True
    assert public[0].get(f"/api/products/{lamp.pk}/").json()["data"]["is_available"] is True


def test_one_without_a_price_in_the_market_is_shown_to_staff_in_the_default_markets() -> None:
    lamp = make_product("Lamp")

    data = staff().get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).json()["data"]

    assert (data["is_available"], data["price"], data["currency"]) == (False, "20.00", "INR")
