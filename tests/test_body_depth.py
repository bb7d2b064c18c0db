"""The nesting limit of bodies, 32, on every route that takes a body"""

import pytest

from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart
from orders.tests.factories import ADDRESS, placed
from products.tests.factories import make_category, make_product
from store.tests.factories import get_state
from tests.schema_client import JSON, SchemaClient
from tests.test_hostile_bodies import iter_write_operations

pytestmark = pytest.mark.once

ROUTES = sorted(
    {(method, path) for method, path, fields in iter_write_operations() if fields and "webhook" not in path}
    | {("post", "/api/orders/{number}/pay/")}
)


def make_nested_body(depth: int, brackets: str = "[]") -> bytes:
    """Return an object whose field `x` nests lists or objects so that the total depth is `depth`."""
    opened, closed = ("[", "]") if brackets == "[]" else ('{"x":', "}")
    inside = "" if brackets == "[]" else "1"
    return f'{{"x": {opened * (depth - 1)}{inside}{closed * (depth - 1)}}}'.encode()


@pytest.fixture
def staff(db: None, unthrottled: None) -> SchemaClient:
    """A client with all rights."""
    return SchemaClient().bearer(make_access_token(make_user("staff@example.com", is_staff=True, is_superuser=True)))


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_what_is_nested_deeper_is_refused_and_nothing_changes(staff: SchemaClient, method: str, path: str) -> None:
    category, lamp = make_category(), make_product()
    add_to_cart(staff, lamp)
    number = placed(staff)["number"]
    add_to_cart(staff, lamp)
    address = staff.post("/api/orders/addresses/", ADDRESS).json()["data"]["id"]
    ids = {"product": lamp.pk, "variant_id": lamp.variants.get().pk, "image_id": 1, "category_id": category.pk}
    url = path.format(number=number, item_id=CartItem.objects.get().pk, address_id=address, **ids)
    before = get_state()

    for depth in (33, 500, 1000, 5000):
        response = staff.generic(method.upper(), url, make_nested_body(depth), content_type=JSON)

        assert (response.status_code, response.json()["code"]) == (400, "parse_error")

    assert get_state() == before


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_32_deep_is_fine_and_33_is_not(api: SchemaClient, brackets: str) -> None:
    lamp = make_product()

    refused = api.generic("POST", "/api/cart/", make_nested_body(33, brackets), content_type=JSON)
    read = api.generic("POST", "/api/cart/", make_nested_body(32, brackets), content_type=JSON)

    assert (refused.status_code, refused.json()["message"]) == (400, "The body is nested more than 32 deep")
    assert read.status_code == 200
    body = f'{{"product_id": {lamp.pk}, '.encode() + make_nested_body(32, brackets)[1:]
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
