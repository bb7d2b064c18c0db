"""How deep lists and objects may lie within one another in a body: 32, on every route that takes one"""

import pytest

from accounts.tests.factories import PASSWORD, access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add
from orders.tests.factories import ADDRESS, placed
from products.tests.factories import make_category, make_product
from store.tests.factories import state
from tests.schema_client import JSON, SchemaClient
from tests.test_hostile_bodies import writes

ROUTES = sorted({(method, path) for method, path, fields in writes() if fields} | {("post", "/api/orders/{number}/pay/")})


def nested(depth: int, around: str = "[]") -> bytes:
    """Return an object in whose field `x` lists, or objects, lie so deep that the whole is `depth` deep."""
    opened, closed = ("[", "]") if around == "[]" else ('{"x":', "}")
    inside = "" if around == "[]" else "1"
    return f'{{"x": {opened * (depth - 1)}{inside}{closed * (depth - 1)}}}'.encode()


@pytest.fixture
def staff(db: None, unthrottled: None) -> SchemaClient:
    """A client that may do anything."""
    return SchemaClient().bearer(access_token(make_user("staff@example.com", is_staff=True)))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_what_is_nested_deeper_is_refused_and_nothing_changes(staff: SchemaClient, method: str, path: str) -> None:
    category, lamp = make_category(), make_product()
    add(staff, lamp)
    number = placed(staff)["number"]
    add(staff, lamp)
    own = staff.post("/api/orders/addresses/", ADDRESS).json()["data"]["id"] if "addresses" in path else lamp.pk
    part = category.pk if "categories" in path else lamp.variants.get().pk
    url = path.format(number=number, item_id=CartItem.objects.get().pk, id=own, part=part)
    before = state()

    for depth in (33, 500, 1000, 5000):
        response = staff.generic(method.upper(), url, nested(depth), content_type=JSON)

        assert (response.status_code, response.json()["code"]) == (400, "parse_error")

    assert state() == before


@pytest.mark.parametrize("around", ["[]", "{}"])
def test_32_deep_is_fine_and_33_is_not(api: SchemaClient, around: str) -> None:
    lamp = make_product()

    refused = api.generic("POST", "/api/cart/", nested(33, around), content_type=JSON)
    read = api.generic("POST", "/api/cart/", nested(32, around), content_type=JSON)

    assert (refused.status_code, refused.json()["message"]) == (400, "The body is nested more than 32 deep")
    assert read.status_code == 200
    body = f'{{"product_id": {lamp.pk}, '.encode() + nested(32, around)[1:]
    assert api.generic("POST", "/api/cart/add/", body, content_type=JSON).status_code == 201


def test_many_beside_each_other_are_not_deep(api: SchemaClient) -> None:
    body = b'{"x": [' + b", ".join([b"[{}]"] * 2000) + b"]}"

    assert api.generic("POST", "/api/cart/", body, content_type=JSON).status_code == 200


def test_brackets_within_a_text_are_a_text(api: SchemaClient) -> None:
    make_user()
    body = {"email": "ada@example.com", "password": "[{" * 100}

    response = api.post("/api/auth/login/", body)

    assert response.status_code == 401
    assert api.post("/api/auth/login/", {**body, "password": PASSWORD}).status_code == 200
