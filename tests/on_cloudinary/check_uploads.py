"""Images on Cloudinary: what is sent, what is stored and what is shown"""

import re
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image

from accounts.models import User
from carts.tests.factories import add_to_cart, get_cart
from orders.models import OrderItem
from orders.tests.factories import placed
from products.media import cloudinary_storage, storage
from products.models import ProductImage
from products.tests.factories import make_product
from tests.admin.test_admin import make_product_form
from tests.cloudinary_stand_in import CLOUD, KEY, StandIn
from tests.image_files import GPS, get_positions, list_stored_files, make_image, make_staff_client, post_image, upload_image
from tests.schema_client import SchemaClient

DELIVERED = f"https://res.cloudinary.com/{CLOUD}/image/upload"
SMALL = f"{DELIVERED}/c_limit,h_480,w_480,f_auto/v1"


def test_the_real_package_is_what_is_used() -> None:
    assert settings.CLOUDINARY_ON
    assert isinstance(default_storage, cloudinary_storage.CloudinaryMedia)
    assert "cloudinary_storage" not in settings.INSTALLED_APPS


def test_ten_seconds_are_given() -> None:
    assert cloudinary_storage.TIMEOUT == 10


def test_a_picture_is_sent_once_and_its_row_holds_the_public_id(host: StandIn) -> None:
    lamp = make_product("Lamp")

    response = post_image(make_staff_client(), lamp, make_image("JPEG", (900, 600)))

    assert response.status_code == 201
    row, sent = ProductImage.objects.get(), host.uploads[0]
    assert re.fullmatch(r"products/[0-9a-f]{32}", str(row.image.name))
    assert (row.thumbnail, row.width, row.height) == ("", 900, 600)
    assert (sent["public_id"], sent["overwrite"], sent["api_key"]) == (row.image.name, "1", KEY)
    assert set(sent) == {"public_id", "overwrite", "api_key", "file", "signature", "timestamp"}
    assert Image.open(BytesIO(sent["file"])).size == (900, 600)
    assert host.requests == [f"POST /v1_1/{CLOUD}/image/upload"]
    assert list_stored_files() == []
    order_data = response.json()["data"]
    full_size, small = f"{DELIVERED}/v1/{row.image.name}", f"{SMALL}/{row.image.name}"
    assert order_data["images"] == [
        {"id": row.pk, "url": full_size, "alt": "Lamp", "width": 900, "height": 600, "thumbnail": small}
    ]
    assert order_data["primary_image"] == small


def test_what_is_sent_has_no_metadata(host: StandIn) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (28.0, 36.0, 50.0)})

    upload_image(make_staff_client(), make_product(), make_image("JPEG", (2400, 1200), exif=exif) + b"<script>alert(1)</script>")

    sent = Image.open(BytesIO(host.uploads[0]["file"]))
    assert (sent.size, dict(sent.getexif())) == ((2000, 1000), {})
    assert b"script" not in host.uploads[0]["file"]


def test_what_is_no_picture_is_not_sent(host: StandIn) -> None:
    response = post_image(make_staff_client(), make_product(), b"<svg/>")

    assert response.status_code == 400
    assert (host.requests, ProductImage.objects.count()) == ([], 0)


def test_what_is_refused_for_another_reason_is_not_sent(host: StandIn, api: SchemaClient) -> None:
    lamp, client = make_product(), make_staff_client()
    for _ in range(20):
        upload_image(client, lamp)
    host.requests.clear()

    responses = [post_image(client, lamp, make_image()), post_image(api, make_product("Mug"), make_image())]

    assert [response.status_code for response in responses] == [409, 401]
    assert host.requests == []


def test_nothing_is_asked_of_the_network_to_show_pictures(api: SchemaClient, contacted_hosts: list[Any]) -> None:
    lamp = make_product("Lamp")
    row = upload_image(make_staff_client(), lamp)
    small = f"{SMALL}/{row.image.name}"
    browser = Client()
    browser.force_login(User.objects.create_superuser("root@example.com", "a root of oak"))
    contacted_hosts.clear()

    listed = api.get("/api/products/").json()["data"][0]["primary_image"]
    image = api.get("/api/products/", {"search": "lamp"}).json()["data"][0]["primary_image"]
    detail = api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"][0]["thumbnail"]
    add_to_cart(api, lamp)
    line = get_cart(api)["items"][0]["thumbnail"]
    ordered = placed(api)["items"][0]["image"]
    pages = [browser.get(f"/admin/products/product/{page}").content.decode() for page in ("", f"{lamp.pk}/change/")]

    assert [listed, image, detail, line, ordered] == [small] * 5
    assert OrderItem.objects.get().image_url == small
    assert [small in page for page in pages] == [True, True]
    assert contacted_hosts == []


def test_moving_and_taking_off_ask_nothing_of_the_network(host: StandIn, contacted_hosts: list[Any]) -> None:
    lamp, client = make_product(), make_staff_client()
    first, second = upload_image(client, lamp, alt="first"), upload_image(client, lamp, alt="second")
    contacted_hosts.clear()

    client.patch(f"/api/products/{lamp.pk}/images/{second.pk}/", {"primary": True})
    client.delete(f"/api/products/{lamp.pk}/images/{first.pk}/")

    assert get_positions(lamp) == [("second", 0)]
    assert set(host.files) == {first.image.name, second.image.name}
    assert contacted_hosts == []


def test_a_file_that_is_not_wanted_after_all_is_removed(host: StandIn) -> None:
    name = storage.save(make_image(), "png")
    assert name in host.files

    storage.delete(name, "")

    assert host.files == {}
    storage.delete(name)
    host.failure = 500
    storage.delete(name)
    assert host.requests[1:] == [f"POST /v1_1/{CLOUD}/image/destroy"] * 3


def admin() -> Client:
    """Return the client of a member of staff."""
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com", "a root of oak"))
    return client


def make_image_form(product: Any, row: ProductImage | None, **fields: Any) -> dict[str, Any]:
    """Return the product form with one image."""
    form_fields = {"images-0-id": "", "images-0-product": str(product.pk), "images-INITIAL_FORMS": "0"}
    if row is not None:
        form_fields |= {"images-0-id": str(row.pk), "images-INITIAL_FORMS": "1"}
    form: dict[str, Any] = make_product_form(product) | form_fields
    return form | {"images-TOTAL_FORMS": "1", "images-0-alt": "", "images-0-position": "0"} | fields


def make_file(content: bytes) -> BytesIO:
    """Return an uploaded file."""
    file = BytesIO(content)
    file.name = "lamp.png"
    return file


def test_staff_add_a_picture_on_the_products_page(host: StandIn) -> None:
    lamp = make_product()

    response = admin().post(
        f"/admin/products/product/{lamp.pk}/change/", make_image_form(lamp, None, **{"images-0-upload": make_file(make_image())})
    )

    assert response.status_code == 302
    assert list(host.files) == [ProductImage.objects.get().image.name]


def test_a_host_that_is_down_is_reported_on_the_page(host: StandIn) -> None:
    lamp = make_product()
    host.failure = 500

    response = admin().post(
        f"/admin/products/product/{lamp.pk}/change/", make_image_form(lamp, None, **{"images-0-upload": make_file(make_image())})
    )

    assert response.status_code == 200
    assert "The picture could not be stored. Try again in a moment" in response.content.decode()
    assert not ProductImage.objects.exists()


def test_a_replaced_picture_is_sent_and_not_fetched(host: StandIn, contacted_hosts: list[Any]) -> None:
    lamp = make_product()
    row = upload_image(make_staff_client(), lamp)
    browser, port = admin(), int(host.url.rpartition(":")[2])
    contacted_hosts.clear()

    form = make_image_form(lamp, row, **{"images-0-upload": make_file(make_image(size=(70, 50)))})
    response = browser.post(f"/admin/products/product/{lamp.pk}/change/", form)

    assert response.status_code == 302
    row = ProductImage.objects.get()
    assert (row.image.name, row.width) == (list(host.files)[1], 70)
    assert [address for address in contacted_hosts if address[1] != port] == []
