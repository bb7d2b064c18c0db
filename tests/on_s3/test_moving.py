"""`manage.py move_media`: from MEDIA_ROOT to a bucket and back"""

from pathlib import Path

import pytest
from django.conf import settings as shop
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import OrderItem
from orders.tests.factories import customer, placed
from products.models import ProductImage
from products.tests.factories import make_product
from tests.image_files import list_stored_files, make_image, make_staff_client, read_stored_file, run_move_media, upload_image
from tests.on_s3.conftest import use_bucket
from tests.s3_stand_in import StandIn

PUBLIC = "https://images.shop.example"


def test_images_and_those_of_past_orders_move_there_and_back(bucket: StandIn, settings: Settings) -> None:
    options, settings.IMPORT_FROM_LOOPBACK = settings.MEDIA_S3, True
    use_bucket(settings, {})
    lamp, content = make_product(), make_image("JPEG", (900, 600))
    first = upload_image(make_staff_client(), lamp, content)
    client = customer()
    add_to_cart(client, lamp)
    placed(client)
    use_bucket(settings, options)

    there, again = run_move_media(), run_move_media()

    row = ProductImage.objects.get()
    assert (there, again) == ((0, "1 moved, 0 failed", ""), (0, "0 moved, 0 failed", ""))
    assert sorted(bucket.files) == sorted([str(row.image.name), row.thumbnail])
    assert bucket.files[str(row.image.name)] == read_stored_file(first.image.name)
    assert OrderItem.objects.get().image_url == f"{PUBLIC}/{row.thumbnail}"
    assert list_stored_files() == sorted([str(first.image.name), first.thumbnail])  # the old files are kept

    use_bucket(settings, {})
    without_url, back = run_move_media(), run_move_media(bucket.public_url)

    row = ProductImage.objects.get()
    assert without_url == (2, "", "1 picture(s) are stored elsewhere; pass their base URL with --from-url.")
    assert back == (0, "1 moved, 0 failed", "")
    assert read_stored_file(row.image.name) == read_stored_file(first.image.name)
    assert OrderItem.objects.get().image_url == f"/media/{row.thumbnail}"
    assert len(bucket.files) == 2


def test_a_move_that_was_interrupted_goes_on_where_it_stopped(bucket: StandIn, settings: Settings) -> None:
    options = settings.MEDIA_S3
    use_bucket(settings, {})
    client = make_staff_client()
    rows = [upload_image(client, make_product(name)) for name in ("Ape", "Bee", "Cat")]
    lost = Path(shop.MEDIA_ROOT) / str(rows[1].image.name)
    content = lost.read_bytes()
    lost.unlink()
    use_bucket(settings, options)

    first = run_move_media()
    lost.write_bytes(content)
    second = run_move_media()

    assert first[:2] == (1, "2 moved, 1 failed")
    assert first[2].startswith(f"  picture {rows[1].pk} ({rows[1].image.name}): ")
    assert second == (0, "1 moved, 0 failed", "")
    assert sorted(bucket.files) == sorted(str(row.image.name) for row in ProductImage.objects.all())


@pytest.mark.parametrize("failure", [403, 503])
def test_a_store_that_cannot_be_listed_is_told_and_nothing_is_moved(bucket: StandIn, failure: int) -> None:
    ProductImage.objects.create(product=make_product(), image="products/a.png", width=1, height=1, alt="a")
    bucket.failure = failure

    code, output, errors = run_move_media()

    assert (code, output) == (1, "")
    assert errors.startswith("The images in the storage cannot be listed: An error occurred")
    assert ProductImage.objects.get().image.name == "products/a.png"
