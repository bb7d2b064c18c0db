"""The demo catalog with prices for the configured markets.

The file has prices in rupees, and in dollars for what is also sold abroad. Prices in other currencies are derived from the dollars.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management import call_command

from core import money

FILE_MARKETS = {"in": "INR", "us": "USD"}
# Units of the currency for a dollar, roughly: prices have to look right and are charged to nobody. For other currencies, 1.
RATES = {
    **{"AED": "3.7", "ARS": "1400", "AUD": "1.5", "BDT": "120", "BGN": "1.7", "BHD": "0.38", "BRL": "5.5", "CAD": "1.4"},
    **{"CHF": "0.85", "CLP": "950", "CNY": "7.2", "COP": "4100", "CZK": "22", "DKK": "6.6", "EGP": "49", "EUR": "0.9"},
    **{"GBP": "0.8", "HKD": "7.8", "HUF": "350", "IDR": "16000", "ILS": "3.6", "ISK": "130", "JOD": "0.71", "JPY": "150"},
    **{"KES": "130", "KRW": "1350", "KWD": "0.31", "LKR": "300", "MAD": "9.5", "MXN": "18", "MYR": "4.4", "NGN": "1500"},
    **{"NOK": "10.5", "NPR": "135", "NZD": "1.65", "OMR": "0.38", "PEN": "3.7", "PHP": "57", "PKR": "280", "PLN": "3.8"},
    **{"QAR": "3.6", "RON": "4.5", "SAR": "3.75", "SEK": "10", "SGD": "1.35", "THB": "34", "TND": "3.1", "TRY": "40"},
    **{"TWD": "32", "TZS": "2600", "UAH": "41", "UGX": "3700", "VND": "25000", "XAF": "600", "XOF": "600", "ZAR": "18"},
}
RUPEES_FOR_A_DOLLAR = Decimal(60)  # as in the file, where things cost more abroad
Prices = dict[str, Decimal]  # by currency


def import_catalog() -> str:
    """Import products.json with prices for this shop's markets; return the count of products as the command prints it.

    Raises CommandError if rows failed; the rest is imported.
    """
    output = StringIO()  # the notes are for merchants' own files
    rows = json.loads((settings.BASE_DIR / "products.json").read_text(encoding="utf-8"))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "products.json"
        file.write_text(json.dumps([fit_row(row, settings.MARKETS) for row in rows]), encoding="utf-8")
        call_command("import_products", file=file, images=settings.BASE_DIR, stdout=output)
    return output.getvalue().splitlines()[-1]


def fit_row(row: dict[str, Any], markets: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of the catalog with prices for these markets: currency by code, the default first.

    Every product has a price in the default market. What has no dollar price is sold in no other market but India.
    """
    fitted = {name: value for name, value in row.items() if name not in ("prices", "compare_at_prices")}
    if "variants" in row:
        fitted["variants"] = [fit_row(variant, markets) for variant in row["variants"]]
    for single, others in (("price", "prices"), ("compare_at_price", "compare_at_prices")):
        if single not in row:
            continue
        known = _read_prices(row[single], row.get(others, {}))
        default, *rest = markets
        fitted[single] = _format_price(known, markets[default])
        sold = [code for code in rest if code == "in" or "USD" in known]
        if sold:
            fitted[others] = {code: _format_price(known, markets[code]) for code in sold}
    return fitted


def _read_prices(default: str, others: Mapping[str, str]) -> Prices:
    return {FILE_MARKETS["in"]: Decimal(default)} | {FILE_MARKETS[code]: Decimal(price) for code, price in others.items()}


def _format_price(known: Prices, currency: str) -> str:
    """Return a price as it is in the file, or else one of two significant digits."""
    if currency in known:
        return money.format_amount(known[currency], currency)
    dollars = known.get("USD", known["INR"] / RUPEES_FOR_A_DOLLAR)
    amount = dollars * Decimal(RATES.get(currency, 1))
    step = Decimal(1).scaleb(max(amount.adjusted() - 1, -money.exponent(currency)))
    return money.format_amount(max(round(amount / step), 1) * step, currency)
