"""/api/cart/wishlist/"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.crowd import at_once
from accounts.tests.factories import access_token, make_user
from carts.models import CartItem, WishlistItem
from carts.tests.factories import add, cart_of, everything, held, make_shirt, signed_in, sku_id
from core.models import Job
from products.models import Product, Variant
from products.services import listings
from products.tests.factories import change, change_price, make_product, make_products
from tests.counting import statements
from tests.schema_client import SchemaClient

URL = "/api/cart/wishlist/"


@pytest.fixture
def ada(db: None) -> SchemaClient:
    """A signed-in client."""
    return signed_in(make_user())


def wish(client: SchemaClient, product: object) -> Any:
    """Put a product on the client's wishlist."""
    return client.post(f"{URL}add/", {"product_id": product})


def wished(client: SchemaClient, **headers: str) -> list[dict[str, Any]]:
    """Return the client's wishlist."""
    rows: list[dict[str, Any]] = client.get(URL, headers=headers).json()["data"]
    return rows


def stock(product: Product, units: int) -> None:
    """Leave so many units of a product."""
    Variant.objects.filter(product=product).update(stock=units, reserved=0)
    listings.list_anew([product.pk])


def test_a_product_is_put_on_the_list_and_shown_with_its_price(ada: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00", stock=3)

    response = wish(ada, lamp.pk)

    assert (response.status_code, response.json()["message"]) == (201, "Product added to your wishlist")
    row = response.json()["data"]
    assert wished(ada) == [row]
    assert (row["product_id"], row["product"]["name"], row["product"]["stock"]) == (lamp.pk, "Lamp", 3)
    assert (row["price_at_addition"], row["current_price"], row["lowest_price_30_days"]) == ("20.00", "20.00", "20.00")
    assert (row["price_changed"], row["price_difference"], row["currency"]) == (False, "0.00", "INR")
    assert (row["is_available"], row["is_in_stock"], row["is_back_in_stock"]) == (True, True, False)


def test_again_it_stays_as_it_is_and_says_so(ada: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    first = wish(ada, lamp.pk).json()["data"]
    change_price(lamp, "25.00")

    response = wish(ada, str(lamp.uuid))

    assert (response.status_code, response.json()["message"]) == (200, "Product is already in your wishlist")
    assert response.json()["data"]["id"] == first["id"]
    assert response.json()["data"]["price_at_addition"] == "20.00"
    assert WishlistItem.objects.count() == 1


def test_a_change_of_price_is_signed(ada: SchemaClient) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    wish(ada, lamp.pk)
    wish(ada, mug.pk)
    change_price(lamp, "25.50")
    change_price(mug, "18.00")

    rows = wished(ada)

    assert [(row["current_price"], row["price_changed"], row["price_difference"]) for row in rows] == [
        ("18.00", True, "-2.00"),
        ("25.50", True, "5.50"),
    ]


def test_each_market_has_its_own_price_at_addition(ada: SchemaClient) -> None:
    lamp = make_product(price="1700.00", prices={"us": "19.99"})
    wish(ada, lamp.pk)
    change_price(lamp, "1600.00")

    (here,), (there,) = wished(ada), wished(ada, **{"X-Market": "us"})

    assert (here["price_at_addition"], here["price_difference"]) == ("1700.00", "-100.00")
    assert (there["price_at_addition"], there["price_difference"], there["currency"]) == ("19.99", "0.00", "USD")


def test_what_was_not_for_sale_here_then_has_no_price_at_addition(ada: SchemaClient) -> None:
    wish(ada, make_product(prices={}).pk)

    (row,) = wished(ada, **{"X-Market": "us"})

    assert (row["price_at_addition"], row["current_price"], row["is_available"]) == (None, None, False)


def test_what_comes_back_is_told(ada: SchemaClient) -> None:
    lamp = make_product(stock=0)
    wish(ada, lamp.pk)
    assert wished(ada)[0]["is_in_stock"] is False

    stock(lamp, 2)

    assert (wished(ada)[0]["is_in_stock"], wished(ada)[0]["is_back_in_stock"]) == (True, True)


def test_what_is_off_sale_stays_and_is_flagged(ada: SchemaClient) -> None:
    lamp = make_product("Lamp")
    wish(ada, lamp.pk)
    change(lamp, is_active=False)

    (row,) = wished(ada)

    assert (row["product"]["name"], row["is_available"], row["current_price"], row["is_in_stock"]) == ("Lamp", False, None, False)


@pytest.mark.parametrize("given", [0, -1, 999, 2**63, "x", "lamp", "", None, [], {}, True, "\0", "x" * 300, 1.5])
def test_what_names_no_product_is_refused(ada: SchemaClient, given: object) -> None:
    response = wish(ada, given)

    assert response.status_code in (400, 404)
    assert not WishlistItem.objects.exists()


def test_what_is_not_for_sale_cannot_be_put_on_it(ada: SchemaClient) -> None:
    response = wish(ada, make_product(is_active=False).pk)

    assert (response.status_code, response.json()["message"]) == (404, "Product not found or unavailable")


def test_it_is_taken_off(ada: SchemaClient) -> None:
    row = wish(ada, make_product().pk).json()["data"]

    response = ada.delete(f"{URL}remove/{row['id']}/")

    assert (response.status_code, response.json()["message"]) == (200, "Product removed from your wishlist")
    assert wished(ada) == []
    assert ada.delete(f"{URL}remove/{row['id']}/").json()["code"] == "item_not_found"


def test_it_moves_to_the_cart(ada: SchemaClient) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    row = wish(ada, lamp.pk).json()["data"]

    response = ada.post(f"{URL}move-to-cart/{row['id']}/", {"quantity": 2})

    assert (response.status_code, response.json()["message"]) == (201, "Product moved to your cart")
    assert response.json()["data"]["quantity"] == 2
    assert held(response.json()["cart"]) == held(cart_of(ada)) == {"LAMP": 2}
    assert wished(ada) == []


def test_it_joins_a_line_that_is_there(ada: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    add(ada, lamp, 2)
    row = wish(ada, lamp.pk).json()["data"]

    response = ada.post(f"{URL}move-to-cart/{row['id']}/")

    assert response.status_code == 200
    assert held(cart_of(ada)) == {"LAMP": 3}


def test_of_several_variants_one_must_be_named(ada: SchemaClient) -> None:
    row = wish(ada, make_shirt().pk).json()["data"]
    assert row["current_price"] == "20.00"
    url = f"{URL}move-to-cart/{row['id']}/"

    refused = ada.post(url)
    moved = ada.post(url, {"sku_id": sku_id("SHIRT-M")})

    assert list(refused.json()["errors"]) == ["variant_id"]
    assert moved.status_code == 201
    assert held(cart_of(ada)) == {"SHIRT-M": 1}


@pytest.mark.parametrize("reason", ["sold out", "off sale", "too many", "cart full"])
def test_what_cannot_be_added_stays_on_the_list(ada: SchemaClient, unthrottled: None, reason: str) -> None:
    lamp = make_product("Lamp", stock=5)
    row = wish(ada, lamp.pk).json()["data"]
    if reason == "sold out":
        stock(lamp, 0)
    if reason == "off sale":
        change(lamp, is_active=False)
    if reason == "cart full":
        for product in make_products(*(f"Mug {number}" for number in range(100))):
            add(ada, product)
    before = everything()

    response = ada.post(f"{URL}move-to-cart/{row['id']}/", {"quantity": 100 if reason == "too many" else 1})

    assert response.status_code in (400, 404)
    assert everything() == before
    assert len(wished(ada)) == 1


def test_foreign_and_unknown_wishes_are_not_found_alike(ada: SchemaClient) -> None:
    eve = signed_in(make_user("eve@example.com"))
    foreign = wish(eve, make_product().pk).json()["data"]["id"]

    answers = [
        call(f"{URL}{route}/{number}/")
        for number in (foreign, 999, 10**17)
        for route, call in (("remove", ada.delete), ("remove", ada.post), ("move-to-cart", ada.post))
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert len(wished(eve)) == 1
    assert not CartItem.objects.exists()


def test_guests_have_none(api: SchemaClient) -> None:
    lamp = make_product()

    assert [api.get(URL).status_code, wish(api, lamp.pk).status_code, api.delete(f"{URL}remove/1/").status_code] == [401] * 3
    assert not WishlistItem.objects.exists()


def test_pages_lead_on_and_back(ada: SchemaClient, unthrottled: None) -> None:
    for product in make_products(*(f"Lamp {number}" for number in range(5))):
        wish(ada, product.pk)

    first = ada.get(URL, {"page_size": 2}).json()
    second = ada.get(first["pagination"]["next"].removeprefix("http://testserver")).json()
    back = ada.get(second["pagination"]["previous"].removeprefix("http://testserver")).json()

    names = [[row["product"]["name"] for row in page["data"]] for page in (first, second, back)]
    assert names == [["Lamp 4", "Lamp 3"], ["Lamp 2", "Lamp 1"], ["Lamp 4", "Lamp 3"]]
    assert ada.get(URL, {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("count", [1, 20])
def test_it_costs_two_statements_and_one_for_the_session(ada: SchemaClient, unthrottled: None, count: int) -> None:
    for product in make_products(*(f"Lamp {number}" for number in range(count))):
        wish(ada, product.pk)

    with statements() as spent:
        assert len(wished(ada)) == count

    assert len(spent) == 3


def test_it_is_full_at_five_hundred(ada: SchemaClient) -> None:
    lamp, *others = make_products(*(f"Lamp {number}" for number in range(501)))
    user = User.objects.get()
    WishlistItem.objects.bulk_create([WishlistItem(user=user, product=product) for product in others])

    response = wish(ada, lamp.pk)

    assert (response.status_code, response.json()["code"]) == (400, "wishlist_full")
    assert wish(ada, others[0].pk).status_code == 200
    assert not Job.objects.exists()


def test_what_is_there_already_is_found_though_it_is_not_for_sale_any_more(ada: SchemaClient) -> None:
    lamp = make_product()
    wish(ada, lamp.pk)
    change(lamp, is_active=False)

    again = wish(ada, lamp.pk)

    assert (again.status_code, again.json()["message"]) == (200, "Product is already in your wishlist")


@pytest.mark.django_db(transaction=True)
def test_many_wishes_at_once_do_not_pass_the_limit(monkeypatch: pytest.MonkeyPatch, unthrottled: None) -> None:
    monkeypatch.setattr("carts.wishlist.services.MAX_WISHES", 3)
    token = access_token(make_user())
    lamps = make_products(*(f"Lamp {number}" for number in range(6)))

    answers = at_once(6, lambda number: wish(SchemaClient().bearer(token), lamps[number].pk).status_code)

    assert sorted(answers) == [201] * 3 + [400] * 3
    assert WishlistItem.objects.count() == 3
