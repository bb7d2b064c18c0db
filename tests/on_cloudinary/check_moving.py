"""`manage.py move_media`: from MEDIA_ROOT to Cloudinary"""

from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image

from carts.tests.factories import add_to_cart
from orders.models import OrderItem
from orders.tests.factories import customer, placed
from products.models import Product, ProductImage
from products.tests.factories import make_product
from tests.cloudinary_stand_in import CLOUD, StandIn
from tests.image_files import ORIENTATION, is_similar_colour, list_stored_files, make_image
from tests.schema_client import SchemaClient

SMALL = f"https://res.cloudinary.com/{CLOUD}/image/upload/c_limit,h_480,w_480,f_auto/v1"


def create_local_image(product: Product, letter: str, content: bytes | None = None, *, thumbnail: bool = True) -> ProductImage:
    """Give a product an image as it is stored without Cloudinary's keys."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"products/{letter * 32}.jpeg", f"products/{letter * 31}0.webp"]
    for name, file in zip(names, (content or make_image("JPEG", (900, 600)), make_image("WEBP", (480, 320))), strict=True):
        (Path(settings.MEDIA_ROOT) / name).write_bytes(file)
    row = ProductImage(product=product, image=names[0], thumbnail=names[1] if thumbnail else "", width=900, height=600, alt=letter)
    row.save()
    return row


def run_move_media() -> tuple[int, str, list[str]]:
    """Run the command and return its exit code, its last output line and its error lines."""
    output, errors, code = StringIO(), StringIO(), 0
    try:
        call_command("move_media", stdout=output, stderr=errors)
    except CommandError as refused:
        code = refused.returncode
    return code, output.getvalue().strip(), errors.getvalue().splitlines()


def test_a_picture_that_staff_replace_meanwhile_stays(host: StandIn) -> None:
    row = create_local_image(make_product(), "a")
    replaced = "products/" + "b" * 32 + ".jpeg"

    def replace(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "products_productimage"') and replaced not in params:
            ProductImage.objects.filter(pk=row.pk).update(image=replaced)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(replace):
        code, output, errors = run_move_media()

    assert (code, output) == (1, "0 moved, 1 failed")
    assert "was replaced or deleted meanwhile" in errors[0]
    assert ProductImage.objects.get().image.name == replaced
    assert not host.files


def test_pictures_are_sent_and_the_files_stay(host: StandIn, api: SchemaClient) -> None:
    lamp = make_product()
    row = create_local_image(lamp, "a")
    content, files = (Path(settings.MEDIA_ROOT) / str(row.image.name)).read_bytes(), list_stored_files()

    assert run_move_media() == (0, "1 moved, 0 failed", [])

    row = ProductImage.objects.get(pk=row.pk)
    assert (list(host.files.items()), row.thumbnail) == ([(row.image.name, content)], "")
    assert (row.width, row.height) == (900, 600)
    assert api.get("/api/products/").json()["data"][0]["primary_image"] == f"{SMALL}/{row.image.name}"
    assert list_stored_files() == files
    assert run_move_media() == (0, "0 moved, 0 failed", [])
    assert len(host.uploads) == 1


@pytest.mark.parametrize("thumbnail", [True, False])
def test_past_orders_show_the_picture_where_it_is_now(thumbnail: bool) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    row = create_local_image(lamp, "a", thumbnail=thumbnail)
    other = create_local_image(mug, "b")
    client = customer()
    for product in (lamp, mug):
        add_to_cart(client, product)
    placed(client)
    OrderItem.objects.filter(name="Lamp").update(image_url=f"/media/{row.thumbnail or row.image.name}")
    OrderItem.objects.filter(name="Mug").update(image_url="/media/products/of-something-else.webp")
    (Path(settings.MEDIA_ROOT) / str(other.image.name)).unlink()

    assert run_move_media()[:2] == (1, "1 moved, 1 failed")

    row = ProductImage.objects.get(pk=row.pk)
    assert dict(OrderItem.objects.values_list("name", "image_url")) == {
        "Lamp": f"{SMALL}/{row.image.name}",
        "Mug": "/media/products/of-something-else.webp",
    }


def test_a_missing_file_is_named_and_the_others_are_moved(host: StandIn) -> None:
    lamp = make_product()
    rows = [create_local_image(lamp, letter) for letter in "abc"]
    (Path(settings.MEDIA_ROOT) / str(rows[1].image.name)).unlink()

    code, output, errors = run_move_media()

    assert (code, output) == (1, "2 moved, 1 failed")
    assert [line.partition(": ")[0] for line in errors] == [f"  picture {rows[1].pk} ({rows[1].image.name})"]
    assert [str(row.image.name).endswith(".jpeg") for row in ProductImage.objects.order_by("pk")] == [False, True, False]

    create_local_image(lamp, "b").delete()
    assert run_move_media() == (0, "1 moved, 0 failed", [])
    assert len(host.files) == 3


@pytest.mark.parametrize("failure", [401, 500, "close"])
def test_a_host_that_fails_leaves_all_as_it_was(host: StandIn, failure: int | str) -> None:
    rows = [create_local_image(make_product(name), name[0].lower()) for name in ("Ape", "Bee")]
    before = list(ProductImage.objects.order_by("pk").values())
    host.failure = failure

    code, output, errors = run_move_media()

    assert (code, output) == (1, "0 moved, 2 failed")
    assert [f"picture {row.pk} " in line for row, line in zip(rows, errors, strict=True)] == [True, True]
    assert list(ProductImage.objects.order_by("pk").values()) == before


def test_a_move_that_was_interrupted_goes_on_where_it_stopped(host: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    lamp = make_product()
    for letter in "abc":
        create_local_image(lamp, letter)
    seen: list[object] = []

    def interrupt(*args: object) -> None:
        seen.append(args)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("store.management.commands.move_media.update_image_urls", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run_move_media()
    assert len(host.files) == 2

    assert run_move_media() == (0, "2 moved, 0 failed", [])  # the upload that was interrupted is repeated
    assert {str(row.image.name) for row in ProductImage.objects.all()} < set(host.files)


def test_a_file_with_metadata_is_re_encoded_before_it_is_sent(host: StandIn) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    create_local_image(make_product(), "a", make_image("JPEG", (900, 600), exif=exif))

    assert run_move_media() == (0, "1 moved, 0 failed", [])

    sent = Image.open(BytesIO(next(iter(host.files.values()))))
    assert (sent.size, dict(sent.getexif())) == ((600, 900), {})
    assert is_similar_colour(sent.getpixel((9, 9)), (255, 0, 0))
