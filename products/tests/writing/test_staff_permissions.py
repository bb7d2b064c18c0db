"""Staff change the catalog by the API with the permissions that the admin asks for, and with no others"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from products.models import Category, Product
from products.tests.editors import assert_refused, cases, client_for, dump_catalog, get_variant
from products.tests.factories import make_category, make_product, make_variant
from tests.image_files import make_image, post_image, upload_image
from tests.image_files import make_staff_client as make_superuser_client
from tests.people import User, make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
EVERY = "every"
PATH = "/api/products/"


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp of the shop's own, with two variants and a picture, and an empty category."""
    sizes = [make_variant("LAMP-S", name="S"), make_variant("LAMP-L", name="L")]
    product = make_product("Lamp", variants=sizes)
    upload_image(make_superuser_client(), product)
    make_category("Empty")
    return product


def make_staff(*codenames: str, **fields: Any) -> SchemaClient:
    """Return the client of a member of staff with these permissions, through a group."""
    staff = make_user("clerk@example.com", is_staff=True, **fields)
    permissions = Permission.objects.filter(content_type__app_label="products")
    group = Group.objects.create(name="Clerks")
    group.permissions.set(permissions if codenames == (EVERY,) else permissions.filter(codename__in=codenames))
    staff.groups.add(group)
    assert codenames == (EVERY,) or group.permissions.count() == len(codenames)
    return client_for(staff)


def send(method: str, path: str, body: dict[str, Any] | None = None) -> Callable[[SchemaClient, Product], Any]:
    """Return a function that sends the request for a product."""

    def call(client: SchemaClient, product: Product) -> Any:
        image = product.images.order_by("pk").first()
        ids = {"product": product.pk, "image": image.pk if image else 0, "category": Category.objects.get(name="Empty").pk}
        address = PATH + path.format(**ids, variant=get_variant("LAMP-S").pk)
        return client.generic(method, address, json.dumps(body or {}), content_type="application/json")

    return call


def post_picture(client: SchemaClient, product: Product) -> Any:
    """Post a picture."""
    return post_image(client, product, make_image())


def receive_stock(client: SchemaClient, product: Product) -> Any:
    """Receive three units of a variant."""
    body = {"sku_id": get_variant("LAMP-S").pk, "delta": 3, "reason": "received"}
    return client.post(f"{PATH}{product.pk}/stock/", body)


NEW = {"name": "Mug", "price": "5.00"}
VARIANTS = {"variants": [{"sku": "LAMP-S", "price": "5.00"}, {"sku": "LAMP-XL", "price": "6.00"}]}
WRITES = {
    "create": cases(send("POST", "", NEW), "add_product", "add_variant"),
    "create by name": cases(send("POST", "create/", NEW), "add_product", "add_variant"),
    "replace": cases(send("PUT", "{product}/", {"name": "Lamp", **VARIANTS}), "change_product", "add_variant", "change_variant"),
    "rename": cases(send("PATCH", "{product}/", {"name": "Lamp 2"}), "change_product"),
    "switch off": cases(send("PATCH", "{product}/", {"is_active": False}), "change_product"),
    "change variants": cases(send("PATCH", "{product}/", VARIANTS), "change_product", "add_variant", "change_variant"),
    "delete": cases(send("DELETE", "{product}/"), "change_product"),
    "add a variant": cases(send("POST", "{product}/variants/", {"sku": "LAMP-M", "price": "5.00"}), "add_variant"),
    "price a variant": cases(send("PATCH", "{product}/variants/{variant}/", {"price": "5.00"}), "change_variant"),
    "stock a variant": cases(send("PATCH", "{product}/variants/{variant}/", {"stock": 3}), "change_variant"),
    "delete a variant": cases(send("DELETE", "{product}/variants/{variant}/"), "change_variant"),
    "add a picture": cases(post_picture, "add_productimage"),
    "describe a picture": cases(send("PATCH", "{product}/images/{image}/", {"alt": "A lamp"}), "change_productimage"),
    "delete a picture": cases(send("DELETE", "{product}/images/{image}/"), "delete_productimage"),
    "move stock": cases(receive_stock, "change_stockofvariant"),
    "read movements": cases(send("GET", "{product}/stock/"), "view_stockmovement"),
    "add a category": cases(send("POST", "categories/", {"name": "Garden"}), "add_category"),
    "rename a category": cases(send("PATCH", "categories/{category}/", {"name": "Garden"}), "change_category"),
    "delete a category": cases(send("DELETE", "categories/{category}/"), "delete_category"),
}
EACH_WRITE = pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))


@pytest.mark.sampled
@EACH_WRITE
def test_staff_without_any_permission_are_customers(lamp: Product, write: tuple[Any, ...]) -> None:
    before = dump_catalog()

    response = write[0](make_staff(), lamp)

    assert_refused(response, 403, "permission_denied")
    assert dump_catalog() == before


@pytest.mark.sampled
@EACH_WRITE
def test_the_permissions_of_the_admin_are_enough(lamp: Product, write: tuple[Any, ...]) -> None:
    call, *permissions = write

    assert call(make_staff(*permissions), lamp).status_code in (200, 201)


@pytest.mark.sampled
@EACH_WRITE
def test_every_other_permission_is_not(lamp: Product, write: tuple[Any, ...]) -> None:
    call, *needed = write
    others = Permission.objects.filter(content_type__app_label="products").exclude(codename=needed[0])
    before = dump_catalog()

    response = call(make_staff(*others.values_list("codename", flat=True)), lamp)

    assert_refused(response, 403, "permission_denied")
    assert dump_catalog() == before


@pytest.mark.sampled
@EACH_WRITE
def test_a_superuser_may_do_all(lamp: Product, write: tuple[Any, ...]) -> None:
    root = client_for(make_user("root@example.com", is_staff=True, is_superuser=True))

    assert write[0](root, lamp).status_code in (200, 201)


@pytest.mark.parametrize("fields", [{"price": "5.00"}, {"stock": 3}, {"sku": "X"}, {"prices": {"us": "1.00"}}, VARIANTS], ids=str)
def test_who_may_change_a_product_alone_changes_neither_price_nor_stock(fields: dict[str, Any]) -> None:
    mug = make_product("Mug", sku="MUG")
    client = make_staff("change_product")
    before = dump_catalog()

    response = client.patch(f"{PATH}{mug.pk}/", {"name": "Cup", **fields})

    assert_refused(response, 403, "permission_denied")
    assert dump_catalog() == before


def test_an_unknown_category_is_created_by_staff_who_may_add_categories() -> None:
    mug = make_product("Mug", sku="MUG")
    client = make_staff("change_product", "add_product", "add_variant")

    for response in (client.patch(f"{PATH}{mug.pk}/", {"category": "Garden"}), client.post(PATH, {**NEW, "category": "Garden"})):
        assert_refused(response, 400, "category_unknown", "category")

    assert not Category.objects.exists()
    Group.objects.get().permissions.add(Permission.objects.get(codename="add_category"))
    assert client.patch(f"{PATH}{mug.pk}/", {"category": "Garden"}).status_code == 200
    assert Category.objects.get().name == "Garden"


def test_staff_who_sell_keep_their_own_products_and_touch_no_others(lamp: Product) -> None:
    client = make_staff(is_seller=True)
    own = make_product("Mug", sku="MUG", seller_id=User.objects.get(email="clerk@example.com").pk)

    assert client.patch(f"{PATH}{own.pk}/", {"price": "5.00"}).status_code == 200
    assert client.post(PATH, NEW).status_code == 201
    assert client.get(f"{PATH}{own.pk}/stock/").status_code == 200
    assert_refused(client.patch(f"{PATH}{lamp.pk}/", {"price": "5.00"}), 403, "not_your_product")
    assert_refused(client.get(f"{PATH}{lamp.pk}/stock/"), 403, "not_your_product")
    assert_refused(client.post(f"{PATH}categories/", {"name": "Garden"}), 403, "permission_denied")
    assert get_variant("LAMP-S").price == 20


def test_a_precondition_tells_staff_who_sell_nothing_of_other_products(lamp: Product) -> None:
    client = make_staff(is_seller=True)

    for etag in ("*", '"stale"'):
        response = client.patch(f"{PATH}{lamp.pk}/", {"price": "5.00"}, headers={"If-Match": etag})
        assert_refused(response, 403, "not_your_product")

    assert get_variant("LAMP-S").price == 20


@pytest.mark.parametrize(("right", "status"), [("view_product", 200), ("change_product", 200), ("view_variant", 404)])
def test_a_product_that_is_off_is_shown_to_staff_who_may_see_products(right: str, status: int) -> None:
    mug = make_product("Mug", is_active=False)

    assert make_staff(right).get(f"{PATH}{mug.pk}/").status_code == status


def test_a_permission_that_was_taken_away_is_gone_at_once(lamp: Product) -> None:
    client = make_staff("change_product")
    assert client.patch(f"{PATH}{lamp.pk}/", {"name": "Lamp 2"}).status_code == 200
    Group.objects.get().permissions.clear()

    assert_refused(client.patch(f"{PATH}{lamp.pk}/", {"name": "Lamp 3"}), 403, "permission_denied")
