"""products.media.retention: image files that are no longer used"""

import os
import time
from pathlib import Path

import pytest
from django.conf import settings as shop
from pytest_django import Settings

from products.media import retention
from products.models import ProductImage
from products.tests.factories import make_product

DAY = 24 * 60 * 60


def store_file(name: str, *, age: int = 2 * DAY) -> Path:
    """Create a file in the image folder."""
    path = Path(shop.MEDIA_ROOT) / "products" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    os.utime(path, (time.time() - age,) * 2)
    return path


def find_none(names: list[str]) -> set[str]:
    """Report that none of the images is used."""
    return set()


@pytest.mark.django_db
def test_a_file_that_nothing_shows_goes_and_those_that_are_shown_stay() -> None:
    unused = store_file("left.webp")
    used = [store_file("whole.webp"), store_file("small.webp"), store_file("ordered.webp")]
    ProductImage.objects.create(product=make_product(), image="products/whole.webp", thumbnail="products/small.webp", position=0)

    counts = retention.clean_up(lambda names: {"products/ordered.webp"} & set(names))

    assert counts == {"picture files": 1}
    assert not unused.exists()
    assert all(path.exists() for path in used)


@pytest.mark.django_db
def test_a_file_of_today_may_be_about_to_be_shown() -> None:
    fresh = store_file("fresh.webp", age=DAY - 60)

    assert retention.clean_up(find_none) == {"picture files": 0}
    assert fresh.exists()


@pytest.mark.django_db
def test_a_shop_without_pictures_is_clean() -> None:
    assert retention.clean_up(find_none) == {"picture files": 0}


@pytest.mark.django_db
def test_cloudinary_is_left_alone(settings: Settings) -> None:
    settings.CLOUDINARY_ON = True
    unused = store_file("left.webp")

    assert retention.clean_up(find_none) == {"picture files": 0}
    assert unused.exists()
