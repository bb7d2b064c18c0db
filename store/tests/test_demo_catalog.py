"""`manage.py demo`: the catalog fits whatever markets the shop has"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as project
from pytest_django import Settings

from core import markets
from products.importing.raw_rows import RawRow
from products.importing.rows import parse_row
from store.demo.catalog import fit_row

ROWS: list[dict[str, Any]] = json.loads((project.BASE_DIR / "products.json").read_text())
LAMP, PLANT = ROWS[0], next(row for row in ROWS if row.get("sku") == "PLT-SNK-16")


@pytest.fixture
def without_known_markets() -> Iterator[None]:
    """Markets are read from the settings again, before and after."""
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def test_the_markets_of_the_file_keep_its_prices() -> None:
    assert [fit_row(row, {"in": "INR", "us": "USD"}) for row in ROWS] == ROWS


@pytest.mark.parametrize(
    ("shop", "lamp", "plant"),
    [
        ({"de": "EUR"}, ("31.00", None, "36.00"), ("8.20", None)),
        ({"us": "USD", "in": "INR"}, ("34.00", {"in": "2499.00"}, "40.00"), ("9.20", {"in": "549.00"})),
        ({"jp": "JPY", "kw": "KWD"}, ("5100", {"kw": "11.000"}, "6000"), ("1400", None)),
        ({"in": "INR", "ch": "CHF"}, ("2499.00", {"ch": "29.00"}, "2999.00"), ("549.00", None)),
        ({"bi": "BIF"}, ("34", None, "40"), ("9", None)),
    ],
)
def test_prices_follow_the_currency_and_are_round(shop: dict[str, str], lamp: tuple[Any, ...], plant: tuple[Any, ...]) -> None:
    fitted_lamp, fitted_plant = fit_row(LAMP, shop), fit_row(PLANT, shop)

    assert (fitted_lamp["price"], fitted_lamp.get("prices"), fitted_lamp["compare_at_price"]) == lamp
    assert (fitted_plant["price"], fitted_plant.get("prices")) == plant


@pytest.mark.usefixtures("without_known_markets")
@pytest.mark.parametrize("shop", [{"de": "EUR"}, {"us": "USD", "in": "INR"}, {"eu": "EUR", "jp": "JPY", "kw": "KWD", "in": "INR"}])
def test_the_import_accepts_every_row(shop: dict[str, str], settings: Settings) -> None:
    settings.MARKETS = shop

    for number, row in enumerate(ROWS):
        fitted = fit_row(row, shop)
        parse_row(RawRow(number, fitted))
        for variant in (fitted, *fitted.get("variants", ())):
            assert Decimal(variant.get("price", 1)) < Decimal(variant.get("compare_at_price", "Infinity"))
