"""`manage.py clean_up` with images in a bucket: those that nothing shows any more are deleted"""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import OrderItem
from orders.tests.factories import placed
from products.tests.factories import make_product
from tests.image_files import make_image, make_staff_client, upload_image
from tests.on_s3.conftest import use_bucket
from tests.s3_stand_in import BUCKET, StandIn, make_client
from tests.schema_client import SchemaClient


def clean_up() -> str:
    """Run the command and return what it prints."""
    output = StringIO()
    call_command("clean_up", stdout=output)
    return output.getvalue()


def test_what_nothing_shows_is_deleted_after_a_day_and_nothing_else(bucket: StandIn, api: SchemaClient) -> None:
    lamp, mug, staff = make_product("Lamp"), make_product("Mug"), make_staff_client()
    ordered = upload_image(staff, lamp, make_image("JPEG", (900, 600)))
    shown = upload_image(staff, mug)
    add_to_cart(api, lamp)
    placed(api)
    staff.delete(f"/api/products/{lamp.pk}/images/{ordered.pk}/")
    for name in ("products/left.png", "a folder/of/others.png"):
        make_client(bucket).put_object(Bucket=BUCKET, Key=name, Body=b"")

    of_today = clean_up()
    bucket.make_older(timedelta(days=2))
    later = clean_up()

    assert (of_today, later) == ("Clean.\n", "2 picture files\nClean.\n")
    assert sorted(bucket.files) == sorted([ordered.thumbnail, str(shown.image.name), "a folder/of/others.png"])


def test_past_orders_keep_their_image_when_the_public_url_changes(bucket: StandIn, api: SchemaClient, settings: Settings) -> None:
    lamp, staff = make_product(), make_staff_client()
    image = upload_image(staff, lamp)
    add_to_cart(api, lamp)
    placed(api)
    staff.delete(f"/api/products/{lamp.pk}/images/{image.pk}/")
    bucket.make_older(timedelta(days=2))
    use_bucket(settings, settings.MEDIA_S3 | {"custom_domain": "cdn.example"})

    assert clean_up() == "Clean.\n"

    assert OrderItem.objects.get().image_url == f"https://images.shop.example/{image.image.name}"
    assert list(bucket.files) == [image.image.name]


def test_more_images_than_one_page_of_the_listing_are_looked_at(bucket: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    client = make_client(bucket)
    for number in range(5):
        client.put_object(Bucket=BUCKET, Key=f"products/{number}.png", Body=b"")
    bucket.make_older(timedelta(days=2))
    bucket.requests.clear()

    assert clean_up() == "5 picture files\nClean.\n"

    assert (bucket.requests.count(f"GET /{BUCKET}"), bucket.files) == (3, {})


@pytest.mark.parametrize("failure", [403, 500])
def test_a_store_that_does_not_answer_keeps_nobody_from_cleaning_the_rest(
    bucket: StandIn, failure: int, caplog: pytest.LogCaptureFixture
) -> None:
    upload_image(make_staff_client(), make_product())
    bucket.failure = failure

    assert clean_up() == "Clean.\n"

    assert "unused images were not deleted: An error occurred" in caplog.text
    assert len(bucket.files) == 1
