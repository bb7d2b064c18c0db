"""/admin/products/product/: the images on a product's page"""

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
from tests.admin.test_admin import make_product_form
from tests.image_files import GPS, get_positions, list_stored_files, make_image, open_stored_image, read_stored_file
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once


@pytest.fixture
def staff_client(db: None) -> Client:
    """The client of a member of staff."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.com", "a staff of oak"))
    return client


def make_file(content: bytes, name: str = "lamp.png") -> BytesIO:
    """Return an uploaded file."""
    file = BytesIO(content)
    file.name = name
    return file


def post_product(staff_client: Client, product: Product, *images: dict[str, Any], **page: str) -> Any:
    """Submit the product form with these images, stored ones first, and return the response."""
    rows = list(product.images.order_by("position", "id"))
    form: dict[str, Any] = (
        make_product_form(product) | {"images-TOTAL_FORMS": len(images), "images-INITIAL_FORMS": len(rows)} | page
    )
    for number, changes in enumerate(images):
        row = rows[number] if number < len(rows) else None
        fields = {"id": row.pk, "alt": row.alt, "position": row.position} if row else {"id": "", "alt": "", "position": 0}
        if row:
            form |= {f"initial-images-{number}-{name}": fields[name] for name in ("alt", "position")}
        form |= {f"images-{number}-{name}": value for name, value in {**fields, "product": product.pk, **changes}.items()}
    return staff_client.post(f"/admin/products/product/{product.pk}/change/", form)


def get_image_rows() -> list[Any]:
    """Return the values of all image rows, for comparison."""
    return list(ProductImage.objects.order_by("pk").values())


def test_a_picture_is_added_and_shown(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product("Lamp")

    response = post_product(staff_client, lamp, {"upload": make_file(make_image("JPEG", (900, 600)), "../x.html")})

    assert response.status_code == 302
    row = ProductImage.objects.get()
    assert (row.product, row.alt, row.position, row.width, row.height) == (lamp, "Lamp", 0, 900, 600)
    assert (open_stored_image(row.image.name).format, open_stored_image(row.thumbnail).size) == ("JPEG", (480, 320))
    assert list_stored_files() == sorted([str(row.image.name), row.thumbnail])
    image = api.get(f"/api/products/{lamp.pk}/").json()["data"]["primary_image"]
    assert image == f"http://testserver/media/{row.thumbnail}"
    pages = [staff_client.get(f"/admin/products/product/{page}").content.decode() for page in ("", f"{lamp.pk}/change/")]
    assert [f'src="/media/{row.thumbnail}"' in page for page in pages] == [True, True]


def test_several_pictures_are_added_at_once(staff_client: Client) -> None:
    lamp = make_product()

    post_product(
        staff_client, lamp, *({"upload": make_file(make_image()), "alt": str(number), "position": number} for number in range(3))
    )

    assert get_positions(lamp) == [("0", 0), ("1", 1), ("2", 2)]
    assert len(list_stored_files()) == 3


def test_a_picture_comes_with_a_new_product(staff_client: Client) -> None:
    form: dict[str, Any] = make_product_form(
        make_product("Lamp"), name="Pot", **{"variants-INITIAL_FORMS": "0", "variants-0-id": ""}
    )
    form |= {"variants-0-product": "", "variants-0-sku": "POT", "images-TOTAL_FORMS": "1", "images-0-position": "0"}

    response = staff_client.post("/admin/products/product/add/", form | {"images-0-upload": make_file(make_image())})

    assert response.status_code == 302
    row = ProductImage.objects.get()
    assert (row.product.name, row.alt, list_stored_files()) == ("Pot", "Pot", [row.image.name])


def test_images_from_staff_are_re_encoded_too(staff_client: Client) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (28.0, 36.0, 50.0)})

    post_product(
        staff_client,
        make_product(),
        {"upload": make_file(make_image("JPEG", (2400, 1200), exif=exif) + b"<script>alert(1)</script>")},
    )

    name = ProductImage.objects.get().image.name
    assert (open_stored_image(name).size, dict(open_stored_image(name).getexif())) == ((2000, 1000), {})
    assert b"script" not in read_stored_file(name)


def test_a_picture_is_replaced_and_the_old_file_stays(staff_client: Client) -> None:
    lamp = make_product()
    post_product(staff_client, lamp, {"upload": make_file(make_image("JPEG", (900, 600))), "alt": "A lamp"})
    before = ProductImage.objects.get()

    response = post_product(staff_client, lamp, {"upload": make_file(make_image("PNG", (70, 50)))})

    assert response.status_code == 302
    after = ProductImage.objects.get()
    assert (after.pk, after.alt, after.thumbnail, after.width, after.height) == (before.pk, "A lamp", "", 70, 50)
    assert open_stored_image(after.image.name).size == (70, 50)
    assert list_stored_files() == sorted([str(before.image.name), before.thumbnail, str(after.image.name)])


def test_pictures_are_put_in_another_order(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product()
    post_product(
        staff_client, lamp, *({"upload": make_file(make_image()), "alt": str(number), "position": number} for number in range(3))
    )
    files = list_stored_files()

    response = post_product(staff_client, lamp, {"position": 2}, {"position": 1, "alt": "new words"}, {"position": 0})

    assert response.status_code == 302
    assert get_positions(lamp) == [("2", 0), ("new words", 1), ("0", 2)]
    assert [image["alt"] for image in api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"]] == ["2", "new words", "0"]
    assert list_stored_files() == files


def test_a_picture_is_taken_off_and_its_file_stays(staff_client: Client, api: SchemaClient) -> None:
    lamp = make_product()
    post_product(
        staff_client,
        lamp,
        {"upload": make_file(make_image()), "alt": "0"},
        {"upload": make_file(make_image()), "alt": "1", "position": 1},
    )

    response = post_product(staff_client, lamp, {"DELETE": "on"}, {})

    assert response.status_code == 302
    assert get_positions(lamp) == [("1", 1)]
    assert len(list_stored_files()) == 2
    assert len(api.get(f"/api/products/{lamp.pk}/").json()["data"]["images"]) == 1


def test_a_page_without_a_change_leaves_the_pictures_alone(staff_client: Client) -> None:
    lamp = make_product()
    post_product(staff_client, lamp, {"upload": make_file(make_image()), "alt": "0"})
    before = get_image_rows(), list_stored_files()

    assert post_product(staff_client, lamp, {}).status_code == 302
    assert (get_image_rows(), list_stored_files()) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<svg/>", "Must be a JPEG, PNG or WebP picture"),
        (b"<script>alert(1)</script>", "Must be a JPEG, PNG or WebP picture"),
        (make_image("GIF"), "Must be a JPEG, PNG or WebP picture"),
        (make_image()[:60], "Must be a JPEG, PNG or WebP picture"),
        (b"", "The submitted file is empty."),
        (make_image().ljust(5 * 1024**2 + 1, b"\0"), "The picture is larger than 5 MB"),
    ],
)
@pytest.mark.parametrize("held", [True, False])
def test_a_file_that_is_no_image_is_refused_and_nothing_changes(
    staff_client: Client, content: bytes, message: str, held: bool
) -> None:
    lamp = make_product("Lamp")
    if held:
        post_product(staff_client, lamp, {"upload": make_file(make_image())})
    before = get_image_rows(), list_stored_files()

    response = post_product(staff_client, lamp, {"upload": make_file(content), "alt": "new"}, name="Another name")

    assert response.status_code == 200
    assert message in response.content.decode()
    assert (get_image_rows(), list_stored_files()) == before
    assert Product.objects.get().name == "Lamp"


def test_a_new_picture_needs_a_file(staff_client: Client) -> None:
    response = post_product(staff_client, make_product(), {"alt": "A lamp"})

    assert response.status_code == 200
    assert "Choose a picture" in response.content.decode()
    assert get_image_rows() == []


def test_a_mistake_elsewhere_on_the_page_shows_no_picture(staff_client: Client) -> None:
    lamp = make_product()

    response = post_product(staff_client, lamp, {"upload": make_file(make_image())}, **{"variants-0-price": "-1"})

    assert response.status_code == 200
    assert get_image_rows() == []


def test_a_mistake_elsewhere_on_the_page_leaves_no_file(staff_client: Client) -> None:
    post_product(staff_client, make_product(), {"upload": make_file(make_image())}, **{"variants-0-price": "-1"})

    assert list_stored_files() == []


def test_a_full_disk_is_reported_on_the_page(staff_client: Client) -> None:
    Path(settings.MEDIA_ROOT).write_text("a file where the folder should be")

    response = post_product(staff_client, make_product(), {"upload": make_file(make_image())})

    assert response.status_code == 200
    assert "The picture could not be stored. Try again in a moment" in response.content.decode()
    assert get_image_rows() == []


def test_the_page_takes_no_more_than_twenty_pictures(staff_client: Client) -> None:
    lamp = make_product()

    post_product(staff_client, lamp, *({"upload": make_file(make_image()), "position": number} for number in range(21)))

    assert ProductImage.objects.count() <= 20


def test_a_new_picture_that_is_marked_as_gone_is_none(staff_client: Client) -> None:
    response = post_product(staff_client, make_product(), {"upload": make_file(make_image()), "DELETE": "on"})

    assert response.status_code == 302
    assert get_image_rows() == []


def test_the_picture_of_another_product_cannot_be_changed_here(staff_client: Client) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    post_product(staff_client, mug, {"upload": make_file(make_image()), "alt": "of the mug"})
    before = get_image_rows()
    form: dict[str, Any] = make_product_form(lamp) | {
        "images-TOTAL_FORMS": "1",
        "images-INITIAL_FORMS": "1",
        "images-0-position": "0",
    }

    response = staff_client.post(
        f"/admin/products/product/{lamp.pk}/change/",
        form | {"images-0-id": ProductImage.objects.get().pk, "images-0-product": lamp.pk, "images-0-alt": "mine"},
    )

    assert response.status_code == 200
    assert get_image_rows() == before
