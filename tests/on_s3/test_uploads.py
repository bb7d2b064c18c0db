"""Images in a bucket: what is sent, what is stored and what is shown"""

import re
from io import BytesIO

import pytest
from django.core.management import call_command
from django.test import Client
from PIL import Image

from accounts.models import User
from carts.tests.factories import add_to_cart, get_cart
from orders.models import OrderItem
from orders.tests.factories import placed
from products.models import Product, ProductImage
from products.tests.export_file import run_export
from products.tests.factories import make_product
from products.tests.import_file import import_rows, make_row, write_file
from tests.admin.test_admin import make_product_form
from tests.image_files import list_stored_files, make_image, make_staff_client, post_image, upload_image
from tests.s3_stand_in import BUCKET, StandIn
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

PUBLIC = "https://images.shop.example"


def test_an_image_and_its_small_copy_are_stored_for_everybody_and_for_ever(
    bucket: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mimetypes.guess_type", lambda *_, **__: (None, None))  # a machine may know no WebP
    lamp = make_product("Lamp")

    response = post_image(make_staff_client(), lamp, make_image("JPEG", (900, 600)))

    assert response.status_code == 201
    row = ProductImage.objects.get()
    assert re.fullmatch(r"products/[0-9a-f]{32}\.jpeg", str(row.image.name))
    assert re.fullmatch(r"products/[0-9a-f]{32}\.webp", row.thumbnail)
    assert bucket.requests == [f"PUT /{BUCKET}/{name}" for name in (row.image.name, row.thumbnail)]
    assert [sent["CONTENT_TYPE"] for sent in bucket.headers] == ["image/jpeg", "image/webp"]
    assert {sent["HTTP_CACHE_CONTROL"] for sent in bucket.headers} == {"public, max-age=31536000, immutable"}
    assert [name for sent in bucket.headers for name in sent if "ACL" in name or "CHECKSUM" in name] == []
    assert [Image.open(BytesIO(bucket.files[name])).size for name in (str(row.image.name), row.thumbnail)] == [
        (900, 600),
        (480, 320),
    ]
    product = response.json()["data"]
    full_size, small = f"{PUBLIC}/{row.image.name}", f"{PUBLIC}/{row.thumbnail}"
    assert product["images"] == [{"id": row.pk, "url": full_size, "alt": "Lamp", "width": 900, "height": 600, "thumbnail": small}]
    assert product["primary_image"] == small
    assert list_stored_files() == []


def test_nothing_is_asked_of_the_store_to_show_images(bucket: StandIn, api: SchemaClient) -> None:
    lamp = make_product("Lamp")
    row = upload_image(make_staff_client(), lamp, make_image("JPEG", (900, 600)))
    small = f"{PUBLIC}/{row.thumbnail}"
    browser = Client()
    browser.force_login(User.objects.create_superuser("root@example.com", "a root of oak"))
    bucket.requests.clear()

    listed = api.get("/api/products/").json()["data"][0]["primary_image"]
    detail = api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"][0]["thumbnail"]
    add_to_cart(api, lamp)
    line = get_cart(api)["items"][0]["thumbnail"]
    ordered = placed(api)["items"][0]["image"]
    pages = [browser.get(f"/admin/products/product/{page}").content.decode() for page in ("", f"{lamp.pk}/change/")]
    probes = [api.get(path).status_code for path in ("/healthz", "/readyz")]
    call_command("check")

    assert [listed, detail, line, ordered] == [small] * 4
    assert OrderItem.objects.get().image_url == small
    assert [small in page for page in pages] == [True, True]
    assert probes == [200, 200]
    assert bucket.requests == []


def test_what_is_no_image_is_not_sent(bucket: StandIn) -> None:
    response = post_image(make_staff_client(), make_product(), b"<svg/>")

    assert response.status_code == 400
    assert (bucket.requests, ProductImage.objects.count()) == ([], 0)


def test_an_image_that_is_removed_stays_for_past_orders(bucket: StandIn) -> None:
    lamp, client = make_product(), make_staff_client()
    row = upload_image(client, lamp)
    bucket.requests.clear()

    client.delete(f"/api/products/{lamp.pk}/images/{row.pk}/")

    assert ProductImage.objects.count() == 0
    assert (list(bucket.files), bucket.requests) == ([row.image.name], [])


def test_staff_add_and_replace_an_image_on_the_products_page(bucket: StandIn) -> None:
    lamp, browser = make_product(), Client()
    browser.force_login(User.objects.create_superuser("root@example.com", "a root of oak"))
    address = f"/admin/products/product/{lamp.pk}/change/"

    added = browser.post(address, make_image_form(lamp, None, make_image()))
    first = ProductImage.objects.get()
    replaced = browser.post(address, make_image_form(lamp, first, make_image(size=(70, 50))))

    assert [added.status_code, replaced.status_code] == [302, 302]
    row = ProductImage.objects.get()
    assert (sorted(bucket.files), row.width) == (sorted([str(first.image.name), str(row.image.name)]), 70)
    assert [request.partition(" ")[0] for request in bucket.requests] == ["PUT", "PUT"]


def make_image_form(product: Product, row: ProductImage | None, content: bytes) -> dict[str, object]:
    """Return the product form with one image and a file for it."""
    file = BytesIO(content)
    file.name = "lamp.png"
    counts = {"images-TOTAL_FORMS": "1", "images-INITIAL_FORMS": "1" if row else "0"}
    image = {"images-0-id": str(row.pk) if row else "", "images-0-product": str(product.pk), "images-0-upload": file}
    return {**make_product_form(product), **counts, **image, "images-0-alt": "", "images-0-position": "0"}


def test_the_images_of_an_import_are_stored_and_exported(bucket: StandIn, tmp_path_factory: pytest.TempPathFactory) -> None:
    here, there = tmp_path_factory.mktemp("import"), tmp_path_factory.mktemp("export")
    (write_file(here, []).parent / "red.png").write_bytes(make_image())

    imported = import_rows(here, make_row("A", images=["red.png"]))
    again = import_rows(here, make_row("A", images=["red.png"]))
    name = str(ProductImage.objects.get().image.name)
    exported = run_export(there / "out.json", images=there / "images")

    assert imported.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    assert again.output == ["0 created, 0 changed, 1 unchanged, 0 failed"]
    assert list(bucket.files) == [name]
    assert (exported.code, exported.errors) == (0, [])
    assert (there / "images" / name).read_bytes() == bucket.files[name]


def test_an_image_that_is_gone_is_named_and_the_export_goes_on(bucket: StandIn, tmp_path_factory: pytest.TempPathFactory) -> None:
    there = tmp_path_factory.mktemp("export")
    name = str(upload_image(make_staff_client(), make_product()).image.name)
    ProductImage.objects.update(image="products/gone.png")

    missing = run_export(there / "out.json", images=there / "images")
    ProductImage.objects.update(image=name)
    bucket.failure = 403
    refused = run_export(there / "again.json", images=there / "images")

    assert missing.errors == ["  picture products/gone.png could not be read: File does not exist: products/gone.png"]
    assert refused.errors == [f"  picture {name} could not be read: The picture host refused the file"]
    assert (missing.code, refused.code) == (0, 0)
