"""GET /api/products/<id | uuid | slug>/"""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from products.models import Product, ProductImage, Variant
from products.tests.factories import add_picture, make_category, make_product, make_variant, update_product, update_variant
from tests.schema_client import SchemaClient


def test_a_product_shows_the_list_item_its_text_pictures_and_variants(api: SchemaClient) -> None:
    lamp = make_product(
        "Desk lamp",
        variants=[
            make_variant(
                "L-BRASS", name="Brass", options={"Colour": "Brass"}, price="30", compare_at="40", stock=3, weight_grams=1250
            ),
            make_variant("L-BLACK", name="Black", options={"Colour": "Black"}, price="25", stock=4),
        ],
        category=make_category("Lighting"),
        description="Takes an E14 bulb.",
    )
    back, front = add_picture(lamp, position=1, alt="From behind"), add_picture(lamp, position=0, alt="From the front")
    Variant.objects.filter(sku="L-BRASS").update(reserved=1)
    brass, black = Variant.objects.order_by("position")
    listed = api.get("/api/products/").json()["data"][0]

    response = api.get(f"/api/products/{lamp.pk}/")

    assert response.status_code == 200
    assert response.json()["data"] == {
        **listed,
        "description": "Takes an E14 bulb.",
        "lowest_price_30_days": "25.00",
        "images": [
            {
                "id": front.pk,
                "url": listed["primary_image"],
                "alt": "From the front",
                "width": 2,
                "height": 1,
                "thumbnail": listed["primary_image"],
            },
            {
                "id": back.pk,
                "url": f"http://testserver/media/{back.image.name}",
                "alt": "From behind",
                "width": 2,
                "height": 1,
                "thumbnail": f"http://testserver/media/{back.image.name}",
            },
        ],
        "variants": [
            {
                "id": brass.pk,
                "sku": "L-BRASS",
                "name": "Brass",
                "options": {"Colour": "Brass"},
                "image_id": None,
                "price": "30.00",
                "compare_at_price": "40.00",
                "currency": "INR",
                "stock": 2,
                "weight_grams": 1250,
                "lowest_price_30_days": "30.00",
            },
            {
                "id": black.pk,
                "sku": "L-BLACK",
                "name": "Black",
                "options": {"Colour": "Black"},
                "image_id": None,
                "price": "25.00",
                "compare_at_price": None,
                "currency": "INR",
                "stock": 4,
                "weight_grams": None,
                "lowest_price_30_days": "25.00",
            },
        ],
    }
    assert (listed["price"], listed["stock"], listed["variants_count"]) == ("25.00", 6, 2)


def test_a_simple_product_has_one_variant_and_may_have_no_picture(api: SchemaClient) -> None:
    lamp = make_product()

    data = api.get(f"/api/products/{lamp.pk}/").json()["data"]

    assert [variant["id"] for variant in data["variants"]] == [data["sku_id"]]
    assert (data["images"], data["primary_image"]) == ([], None)


def test_lists_show_the_small_picture_and_the_detail_both(api: SchemaClient) -> None:
    lamp = make_product()
    picture = add_picture(lamp)
    ProductImage.objects.update(thumbnail="products/small.webp")

    listed = api.get("/api/products/").json()["data"][0]
    data = api.get(f"/api/products/{lamp.pk}/").json()["data"]

    small = "http://testserver/media/products/small.webp"
    assert (listed["primary_image"], data["primary_image"]) == (small, small)
    assert [(image["url"], image["thumbnail"]) for image in data["images"]] == [
        (f"http://testserver/media/{picture.image.name}", small)
    ]


def test_id_uuid_and_slug_open_the_same_product(api: SchemaClient) -> None:
    lamp = make_product("Desk lamp")
    make_product("Other")

    refs = [str(lamp.pk), f"0{lamp.pk}", str(lamp.uuid), str(lamp.uuid).upper(), "desk-lamp"]
    data = [api.get(f"/api/products/{ref}/").json()["data"]["id"] for ref in refs]

    assert data == [lamp.pk] * 5


def test_a_variant_off_sale_is_not_shown(api: SchemaClient) -> None:
    lamp = make_product(variants=[make_variant("S"), make_variant("M")])
    update_variant("S", is_active=False)

    data = api.get(f"/api/products/{lamp.pk}/").json()["data"]

    assert [variant["sku"] for variant in data["variants"]] == ["M"]


def test_the_market_decides_prices_and_variants(api: SchemaClient) -> None:
    lamp = make_product(variants=[make_variant("S", price="500"), make_variant("M", price="600", prices={"us": "7.5"})])

    data = api.get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).json()["data"]

    assert (data["price"], data["currency"]) == ("7.50", "USD")
    assert [(variant["sku"], variant["price"]) for variant in data["variants"]] == [("M", "7.50")]


def assert_not_there(api: SchemaClient, ref: str, market: str = "in") -> None:
    """Assert that the reference opens no product."""
    response = api.get(f"/api/products/{ref}/", headers={"X-Market": market})
    assert response.status_code == 404
    assert response.json()["code"] == "product_not_found"
    assert response.json()["message"] == "Product not found or unavailable"


def assert_hidden(api: SchemaClient, product: Product, market: str = "in") -> None:
    """Assert that none of the product's references opens it."""
    for ref in (str(product.pk), str(product.uuid), product.slug):
        assert_not_there(api, ref, market)


def test_a_product_that_is_switched_off_is_not_there(api: SchemaClient) -> None:
    assert_hidden(api, make_product(is_active=False))


def test_a_deleted_product_is_not_there(api: SchemaClient) -> None:
    lamp = make_product()
    update_product(lamp, deleted_at=timezone.now())

    assert_hidden(api, lamp)


def test_a_product_without_a_price_in_the_market_is_not_there(api: SchemaClient) -> None:
    lamp = make_product()

    assert_hidden(api, lamp, "us")
    assert api.get(f"/api/products/{lamp.pk}/").status_code == 200


@pytest.mark.parametrize("columns", [{"is_active": False}, {"deleted_at": datetime(2025, 1, 1, tzinfo=UTC)}])
def test_a_product_without_a_variant_on_sale_is_not_there(api: SchemaClient, columns: dict[str, object]) -> None:
    lamp = make_product(sku="L-1")
    update_variant("L-1", **columns)

    assert_hidden(api, lamp)


@pytest.mark.parametrize(
    "ref",
    [
        "nonsense",
        "0",
        "-1",
        "1.5",
        "9" * 18,
        "9" * 19,
        "9" * 40,
        "\u0663",
        "00000000-0000-4000-8000-000000000000",
        "zzzzzzzz-zzzz-4zzz-8zzz-zzzzzzzzzzzz",
        "%00",
        "%F0%9F%92%A1",
        "%ff",
        "x" * 5_000,
        "'%20OR%201=1%20--",
        "%25",
        "null",
    ],
)
def test_nonsense_opens_nothing(api: SchemaClient, ref: str) -> None:
    make_product()

    assert_not_there(api, ref)
