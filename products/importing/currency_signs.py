"""The signs and codes of currencies, as they stand beside prices and in the names of columns."""

from core import markets
from core.currencies import EXPONENTS

DOLLARS = frozenset(
    (
        *("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"),
        *("FJD", "JMD", "TTD", "BBD", "BSD", "BZD", "NAD", "XCD"),
    )
)
CURRENCIES_BY_SIGN = {  # the currencies that a sign can mean
    "$": DOLLARS,
    **{f"{prefix}$": frozenset((currency,)) for prefix, currency in (("US", "USD"), ("A", "AUD"), ("AU", "AUD"), ("C", "CAD"))},
    **{f"{prefix}$": frozenset((currency,)) for prefix, currency in (("CA", "CAD"), ("NZ", "NZD"), ("S", "SGD"), ("R", "BRL"))},
    **{f"{prefix}$": frozenset((currency,)) for prefix, currency in (("HK", "HKD"), ("MX", "MXN"), ("NT", "TWD"))},
    **dict.fromkeys(("Rs.", "Rs", "RS", "rs"), frozenset(("INR", "PKR", "LKR", "NPR", "MUR"))),
    **dict.fromkeys(("kr.", "kr", "Kr"), frozenset(("SEK", "NOK", "DKK", "ISK"))),
    **dict.fromkeys(("¥", "￥"), frozenset(("JPY", "CNY"))),
    **dict.fromkeys(("Fr.", "SFr.", "Fr"), frozenset(("CHF",))),
    **{
        "£": frozenset(("GBP", "EGP", "FKP", "GIP")),
        "₩": frozenset(("KRW", "KPW")),
        "€": frozenset(("EUR",)),
        "₹": frozenset(("INR",)),
    },
    **{
        "円": frozenset(("JPY",)),
        "元": frozenset(("CNY",)),
        "원": frozenset(("KRW",)),
        "zł": frozenset(("PLN",)),
        "Kč": frozenset(("CZK",)),
    },
    **{
        "Ft": frozenset(("HUF",)),
        "lei": frozenset(("RON",)),
        "лв": frozenset(("BGN",)),
        "₺": frozenset(("TRY",)),
        "₽": frozenset(("RUB",)),
    },
    **{
        "₴": frozenset(("UAH",)),
        "₫": frozenset(("VND",)),
        "฿": frozenset(("THB",)),
        "₱": frozenset(("PHP",)),
        "₦": frozenset(("NGN",)),
    },
    **{"₪": frozenset(("ILS",)), "R": frozenset(("ZAR",))},
}
SIGNS = sorted(CURRENCIES_BY_SIGN, key=len, reverse=True)
CODES = (
    frozenset().union(*CURRENCIES_BY_SIGN.values())
    | EXPONENTS.keys()
    | {"AED", "SAR", "QAR", "MYR", "IDR", "BDT", "MAD", "KES", "GHS"}
)


def find_named_currencies(text: str) -> frozenset[str]:
    """Return the currencies that a code or sign can mean; none if it is neither."""
    code = text.strip().upper()
    is_code = len(code) == 3 and code.isascii() and code in CODES | {market.currency for market in markets.get_markets().values()}
    return frozenset((code,)) if is_code else CURRENCIES_BY_SIGN.get(text.strip(), frozenset())
