"""The settings of the shop: definitions, and what is read while the database is down"""

import pytest
from django.db import connection
from django.db.utils import OperationalError
from pytest_django import Settings

from core.shop_settings import shop, values
from core.shop_settings.definitions import define

pytestmark = pytest.mark.django_db


def refuse(*args: object) -> None:
    """Fail as a database that is down."""
    raise OperationalError("the server closed the connection")


def test_a_setting_is_defined_once() -> None:
    with pytest.raises(ValueError, match="the setting shop_name is defined twice"):
        define(shop.SHOP_NAME)


def test_the_last_values_are_kept_while_the_database_is_down(settings: Settings) -> None:
    settings.SHOP_SETTINGS_MAX_AGE = 0
    values.keep(values.Values({"shop_name": "Lamp Lane"}))

    with connection.execute_wrapper(refuse):
        assert values.get(shop.SHOP_NAME) == "Lamp Lane"


def test_the_defaults_hold_where_nothing_was_read_before(settings: Settings) -> None:
    values.forget()

    with connection.execute_wrapper(refuse):
        assert values.get(shop.SHOP_NAME) == settings.SHOP_NAME

    assert values.get(shop.SHOP_NAME) == settings.SHOP_NAME
