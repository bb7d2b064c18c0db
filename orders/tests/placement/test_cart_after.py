"""What remains of the cart and of the guest's cookies after an order."""

from pytest_django import Settings

from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_audit_log, get_cart, guest_client, units_by_sku
from orders.tests.factories import create, customer, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def get_set_cookies(response: object) -> dict[str, tuple[str, int, str]]:
    """Return value, age and path of the cookies that a response sets."""
    cookies = response.cookies  # type: ignore[attr-defined]  # the test client's response
    return {name: (cookie.value, cookie["max-age"], cookie["path"]) for name, cookie in cookies.items()}


def test_what_was_ordered_leaves_the_cart(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product("Lamp"), 2)
    cart = add_to_cart(client, make_product("Mug"))["cart"]["id"]

    placed(client)

    data = get_cart(client)
    assert (data["id"], data["items"], data["subtotal"]) == (cart, [], "0.00")


def test_lines_saved_for_later_are_deleted_at_checkout(api: SchemaClient) -> None:
    lamp, later = make_product("Lamp", sku="LAMP"), make_product("Later")
    add_to_cart(api, lamp, 3)
    add_to_cart(api, later)
    api.patch("/api/cart/update/", {"product_id": later.pk, "quantity": 0})

    placed(api, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert units_by_sku(get_cart(api)) == {"LAMP": 2}
    assert CartItem.objects.count() == 1


def test_a_guest_whose_cart_is_empty_now_loses_its_cookies(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    response = create(api)

    assert get_set_cookies(response) == {"cart_token": ("", 0, "/"), "sessionid": ("", 0, "/")}


def test_in_production_they_are_deleted_under_their_names_there(api: SchemaClient, settings: Settings) -> None:
    settings.AUTH_COOKIE_SECURE = True
    add_to_cart(api, make_product())

    response = create(api)

    assert get_set_cookies(response) == {"cart_token": ("", 0, "/"), "__Host-sessionid": ("", 0, "/")}
    assert [cookie["secure"] for cookie in response.cookies.values()] == [True, True]


def test_a_guest_whose_cart_still_holds_something_keeps_them(api: SchemaClient) -> None:
    lamp = make_product("Lamp")
    key = add_to_cart(api, lamp, 2)["cart_token"]

    response = create(api, items=[{"product_id": lamp.pk, "quantity": 1}])

    assert response.status_code == 201
    assert not response.cookies
    assert api.get("/api/cart/").json()["cart_token"] == key


def test_a_refused_order_keeps_them(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)

    response = create(api, expected_total="0.01")

    assert response.status_code == 409
    assert not response.cookies


def test_the_repeated_answer_takes_them_too_for_the_first_may_be_lost(api: SchemaClient) -> None:
    key = add_to_cart(api, make_product())["cart_token"]
    create(api, "k-1")
    client = guest_client(key)

    response = create(client, "k-1")

    assert response.status_code == 200
    assert get_set_cookies(response) == {"cart_token": ("", 0, "/"), "sessionid": ("", 0, "/")}


def test_a_replay_leaves_the_cookies_to_a_guest_who_fills_the_cart_again(api: SchemaClient) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    key = add_to_cart(api, lamp)["cart_token"]
    create(api, "k-1")
    client = guest_client(key)
    add_to_cart(client, lamp, 2)

    response = create(client, "k-1")

    assert response.status_code == 200
    assert not response.cookies
    assert units_by_sku(get_cart(client)) == {"LAMP": 2}


def test_a_user_gets_no_guest_cookies_dropped(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = create(client)

    assert not response.cookies


def test_the_old_key_opens_an_empty_cart_and_the_log_stays(api: SchemaClient) -> None:
    key = add_to_cart(api, make_product("Lamp"), 2)["cart_token"]

    order = placed(api)

    read = guest_client(key).get("/api/cart/").json()
    assert (read["cart_token"], read["data"]["items"]) == (key, [])
    assert get_audit_log() == [
        ("ADD", "Lamp", {"quantity": 2, "price": "20.00"}),
        ("ORDER", "Lamp", {"order": order["number"], "quantity": 2, "left": 0}),
    ]
    assert Cart.objects.count() == 1
