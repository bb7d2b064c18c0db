"""The variables MEDIA_S3_…: what they mean, and what stops the start"""

import pytest
from django.test import Client
from pytest_django import Settings

from products.media.storage import get_url
from tests.on_s3.conftest import get_refusal, parse_variables, use_bucket

pytestmark = pytest.mark.once

AWS = {"MEDIA_S3_BUCKET": "shop-images", "MEDIA_S3_REGION": "eu-central-1"}
OTHER = {"MEDIA_S3_BUCKET": "shop-images", "MEDIA_S3_ENDPOINT": "https://fsn1.your-objectstorage.com/"}
NAME = "products/a b.png"


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        (AWS, "https://shop-images.s3.eu-central-1.amazonaws.com/products/a%20b.png"),
        (AWS | {"MEDIA_S3_BUCKET": "images.shop"}, "https://s3.eu-central-1.amazonaws.com/images.shop/products/a%20b.png"),
        (AWS | {"MEDIA_S3_ADDRESSING_STYLE": "path"}, "https://s3.eu-central-1.amazonaws.com/shop-images/products/a%20b.png"),
        (OTHER, "https://fsn1.your-objectstorage.com/shop-images/products/a%20b.png"),
        (OTHER | {"MEDIA_S3_ADDRESSING_STYLE": "virtual"}, "https://shop-images.fsn1.your-objectstorage.com/products/a%20b.png"),
        (OTHER | {"MEDIA_S3_PUBLIC_URL": "https://cdn.example/shop/"}, "https://cdn.example/shop/products/a%20b.png"),
    ],
)
def test_urls_are_public_and_unsigned(settings: Settings, variables: dict[str, str], url: str) -> None:
    use_bucket(settings, parse_variables(variables))

    assert get_url(NAME) == url


def test_without_a_bucket_images_are_local() -> None:
    assert parse_variables({}) == {}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"MEDIA_S3_REGION": "eu-central-1"}, "MEDIA_S3_BUCKET is not set"),
        ({"MEDIA_S3_PUBLIC_URL": "https://cdn.example"}, "MEDIA_S3_BUCKET is not set"),
        ({"MEDIA_S3_BUCKET": "shop-images"}, "MEDIA_S3_REGION must name the region"),
        (AWS | {"MEDIA_S3_BUCKET": "Shop_4711"}, "MEDIA_S3_BUCKET must be the name of a bucket"),
        (AWS | {"MEDIA_S3_REGION": "Frankfurt 4711"}, "MEDIA_S3_REGION must be a region"),
        (AWS | {"MEDIA_S3_ACCESS_KEY_ID": "4711"}, "MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY"),
        (AWS | {"MEDIA_S3_SECRET_ACCESS_KEY": "4711"}, "MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY"),
        (AWS | {"MEDIA_S3_ADDRESSING_STYLE": "4711"}, "MEDIA_S3_ADDRESSING_STYLE must be one of auto, virtual, path"),
        (AWS | {"MEDIA_S3_PUBLIC_URL": "http://cdn-4711.example"}, "MEDIA_S3_PUBLIC_URL must be a URL like https://"),
        (AWS | {"MEDIA_S3_PUBLIC_URL": "https://cdn.example/?4711"}, "MEDIA_S3_PUBLIC_URL must be a URL"),
        (AWS | {"MEDIA_S3_PUBLIC_URL": f"https://cdn.example/{'a' * 400}"}, "MEDIA_S3_PUBLIC_URL must be a URL"),
        (OTHER | {"MEDIA_S3_ENDPOINT": "minio:4711"}, "MEDIA_S3_ENDPOINT must be a URL"),
        (OTHER | {"MEDIA_S3_ENDPOINT": "https://user:4711@minio"}, "MEDIA_S3_ENDPOINT must be a URL"),
        (OTHER | {"MEDIA_S3_ENDPOINT": "https://:4711@minio"}, "MEDIA_S3_ENDPOINT must be a URL"),
        (OTHER | {"MEDIA_S3_ENDPOINT": "https://minio:471100"}, "MEDIA_S3_ENDPOINT must be a URL"),
        (OTHER | {"MEDIA_S3_ENDPOINT": "http://minio:9000"}, "MEDIA_S3_PUBLIC_URL must be set"),
    ],
)
def test_a_wrong_value_stops_the_start(variables: dict[str, str], words: str) -> None:
    sentence = get_refusal(variables)

    assert words in sentence
    assert "4711" not in sentence


def test_without_the_packages_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.environment_media.PACKAGES", ("boto3", "storages_of_nobody"))

    sentence = get_refusal(AWS)

    assert sentence == (
        "MEDIA_S3_BUCKET needs packages that are not installed (storages_of_nobody). Run: pip install -r requirements-s3.txt."
    )


def test_plain_http_is_for_development_and_the_pages_of_the_admin_may_show_it(settings: Settings, db: None) -> None:
    options = parse_variables(OTHER | {"MEDIA_S3_ENDPOINT": "http://127.0.0.1:9000"}, debug=True)
    use_bucket(settings, options)

    policy = Client().get("/admin/login/")["Content-Security-Policy"]

    assert get_url("a.png") == "http://127.0.0.1:9000/shop-images/a.png"
    assert "img-src 'self' data: https: http://127.0.0.1:9000;" in policy
