"""Guest keys: where they are issued, where they are read, and which keys are valid."""

import hashlib
from itertools import pairwise

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.tests.factories import make_user
from carts import guest_keys, selectors
from carts.models import Cart
from carts.tests.factories import (
    add_to_cart,
    get_cart_rows,
    guest_client,
    make_guest_cart,
    read_cart_with_keys,
    signed_in_client,
    units_by_sku,
)
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

KEY_CARRIERS = ["sessionid", "cart_token", "X-Cart-Token", "X-Session-Key", "body"]
CARRIER_PAIRS = list(pairwise(KEY_CARRIERS))
FOREIGN_KEYS = [
    "550e8400-e29b-41d4-a716-446655440000",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "anon_1234567890",
    "g" * 36,
    "{0f8fad5b-d9cb-469f-a165-7086772895}",
    "' OR 1=1 --",
    "x" * 8000,
]


def test_a_first_read_gives_one_key_in_six_places_and_writes_no_row(api: SchemaClient) -> None:
    response = api.get("/api/cart/")

    body = response.json()
    key = body["cart_token"]
    assert guest_keys.parse(key) == key
    assert body["owner"] == body["data"]["owner"] == {"type": "guest", "user_id": None, "session_key": key}
    assert response.cookies["cart_token"].value == response.cookies["sessionid"].value == key
    assert response["X-Cart-Token"] == response["X-Session-Key"] == key
    assert body["data"]["id"] is None
    assert body["data"]["created_at"] == body["data"]["updated_at"]
    assert not Cart.objects.exists()


def test_two_visitors_get_different_keys(db: None) -> None:
    first = SchemaClient().get("/api/cart/").json()["cart_token"]

    second = SchemaClient().get("/api/cart/").json()["cart_token"]

    assert first != second


@pytest.mark.sampled
@pytest.mark.parametrize("carrier", KEY_CARRIERS)
def test_a_key_opens_its_cart_whichever_way_it_comes(db: None, carrier: str) -> None:
    key = make_guest_cart(make_product("Lamp", sku="LAMP"), 2)
    add_to_cart(guest_client(key), make_product("Mug", sku="MUG"))

    body = read_cart_with_keys({carrier: key})

    assert body["cart_token"] == key
    assert units_by_sku(body["data"]) == {"LAMP": 2, "MUG": 1}


@pytest.mark.parametrize(("first", "second"), CARRIER_PAIRS)
def test_of_two_live_keys_the_first_in_order_counts(db: None, first: str, second: str) -> None:
    first_key = make_guest_cart(make_product("Lamp", sku="LAMP"))
    second_key = make_guest_cart(make_product("Mug", sku="MUG"))

    body = read_cart_with_keys({first: first_key, second: second_key})

    assert body["cart_token"] == first_key
    assert units_by_sku(body["data"]) == {"LAMP": 1}


@pytest.mark.parametrize(("first", "second"), CARRIER_PAIRS)
def test_a_live_key_counts_before_one_that_has_no_cart(db: None, first: str, second: str) -> None:
    live = make_guest_cart(make_product("Lamp", sku="LAMP"))

    body = read_cart_with_keys({first: guest_keys.mint(), second: live})

    assert body["cart_token"] == live
    assert units_by_sku(body["data"]) == {"LAMP": 1}


def test_where_no_key_is_live_the_first_of_ours_is_kept(db: None) -> None:
    ours, second_key = guest_keys.mint(), guest_keys.mint()

    body = read_cart_with_keys({"sessionid": FOREIGN_KEYS[0], "cart_token": ours, "X-Cart-Token": second_key})

    assert body["cart_token"] == ours
    assert not Cart.objects.exists()


def test_the_query_string_is_never_read(db: None) -> None:
    key = make_guest_cart(make_product("Lamp"))

    answers = [
        SchemaClient().get(f"/api/cart/?cart_token={key}").json(),
        SchemaClient().post(f"/api/cart/?cart_token={key}&session_key={key}", {}).json(),
    ]

    assert [body["data"]["items"] for body in answers] == [[], []]
    assert key not in {body["cart_token"] for body in answers}


@pytest.mark.parametrize("invented", FOREIGN_KEYS)
def test_a_key_that_is_not_ours_is_never_adopted(db: None, invented: str) -> None:
    lamp = make_product("Lamp")

    response = guest_client(invented).post("/api/cart/add/", {"product_id": lamp.pk, "cart_token": invented})

    assert response.status_code == 201
    new_key = response.json()["cart_token"]
    assert new_key != invented
    assert guest_keys.is_ours(new_key)
    read = guest_client(invented).get("/api/cart/").json()
    assert read["data"]["items"] == []
    assert read["cart_token"] not in (invented, new_key)


@pytest.mark.sampled
@pytest.mark.parametrize("nonsense", [None, 5, True, [], {}, ["550e8400-e29b-41d4-a716-446655440000"]])
def test_a_key_in_the_body_that_is_not_a_string_is_ignored(api: SchemaClient, nonsense: object) -> None:
    lamp = make_product("Lamp")

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "cart_token": nonsense})

    assert response.status_code == 201
    assert guest_keys.is_ours(response.json()["cart_token"])


def test_a_key_is_the_same_in_capitals(db: None) -> None:
    key = make_guest_cart(make_product("Lamp", sku="LAMP"))

    body = guest_client(key.upper()).get("/api/cart/").json()

    assert body["cart_token"] == key
    assert units_by_sku(body["data"]) == {"LAMP": 1}


def test_only_the_hash_of_a_key_is_stored(db: None) -> None:
    key = make_guest_cart(make_product("Lamp"))

    stored = repr(get_cart_rows())

    assert Cart.objects.get().key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert key not in stored
    assert key.replace("-", "") not in stored


def test_a_live_cart_outlives_a_new_secret_and_an_unused_key_does_not(db: None, settings: Settings) -> None:
    used, unused = make_guest_cart(make_product("Lamp", sku="LAMP")), guest_keys.mint()
    settings.GUEST_KEY_SECRET = "another secret of at least thirty-two bytes"

    bodies = [guest_client(key).get("/api/cart/").json() for key in (used, unused)]

    assert bodies[0]["cart_token"] == used
    assert units_by_sku(bodies[0]["data"]) == {"LAMP": 1}
    assert bodies[1]["cart_token"] != unused


def test_an_unused_key_outlives_a_new_secret_while_the_old_one_is_listed(db: None, settings: Settings) -> None:
    key = guest_keys.mint()
    settings.GUEST_KEY_SECRET_FALLBACKS = ["one of long ago", settings.GUEST_KEY_SECRET]
    settings.GUEST_KEY_SECRET = "another secret of at least thirty-two bytes"

    assert guest_client(key).get("/api/cart/").json()["cart_token"] == key
    assert guest_keys.is_ours(guest_keys.mint())


def test_a_signed_in_user_gets_their_own_cart_whatever_key_they_send(db: None) -> None:
    key = make_guest_cart(make_product("Lamp", sku="LAMP"), 2)
    user = make_user()
    client = signed_in_client(user)
    client.cookies["cart_token"] = client.cookies["sessionid"] = key

    response = client.get("/api/cart/", headers={"X-Cart-Token": key})

    assert response.json()["data"]["items"] == []
    assert response.json()["owner"] == {"type": "user", "user_id": user.pk, "session_key": None}
    assert response.json()["cart_token"] is None
    assert not {"X-Cart-Token", "X-Session-Key"} & set(response.headers)
    assert not response.cookies
    assert units_by_sku(read_cart_with_keys({"X-Cart-Token": key})["data"]) == {"LAMP": 2}


@pytest.mark.parametrize("by", ["cookie", "header"])
def test_a_bad_access_token_is_refused_and_makes_no_silent_guest(api: SchemaClient, by: str) -> None:
    lamp = make_product("Lamp")
    if by == "cookie":
        api.cookies["access_token"] = "worn-out"
    else:
        api.bearer("worn-out")

    response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert not {"cart_token", "sessionid"} & set(response.cookies)
    assert not Cart.objects.exists()


def test_no_key_holds_a_line_where_none_is_given(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert selectors.find_keys_in_use(()) == set()
