"""The deployment checks of `manage.py check --deploy`."""

import pytest
from pytest_django import Settings

from core.checks import check_production_settings


@pytest.fixture(autouse=True)
def production_settings(settings: Settings) -> None:
    """Settings without deployment warnings."""
    settings.FRONTEND_URL = "https://shop.example"
    settings.REDIS_URL = "redis://cache:6379/0"
    settings.EMAIL_HOST = "mail.shop.example"


def test_a_whole_shop_is_not_warned() -> None:
    assert check_production_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "warning_id"),
    [
        ("FRONTEND_URL", "http://localhost:5173", "shop.W001"),
        ("FRONTEND_URL", "http://127.0.0.1:5173", "shop.W001"),
        ("REDIS_URL", "", "shop.W002"),
        ("EMAIL_HOST", "", "shop.W003"),
    ],
)
def test_what_it_lacks_is_told(settings: Settings, name: str, value: str, warning_id: str) -> None:
    setattr(settings, name, value)

    assert [warning.id for warning in check_production_settings()] == [warning_id]
    assert name in check_production_settings()[0].msg
