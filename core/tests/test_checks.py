"""What production needs, as `manage.py check --deploy` tells it."""

import pytest
from pytest_django import Settings

from core.checks import production


@pytest.fixture(autouse=True)
def whole(settings: Settings) -> None:
    """A shop that lacks nothing."""
    settings.FRONTEND_URL = "https://shop.example"
    settings.REDIS_URL = "redis://cache:6379/0"
    settings.EMAIL_HOST = "mail.shop.example"


def test_a_whole_shop_is_not_warned() -> None:
    assert production() == []


@pytest.mark.parametrize(
    ("name", "value", "warned"),
    [
        ("FRONTEND_URL", "http://localhost:5173", "shop.W001"),
        ("FRONTEND_URL", "http://127.0.0.1:5173", "shop.W001"),
        ("REDIS_URL", "", "shop.W002"),
        ("EMAIL_HOST", "", "shop.W003"),
    ],
)
def test_what_it_lacks_is_told(settings: Settings, name: str, value: str, warned: str) -> None:
    setattr(settings, name, value)

    assert [warning.id for warning in production()] == [warned]
    assert name in production()[0].msg
