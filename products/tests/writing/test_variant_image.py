"""`image_id`: the picture that shows a variant, in the product, the cart and the order"""

import pytest

from products.models import ProductImage
from products.tests.editors import assert_refused, dump_catalog, get_detail, get_variant, make_tee, staff_client
from products.tests.factories import add_picture, make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def choose_image(client: SchemaClient, sku: str, image: ProductImage | None) -> None:
    variant = get_variant(sku)
    body = {"image_id": image.pk if image else None}
    response = client.patch(f"/api/products/{variant.product_id}/variants/{variant.pk}/", body)
    assert response.status_code == 200, response.json()
    assert response.json()["data"]["image_id"] == body["image_id"]


def test_a_variant_shows_its_own_picture() -> None:
    tee = make_tee()
    front, back = add_picture(tee, position=0), add_picture(tee, position=1)

    choose_image(staff_client(), "TEE-M", back)

    page = get_detail(tee)
    assert [variant["image_id"] for variant in page["variants"]] == [None, back.pk]
    assert page["primary_image"] == f"http://testserver/media/{front.image.name}"


def test_the_cart_shows_the_picture_of_the_variant() -> None:
    tee = make_tee()
    front, back = add_picture(tee, position=0), add_picture(tee, position=1)
    choose_image(staff_client(), "TEE-M", back)
    shopper = SchemaClient()

    for sku in ("TEE-S", "TEE-M"):
        shopper.post("/api/cart/add/", {"sku_id": get_variant(sku).pk})

    items = shopper.get("/api/cart/").json()["data"]["items"]
    pictures = [f"http://testserver/media/{image.image.name}" for image in (front, back)]
    assert [item["thumbnail"] for item in items] == pictures
    assert [item["product"]["primary_image"] for item in items] == pictures


def test_the_order_keeps_the_picture_of_the_variant() -> None:
    tee = make_tee()
    add_picture(tee, position=0)
    back = add_picture(tee, position=1)
    choose_image(staff_client(), "TEE-M", back)
    shopper = SchemaClient()
    shopper.post("/api/cart/add/", {"sku_id": get_variant("TEE-M").pk})
    street, phone = "12 Hill Road", "+919876543210"
    address = {"full_name": "Ada", "line1": street, "city": "Pune", "postal_code": "411001", "country": "IN", "phone": phone}

    body = {"payment_method": "cod", "email": "ada@example.com", "address": {**address, "state": "Maharashtra"}}
    response = shopper.post("/api/orders/create/", body)

    assert response.status_code == 201
    assert response.json()["data"]["items"][0]["image"] == f"http://testserver/media/{back.image.name}"


def test_a_picture_of_another_product_is_refused() -> None:
    tee, lamp = make_tee(), make_product("Lamp")
    foreign = add_picture(lamp)
    client, small, before = staff_client(), get_variant("TEE-S"), dump_catalog()

    for path, body in (
        (f"/api/products/{tee.pk}/variants/{small.pk}/", {"image_id": foreign.pk}),
        (f"/api/products/{tee.pk}/", {"variants": [{"id": small.pk, "image_id": 999}]}),
    ):
        assert_refused(client.patch(path, body), 400, "image_not_found", "image_id")

    assert dump_catalog() == before


def test_a_variant_shows_the_primary_picture_again_when_its_own_is_removed() -> None:
    tee = make_tee()
    picture = add_picture(tee)
    client = staff_client()
    choose_image(client, "TEE-M", picture)

    response = client.delete(f"/api/products/{tee.pk}/images/{picture.pk}/")

    assert response.status_code == 200
    assert [variant["image_id"] for variant in response.json()["data"]["variants"]] == [None, None]


def test_the_picture_of_a_variant_is_taken_away() -> None:
    tee = make_tee()
    client = staff_client()
    choose_image(client, "TEE-M", add_picture(tee))

    choose_image(client, "TEE-M", None)

    assert get_variant("TEE-M").image_id is None
