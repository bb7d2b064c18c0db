"""The store of the images fails: the responses of API, admin and import, and that nothing is left behind"""

import time
from pathlib import Path

import pytest
from pytest_django import Settings

from products.media import s3_storage
from products.models import Product, ProductImage
from products.tests.factories import make_product
from products.tests.import_file import import_rows, make_row, write_file
from tests.image_files import list_stored_files, make_image, make_staff_client, post_image
from tests.on_s3.conftest import use_bucket
from tests.s3_stand_in import HANG_SECONDS, StandIn
from tests.services import free_port

pytestmark = pytest.mark.once


def test_the_time_that_an_upload_may_take_is_bounded() -> None:
    assert (s3_storage.CONNECT_TIMEOUT, s3_storage.READ_TIMEOUT, s3_storage.ATTEMPTS) == (3, 10, 2)


@pytest.mark.parametrize("failure", [500, 503, 429, "garbage", "hang", "close"])
def test_a_store_that_is_down_is_reported_soon(
    bucket: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch, failure: int | str
) -> None:
    monkeypatch.setattr(s3_storage, "READ_TIMEOUT", 0.5)  # seconds, instead of ten
    use_bucket(settings, settings.MEDIA_S3)
    lamp, client = make_product(), make_staff_client()
    bucket.failure = failure

    start = time.monotonic()
    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert response["Retry-After"] == "5"
    assert time.monotonic() - start < HANG_SECONDS / 2
    assert (ProductImage.objects.count(), bucket.files, list_stored_files()) == (0, {}, [])
    assert len(bucket.requests) == 2  # a second try, and no third


@pytest.mark.parametrize("failure", [301, 400, 403, 404])
def test_a_refusal_by_the_store_is_reported_as_such(bucket: StandIn, failure: int) -> None:
    lamp, client = make_product(), make_staff_client()
    bucket.failure = failure

    response = post_image(client, lamp, make_image())

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert "Retry-After" not in response
    assert (ProductImage.objects.count(), bucket.files) == (0, {})
    assert len(bucket.requests) == 1


def test_one_failure_is_made_good_by_the_second_try(bucket: StandIn) -> None:
    bucket.failure, bucket.failures_left = 503, 1

    response = post_image(make_staff_client(), make_product(), make_image())

    assert response.status_code == 201
    assert list(bucket.files) == [ProductImage.objects.get().image.name]


def test_the_image_goes_if_its_small_copy_cannot_be_stored(bucket: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = s3_storage.S3Media.get_object_parameters

    def fail_later(self: s3_storage.S3Media, name: str) -> dict[str, object]:
        bucket.failure = 403 if name.endswith(".webp") else 0
        bucket.failures_left = 1
        return parameters(self, name)

    monkeypatch.setattr(s3_storage.S3Media, "get_object_parameters", fail_later)

    response = post_image(make_staff_client(), make_product(), make_image("JPEG", (900, 600)))

    assert response.status_code == 502
    assert [request.partition(" ")[0] for request in bucket.requests] == ["PUT", "PUT", "DELETE"]
    assert (bucket.files, ProductImage.objects.count()) == ({}, 0)


def test_a_store_that_does_not_listen_is_reported(bucket: StandIn, settings: Settings) -> None:
    use_bucket(settings, settings.MEDIA_S3 | {"endpoint_url": f"http://127.0.0.1:{free_port()}"})

    response = post_image(make_staff_client(), make_product(), make_image())

    assert (response.status_code, response.json()["code"]) == (503, "media_unavailable")
    assert ProductImage.objects.count() == 0


def test_a_machine_without_keys_is_told_in_the_log(
    bucket: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    use_bucket(settings, settings.MEDIA_S3 | {"access_key": None, "secret_key": None})

    response = post_image(make_staff_client(), make_product(), make_image())

    assert (response.status_code, response.json()["code"]) == (502, "media_refused")
    assert [record.getMessage() for record in caplog.records if record.name == "shop.media"] == [
        "The store refused to store an image: Unable to locate credentials"
    ]
    assert bucket.requests == []


def test_the_keys_of_the_platform_are_used_and_its_token_only_with_them(
    bucket: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ACCESS_KEY_ID", "of-the-platform"), ("SECRET_ACCESS_KEY", "secret"), ("SESSION_TOKEN", "a-token")):
        monkeypatch.setenv(f"AWS_{name}", value)
    own_options = settings.MEDIA_S3
    use_bucket(settings, own_options)
    client = make_staff_client()

    post_image(client, make_product("Lamp"), make_image())
    use_bucket(settings, own_options | {"access_key": None, "secret_key": None})
    post_image(client, make_product("Mug"), make_image())

    own, of_the_platform = bucket.headers
    assert ("Credential=4711/" in own["HTTP_AUTHORIZATION"], "HTTP_X_AMZ_SECURITY_TOKEN" in own) == (True, False)
    assert "Credential=of-the-platform/" in of_the_platform["HTTP_AUTHORIZATION"]
    assert of_the_platform["HTTP_X_AMZ_SECURITY_TOKEN"] == "a-token"


@pytest.mark.parametrize("failure", [403, 503])
def test_an_import_keeps_the_product_and_names_the_image(bucket: StandIn, tmp_path: Path, failure: int) -> None:
    (write_file(tmp_path, []).parent / "red.png").write_bytes(make_image())
    bucket.failure = failure

    result = import_rows(tmp_path, make_row("A", images=["red.png"]), make_row("B"))

    assert result.output == ["2 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert result.errors[0].startswith("  row 1 (Lamp A): picture red.png could not be stored: ")
    assert (Product.objects.count(), ProductImage.objects.count()) == (2, 0)
