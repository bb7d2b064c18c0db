"""/api/cart/wishlist/"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_access_token, make_user
from carts.models import CartItem, WishlistItem
from carts.tests.factories import add_to_cart, get_cart, get_cart_rows, get_sku_id, make_shirt, signed_in_client, units_by_sku
from core.models import Job
from products.models import Product, Variant
from products.services import listings
from products.tests.factories import make_product, make_products, set_price, update_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

URL = "/api/cart/wishlist/"


@pytest.fixture
def ada(db: None) -> SchemaClient:
    """A signed-in client."""
    return signed_in_client(make_user())


def add_to_wishlist(client: SchemaClient, product: object) -> Any:
    """Add a product to the client's wishlist."""
    return client.post(f"{URL}add/", {"product_id": product})


def get_wishlist(client: SchemaClient, **headers: str) -> list[dict[str, Any]]:
    """Return the client's wishlist."""
    rows: list[dict[str, Any]] = client.get(URL, headers=headers).json()["data"]
    return rows


def set_stock(product: Product, units: int) -> None:
    """Set a product's stock and rebuild its listings."""
    Variant.objects.filter(product=product).update(stock=units, reserved=0)
    listings.rebuild_listings([product.pk])


def test_a_product_is_put_on_the_list_and_shown_with_its_price(ada: SchemaClient) -> None:
    lamp = make_product("Lamp", price="20.00", stock=3)

    response = add_to_wishlist(ada, lamp.pk)

    assert (response.status_code, response.json()["message"]) == (201, "Product added to your wishlist")
    row = response.json()["data"]
    assert get_wishlist(ada) == [row]
    assert (row["product_id"], row["product"]["name"], row["product"]["stock"]) == (lamp.pk, "Lamp", 3)
    assert (row["price_at_addition"], row["current_price"], row["lowest_price_30_days"]) == ("20.00", "20.00", "20.00")
    assert (row["price_changed"], row["price_difference"], row["currency"]) == (False, "0.00", "INR")
    assert (row["is_available"], row["is_in_stock"], row["is_back_in_stock"]) == (True, True, False)


def test_adding_a_product_again_leaves_the_item_unchanged(ada: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    first = add_to_wishlist(ada, lamp.pk).json()["data"]
    set_price(lamp, "25.00")

    response = add_to_wishlist(ada, str(lamp.uuid))

    assert (response.status_code, response.json()["message"]) == (200, "Product is already in your wishlist")
    assert response.json()["data"]["id"] == first["id"]
    assert response.json()["data"]["price_at_addition"] == "20.00"
    assert WishlistItem.objects.count() == 1


def test_a_change_of_price_is_signed(ada: SchemaClient) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    add_to_wishlist(ada, lamp.pk)
    add_to_wishlist(ada, mug.pk)
    set_price(lamp, "25.50")
    set_price(mug, "18.00")

    rows = get_wishlist(ada)

    assert [(row["current_price"], row["price_changed"], row["price_difference"]) for row in rows] == [
        ("18.00", True, "-2.00"),
        ("25.50", True, "5.50"),
    ]


def test_each_market_has_its_own_price_at_addition(ada: SchemaClient) -> None:
    lamp = make_product(price="1700.00", prices={"us": "19.99"})
    add_to_wishlist(ada, lamp.pk)
    set_price(lamp, "1600.00")

    (default,), (us,) = get_wishlist(ada), get_wishlist(ada, **{"X-Market": "us"})

    assert (default["price_at_addition"], default["price_difference"]) == ("1700.00", "-100.00")
    assert (us["price_at_addition"], us["price_difference"], us["currency"]) == ("19.99", "0.00", "USD")


def test_what_was_not_for_sale_here_then_has_no_price_at_addition(ada: SchemaClient) -> None:
    add_to_wishlist(ada, make_product(prices={}).pk)

    (row,) = get_wishlist(ada, **{"X-Market": "us"})

    assert (row["price_at_addition"], row["current_price"], row["is_available"]) == (None, None, False)


def test_a_product_that_is_back_in_stock_is_flagged(ada: SchemaClient) -> None:
    lamp = make_product(stock=0)
    add_to_wishlist(ada, lamp.pk)
    assert get_wishlist(ada)[0]["is_in_stock"] is False

    set_stock(lamp, 2)

    assert (get_wishlist(ada)[0]["is_in_stock"], get_wishlist(ada)[0]["is_back_in_stock"]) == (True, True)


def test_what_is_off_sale_stays_and_is_flagged(ada: SchemaClient) -> None:
    lamp = make_product("Lamp")
    add_to_wishlist(ada, lamp.pk)
    update_product(lamp, is_active=False)

    (row,) = get_wishlist(ada)

    assert (row["product"]["name"], row["is_available"], row["current_price"], row["is_in_stock"]) == ("Lamp", False, None, False)


@pytest.mark.parametrize("reference", [0, -1, 999, 2**63, "x", "lamp", "", None, [], {}, True, "\0", "x" * 300, 1.5])
def test_what_names_no_product_is_refused(ada: SchemaClient, reference: object) -> None:
    response = add_to_wishlist(ada, reference)

    assert response.status_code in (400, 404)
    assert not WishlistItem.objects.exists()


def test_what_is_not_for_sale_cannot_be_put_on_it(ada: SchemaClient) -> None:
    response = add_to_wishlist(ada, make_product(is_active=False).pk)

    assert (response.status_code, response.json()["message"]) == (404, "Product not found or unavailable")


def test_it_is_taken_off(ada: SchemaClient) -> None:
    row = add_to_wishlist(ada, make_product().pk).json()["data"]

    response = ada.delete(f"{URL}remove/{row['id']}/")

    assert (response.status_code, response.json()["message"]) == (200, "Product removed from your wishlist")
    assert get_wishlist(ada) == []
    assert ada.delete(f"{URL}remove/{row['id']}/").json()["code"] == "item_not_found"


def test_it_moves_to_the_cart(ada: SchemaClient) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    row = add_to_wishlist(ada, lamp.pk).json()["data"]

    response = ada.post(f"{URL}move-to-cart/{row['id']}/", {"quantity": 2})

    assert (response.status_code, response.json()["message"]) == (201, "Product moved to your cart")
    assert response.json()["data"]["quantity"] == 2
    assert units_by_sku(response.json()["cart"]) == units_by_sku(get_cart(ada)) == {"LAMP": 2}
    assert get_wishlist(ada) == []


def test_it_joins_a_line_that_is_there(ada: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(ada, lamp, 2)
    row = add_to_wishlist(ada, lamp.pk).json()["data"]

    response = ada.post(f"{URL}move-to-cart/{row['id']}/")

    assert response.status_code == 200
    assert units_by_sku(get_cart(ada)) == {"LAMP": 3}


def test_of_several_variants_one_must_be_named(ada: SchemaClient) -> None:
    row = add_to_wishlist(ada, make_shirt().pk).json()["data"]
    assert row["current_price"] == "20.00"
    url = f"{URL}move-to-cart/{row['id']}/"

    refused = ada.post(url)
    moved = ada.post(url, {"sku_id": get_sku_id("SHIRT-M")})

    assert list(refused.json()["errors"]) == ["variant_id"]
    assert moved.status_code == 201
    assert units_by_sku(get_cart(ada)) == {"SHIRT-M": 1}


@pytest.mark.parametrize("reason", ["sold out", "off sale", "too many", "cart full"])
def test_what_cannot_be_added_stays_on_the_list(ada: SchemaClient, unthrottled: None, reason: str) -> None:
    lamp = make_product("Lamp", stock=5)
    row = add_to_wishlist(ada, lamp.pk).json()["data"]
    if reason == "sold out":
        set_stock(lamp, 0)
    if reason == "off sale":
        update_product(lamp, is_active=False)
    if reason == "cart full":
        for product in make_products(*(f"Mug {number}" for number in range(100))):
            add_to_cart(ada, product)
    before = get_cart_rows()

    response = ada.post(f"{URL}move-to-cart/{row['id']}/", {"quantity": 100 if reason == "too many" else 1})

    assert response.status_code in (400, 404)
    assert get_cart_rows() == before
    assert len(get_wishlist(ada)) == 1


def test_foreign_and_unknown_items_are_not_found_alike(ada: SchemaClient) -> None:
    eve = signed_in_client(make_user("eve@example.com"))
    foreign = add_to_wishlist(eve, make_product().pk).json()["data"]["id"]

    answers = [
        call(f"{URL}{route}/{number}/")
        for number in (foreign, 999, 10**17)
        for route, call in (("remove", ada.delete), ("remove", ada.post), ("move-to-cart", ada.post))
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert len(get_wishlist(eve)) == 1
    assert not CartItem.objects.exists()


def test_guests_have_none(api: SchemaClient) -> None:
    lamp = make_product()

    assert [api.get(URL).status_code, add_to_wishlist(api, lamp.pk).status_code, api.delete(f"{URL}remove/1/").status_code] == [
        401
    ] * 3
    assert not WishlistItem.objects.exists()


def test_pages_lead_on_and_back(ada: SchemaClient, unthrottled: None) -> None:
    for product in make_products(*(f"Lamp {number}" for number in range(5))):
        add_to_wishlist(ada, product.pk)

    first = ada.get(URL, {"page_size": 2}).json()
    second = ada.get(first["pagination"]["next"].removeprefix("http://testserver")).json()
    back = ada.get(second["pagination"]["previous"].removeprefix("http://testserver")).json()

    names = [[row["product"]["name"] for row in page["data"]] for page in (first, second, back)]
    assert names == [["Lamp 4", "Lamp 3"], ["Lamp 2", "Lamp 1"], ["Lamp 4", "Lamp 3"]]
    assert ada.get(URL, {"cursor": "x"}).status_code == 400


@pytest.mark.parametrize("count", [1, 20])
def test_it_costs_two_statements_and_one_for_the_session(ada: SchemaClient, unthrottled: None, count: int) -> None:
    for product in make_products(*(f"Lamp {number}" for number in range(count))):
        add_to_wishlist(ada, product.pk)

    with capture_statements() as statements:
        assert len(get_wishlist(ada)) == count

    assert len(statements) == 3


def test_it_is_full_at_five_hundred(ada: SchemaClient) -> None:
    lamp, *others = make_products(*(f"Lamp {number}" for number in range(501)))
    user = User.objects.get()
    WishlistItem.objects.bulk_create([WishlistItem(user=user, product=product) for product in others])

    response = add_to_wishlist(ada, lamp.pk)

    assert (response.status_code, response.json()["code"]) == (400, "wishlist_full")
    assert add_to_wishlist(ada, others[0].pk).status_code == 200
    assert not Job.objects.exists()


def test_an_existing_item_is_found_although_it_is_no_longer_for_sale(ada: SchemaClient) -> None:
    lamp = make_product()
    add_to_wishlist(ada, lamp.pk)
    update_product(lamp, is_active=False)

    response = add_to_wishlist(ada, lamp.pk)

    assert (response.status_code, response.json()["message"]) == (200, "Product is already in your wishlist")


@pytest.mark.django_db(transaction=True)
def test_concurrent_additions_do_not_exceed_the_limit(monkeypatch: pytest.MonkeyPatch, unthrottled: None) -> None:
    monkeypatch.setattr("carts.wishlist.services.MAX_WISHLIST_ITEMS", 3)
    token = make_access_token(make_user())
    lamps = make_products(*(f"Lamp {number}" for number in range(6)))

    answers = run_concurrently(6, lambda number: add_to_wishlist(SchemaClient().bearer(token), lamps[number].pk).status_code)

    assert sorted(answers) == [201] * 3 + [400] * 3
    assert WishlistItem.objects.count() == 3
