"""Shared fixtures of the tests with images in a bucket."""

from collections.abc import Iterator
from typing import Any

import pytest
from environs import EnvError
from pytest_django import Settings

from products.media import storage
from store.environment import ShopEnv
from store.environment_media import parse_s3
from tests import s3_stand_in
from tests.s3_stand_in import StandIn, run_stand_in


@pytest.fixture
def bucket(db: None, settings: Settings) -> Iterator[StandIn]:
    """Keep the images of the shop in a bucket of the stand-in, as the variables would."""
    with run_stand_in() as stand_in:
        use_bucket(settings, parse_variables(s3_stand_in.get_variables(stand_in)))
        yield stand_in
    forget_urls()


def parse_variables(variables: dict[str, str], *, debug: bool = False) -> dict[str, Any]:
    """Return the options of the storage under these variables."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        return parse_s3(ShopEnv(), debug=debug)


def get_refusal(variables: dict[str, str]) -> str:
    """Return the sentence with which these variables are refused."""
    with pytest.raises(EnvError) as refusal:
        parse_variables(variables)
    return str(refusal.value)


def use_bucket(settings: Settings, options: dict[str, Any]) -> None:
    """Keep images with these options of the storage, or locally with none."""
    backend = "products.media.s3_storage.S3Media" if options else "django.core.files.storage.FileSystemStorage"
    settings.MEDIA_S3 = options
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backend, "OPTIONS": options}}
    forget_urls()


def forget_urls() -> None:
    """Forget the URLs of images of another storage."""
    storage.get_url.cache_clear()
    storage.get_thumbnail_url.cache_clear()
