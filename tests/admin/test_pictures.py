"""/admin/products/product/: the pictures on a product's page"""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import User
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.admin.test_admin import product_form
from tests.pictures import GPS, content_of, opened, order_of, picture, stored
from tests.schema_client import SchemaClient


@pytest.fixture
def staff(db: None) -> Client:
    """A browser in which staff are signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def file_of(content: bytes, name: str = "lamp.png") -> BytesIO:
    """Return a file as a browser sends one."""
    file = BytesIO(content)
    file.name = name
    return file


def save(staff: Client, product: Product, *pictures: dict[str, Any], **page: str) -> Any:
    """Send the product's page with these pictures, those that are stored first, and return the response."""
    rows = list(product.images.order_by("position", "id"))
    form: dict[str, Any] = product_form(product) | {"images-TOTAL_FORMS": len(pictures), "images-INITIAL_FORMS": len(rows)} | page
    for number, given in enumerate(pictures):
        row = rows[number] if number < len(rows) else None
        held = {"id": row.pk, "alt": row.alt, "position": row.position} if row else {"id": "", "alt": "", "position": 0}
        form |= {f"images-{number}-{name}": value for name, value in {**held, "product": product.pk, **given}.items()}
    return staff.post(f"/admin/products/product/{product.pk}/change/", form)


def rows() -> list[Any]:
    """Return what is known of all pictures, to be compared with itself later."""
    return list(ProductImage.objects.order_by("pk").values())


def test_a_picture_is_added_and_shown(staff: Client, api: SchemaClient) -> None:
    lamp = make_product("Lamp")

    response = save(staff, lamp, {"upload": file_of(picture("JPEG", (900, 600)), "../x.html")})

    assert response.status_code == 302
    row = ProductImage.objects.get()
    assert (row.product, row.alt, row.position, row.width, row.height) == (lamp, "Lamp", 0, 900, 600)
    assert (opened(row.image.name).format, opened(row.thumbnail).size) == ("JPEG", (480, 320))
    assert stored() == sorted([str(row.image.name), row.thumbnail])
    shown = api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"]
    assert shown == f"http://testserver/media/{row.thumbnail}"
    pages = [staff.get(f"/admin/products/product/{page}").content.decode() for page in ("", f"{lamp.pk}/change/")]
    assert [f'src="/media/{row.thumbnail}"' in page for page in pages] == [True, True]


def test_several_pictures_are_added_at_once(staff: Client) -> None:
    lamp = make_product()

    save(staff, lamp, *({"upload": file_of(picture()), "alt": str(number), "position": number} for number in range(3)))

    assert order_of(lamp) == [("0", 0), ("1", 1), ("2", 2)]
    assert len(stored()) == 3


def test_a_picture_comes_with_a_new_product(staff: Client) -> None:
    form: dict[str, Any] = product_form(make_product("Lamp"), name="Pot", **{"variants-INITIAL_FORMS": "0", "variants-0-id": ""})
    form |= {"variants-0-product": "", "variants-0-sku": "POT", "images-TOTAL_FORMS": "1", "images-0-position": "0"}

    response = staff.post("/admin/products/product/add/", form | {"images-0-upload": file_of(picture())})

    assert response.status_code == 302
    row = ProductImage.objects.get()
    assert (row.product.name, row.alt, stored()) == ("Pot", "Pot", [row.image.name])


def test_what_staff_send_is_written_anew_too(staff: Client) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (28.0, 36.0, 50.0)})

    save(staff, make_product(), {"upload": file_of(picture("JPEG", (2400, 1200), exif=exif) + b"<script>alert(1)</script>")})

    name = ProductImage.objects.get().image.name
    assert (opened(name).size, dict(opened(name).getexif())) == ((2000, 1000), {})
    assert b"script" not in content_of(name)


def test_a_picture_is_replaced_and_the_old_file_stays(staff: Client) -> None:
    lamp = make_product()
    save(staff, lamp, {"upload": file_of(picture("JPEG", (900, 600))), "alt": "A lamp"})
    before = ProductImage.objects.get()

    response = save(staff, lamp, {"upload": file_of(picture("PNG", (70, 50)))})

    assert response.status_code == 302
    after = ProductImage.objects.get()
    assert (after.pk, after.alt, after.thumbnail, after.width, after.height) == (before.pk, "A lamp", "", 70, 50)
    assert opened(after.image.name).size == (70, 50)
    assert stored() == sorted([str(before.image.name), before.thumbnail, str(after.image.name)])


def test_pictures_are_put_in_another_order(staff: Client, api: SchemaClient) -> None:
    lamp = make_product()
    save(staff, lamp, *({"upload": file_of(picture()), "alt": str(number), "position": number} for number in range(3)))
    files = stored()

    response = save(staff, lamp, {"position": 2}, {"position": 1, "alt": "new words"}, {"position": 0})

    assert response.status_code == 302
    assert order_of(lamp) == [("2", 0), ("new words", 1), ("0", 2)]
    assert [image["alt"] for image in api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"]] == ["2", "new words", "0"]
    assert stored() == files


def test_a_picture_is_taken_off_and_its_file_stays(staff: Client, api: SchemaClient) -> None:
    lamp = make_product()
    save(staff, lamp, {"upload": file_of(picture()), "alt": "0"}, {"upload": file_of(picture()), "alt": "1", "position": 1})

    response = save(staff, lamp, {"DELETE": "on"}, {})

    assert response.status_code == 302
    assert order_of(lamp) == [("1", 1)]
    assert len(stored()) == 2
    assert len(api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"]) == 1


def test_a_page_without_a_change_leaves_the_pictures_alone(staff: Client) -> None:
    lamp = make_product()
    save(staff, lamp, {"upload": file_of(picture()), "alt": "0"})
    before = rows(), stored()

    assert save(staff, lamp, {}).status_code == 302
    assert (rows(), stored()) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg/>", "Must be a JPEG, PNG or WebP picture"),
        (b"<script>alert(1)</script>", "Must be a JPEG, PNG or WebP picture"),
        (picture("GIF"), "Must be a JPEG, PNG or WebP picture"),
        (picture()[:60], "Must be a JPEG, PNG or WebP picture"),
        (b"", "The submitted file is empty."),
        (picture().ljust(5 * 1024**2 + 1, b"\0"), "The picture is larger than 5 MB"),
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_a_file_that_is_no_picture_is_told_and_nothing_changes(staff: Client, content: bytes, said: str, held: bool) -> None:
    lamp = make_product("Lamp")
    if held:
        save(staff, lamp, {"upload": file_of(picture())})
    before = rows(), stored()

    response = save(staff, lamp, {"upload": file_of(content), "alt": "new"}, name="Another name")

    assert response.status_code == 200
    assert said in response.content.decode()
    assert (rows(), stored()) == before
    assert Product.objects.get().name == "Lamp"


def test_a_new_picture_needs_a_file(staff: Client) -> None:
    response = save(staff, make_product(), {"alt": "A lamp"})

    assert response.status_code == 200
    assert "Choose a picture" in response.content.decode()
    assert rows() == []


def test_a_mistake_elsewhere_on_the_page_shows_no_picture(staff: Client) -> None:
    lamp = make_product()

    response = save(staff, lamp, {"upload": file_of(picture())}, **{"variants-0-price": "-1"})

    assert response.status_code == 200
    assert rows() == []


def test_a_mistake_elsewhere_on_the_page_leaves_no_file(staff: Client) -> None:
    save(staff, make_product(), {"upload": file_of(picture())}, **{"variants-0-price": "-1"})

    assert stored() == []


def test_a_full_disk_is_told_on_the_page(staff: Client) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    response = save(staff, make_product(), {"upload": file_of(picture())})

    assert response.status_code == 200
    assert "The picture could not be stored. Try again in a moment" in response.content.decode()
    assert rows() == []


def test_the_page_takes_no_more_than_twenty_pictures(staff: Client) -> None:
    lamp = make_product()

    save(staff, lamp, *({"upload": file_of(picture()), "position": number} for number in range(21)))

    assert ProductImage.objects.count() <= 20


def test_a_new_picture_that_is_marked_as_gone_is_none(staff: Client) -> None:
    response = save(staff, make_product(), {"upload": file_of(picture()), "DELETE": "on"})

    assert response.status_code == 302
    assert rows() == []


def test_the_picture_of_another_product_cannot_be_changed_here(staff: Client) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    save(staff, mug, {"upload": file_of(picture()), "alt": "of the mug"})
    before = rows()
    form: dict[str, Any] = product_form(lamp) | {"images-TOTAL_FORMS": "1", "images-INITIAL_FORMS": "1", "images-0-position": "0"}

    response = staff.post(
        f"/admin/products/product/{lamp.pk}/change/",
        form | {"images-0-id": ProductImage.objects.get().pk, "images-0-product": lamp.pk, "images-0-alt": "mine"},
    )

    assert response.status_code == 200
    assert rows() == before
