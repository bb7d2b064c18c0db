"""/admin/products/product/<id>/duplicate/"""

import os
import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from products.media import retention
from products.models import MarketPrice, Product, ProductImage, Variant
from products.tests.editors import client_for, dump_catalog, get_variant, list_movements, list_prices, list_products
from products.tests.factories import add_picture, make_category, make_product, make_variant
from tests.admin.product_pages import PRODUCTS, open_page, submit
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.image_files import list_stored_files
from tests.people import User, make_user
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
COPY = "0b7a2f64-6a4c-4a55-9a2b-0f7a51f1d0c1"


def make_shirt(sizes: str = "SM") -> Product:
    """Make a product of a seller with two variants, the second with a picture of its own."""
    variants = [
        make_variant(f"T-{size}", name=size, options={"Size": size}, prices={"us": "2.00"}, compare_at="30.00", weight_grams=180)
        for size in sizes
    ]
    seller = make_user("seller@example.com", is_seller=True)
    shirt = make_product("Shirt", variants=variants, category=make_category("Tops"), description="Linen", seller_id=seller.pk)
    add_picture(shirt, alt="Front")
    Variant.objects.filter(sku="T-M").update(image=add_picture(shirt, position=1, alt="Back"))
    return shirt


def test_a_copy_has_everything_but_stock_and_is_off_sale() -> None:
    client, shirt = make_superuser_client(), make_shirt()

    response = submit(client, shirt, {"copy_uuid": COPY}, "duplicate")

    copy = Product.objects.get(uuid=COPY)
    assert (response.status_code, response["Location"]) == (302, f"{PRODUCTS}{copy.pk}/change/")
    assert (copy.name, copy.slug, copy.is_active, copy.description) == ("Shirt (copy)", "shirt-copy", False, "Linen")
    assert (copy.category_id, copy.seller_id) == (shirt.category_id, shirt.seller_id)
    columns = ("sku", "name", "options", "price", "compare_at_price", "weight_grams", "stock", "image__alt", "image__product")
    assert list(copy.variants.values_list(*columns)) == [
        ("T-S-COPY", "S", {"Size": "S"}, 20, 30, 180, 0, None, None),
        ("T-M-COPY", "M", {"Size": "M"}, 20, 30, 180, 0, "Back", copy.pk),
    ]
    others = MarketPrice.objects.filter(variant__product=copy).values_list("market", "price")
    assert list(others) == [("us", Decimal(2)), ("us", Decimal(2))]
    assert (list_prices("T-M-COPY"), list_movements("T-M-COPY"), get_variant("T-M").stock) == (["20.00"], [], 10)
    pictures = [list(product.images.values_list("image", "alt", "position", "width")) for product in (shirt, copy)]
    assert pictures[0] == pictures[1]
    assert [item["name"] for item in list_products()] == ["Shirt"]


def test_a_second_click_opens_the_same_copy_and_a_new_page_makes_another() -> None:
    client, shirt = make_superuser_client(), make_shirt()
    [token] = re.findall(r'name="copy_uuid" value="([\w-]+)"', open_page(client, shirt))

    locations = {submit(client, shirt, {"copy_uuid": token}, "duplicate")["Location"] for _ in range(2)}
    submit(client, shirt, {"copy_uuid": "not a uuid"}, "duplicate")

    assert locations == {f"{PRODUCTS}{Product.objects.get(uuid=UUID(token)).pk}/change/"}
    assert list(Product.objects.order_by("pk").values_list("slug", flat=True)) == ["shirt", "shirt-copy", "shirt-copy-2"]
    assert set(Variant.objects.filter(sku__startswith="T-S").values_list("sku", flat=True)) == {"T-S", "T-S-COPY", "T-S-COPY-2"}


@pytest.mark.once
def test_the_pictures_of_a_copy_stay_when_the_original_loses_them() -> None:
    client, shirt = make_superuser_client(), make_shirt()
    submit(client, shirt, {"copy_uuid": COPY}, "duplicate")
    files = list_stored_files()
    api = client_for(User.objects.get(email="staff@example.com"))
    for image in shirt.images.all():
        assert api.delete(f"/api/products/{shirt.pk}/images/{image.pk}/").status_code == 200
    long_ago = (timezone.now() - timedelta(days=3)).timestamp()
    for name in files:
        os.utime(default_storage.path(name), (long_ago, long_ago))

    retention.clean_up(lambda names: set())

    assert list_stored_files() == files
    assert ProductImage.objects.filter(product__uuid=COPY).count() == 2


def test_staff_who_may_not_add_products_make_no_copy() -> None:
    client, shirt = make_staff_client("change_product", "change_variant", "add_variant"), make_shirt()
    before = dump_catalog()

    assert submit(client, shirt, {"copy_uuid": COPY}, "duplicate").status_code == 403
    assert client.get(f"{PRODUCTS}{shirt.pk}/duplicate/").status_code == 405

    assert dump_catalog() == before


def test_a_copy_costs_the_same_for_two_variants_and_for_fifty() -> None:
    client, costs = make_superuser_client(), []
    for count in (2, 50):
        sizes = map(str, range(count))
        variants = [make_variant(f"V{count}-{size}", options={"Size": size}, prices={"us": "2"}) for size in sizes]
        product = make_product(f"Product {count}", variants=variants)
        product.variants.update(image=add_picture(product))
        with capture_statements() as captured:
            submit(client, product, {}, "duplicate")
        costs.append(len(captured))

    assert costs[0] == costs[1] <= 35
