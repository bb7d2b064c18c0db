"""products.media.retention: picture files that nothing shows"""

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


def stored(name: str, *, age: int = 2 * DAY) -> Path:
    """Put a file where pictures are stored."""
    path = Path(shop.MEDIA_ROOT) / "products" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    os.utime(path, (time.time() - age,) * 2)
    return path


def nothing(names: list[str]) -> set[str]:
    """Show none of the pictures."""
    return set()


@pytest.mark.django_db
def test_a_file_that_nothing_shows_goes_and_those_that_are_shown_stay() -> None:
    left = stored("left.webp")
    shown = [stored("whole.webp"), stored("small.webp"), stored("ordered.webp")]
    ProductImage.objects.create(product=make_product(), image="products/whole.webp", thumbnail="products/small.webp", position=0)

    done = retention.clean_up(lambda names: {"products/ordered.webp"} & set(names))

    assert done == {"picture files": 1}
    assert not left.exists()
    assert all(path.exists() for path in shown)


@pytest.mark.django_db
def test_a_file_of_today_may_be_about_to_be_shown() -> None:
    fresh = stored("fresh.webp", age=DAY - 60)

    assert retention.clean_up(nothing) == {"picture files": 0}
    assert fresh.exists()


@pytest.mark.django_db
def test_a_shop_without_pictures_is_clean() -> None:
    assert retention.clean_up(nothing) == {"picture files": 0}


@pytest.mark.django_db
def test_cloudinary_is_left_alone(settings: Settings) -> None:
    settings.CLOUDINARY_ON = True
    left = stored("left.webp")

    assert retention.clean_up(nothing) == {"picture files": 0}
    assert left.exists()
