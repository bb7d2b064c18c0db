"""The words that say yes and no in files: whether a product is for sale."""

from decimal import Decimal
from typing import Any

YES = frozenset(
    (
        *("true", "yes", "y", "1", "1.0", "on", "active", "enabled", "enable", "published", "publish", "visible", "public", "live"),
        *("wahr", "ja", "j", "aktiv", "vrai", "oui", "actif", "verdadero", "sí", "si", "activo", "vero", "sì", "waar", "sim"),
        *("catalog, search", "catalog", "search", "available", "unlisted"),
    )
)
# What a product that is not for sale is called, and the names of columns that say so: `archived` is `true`.
OFF_SALE = frozenset(("archived", "deleted", "disabled", "discontinued", "draft", "hidden", "inactive"))
NO = frozenset(
    (
        *OFF_SALE,
        *("false", "no", "n", "0", "0.0", "-1", "off", "disable", "unpublished", "not published"),
        *("private", "pending", "trash", "proposed", "rejected", "paused"),
        *(
            "falsch",
            "nein",
            "inaktiv",
            "faux",
            "non",
            "inactif",
            "falso",
            "inactivo",
            "onwaar",
            "nee",
            "não",
            "not visible individually",
        ),
    )
)
MAGENTO_DISABLED = "2"  # of `product_online` and `status`, where 1 is enabled
IN_STOCK = frozenset(
    ("in stock", "instock", "available for order", "limited availability", "preorder", "pre order", "backorder", "back order")
)
SOLD_OUT = frozenset(("out of stock", "outofstock", "oos", "sold out", "soldout", "unavailable"))


def is_yes(text: str) -> bool:
    """Return whether a cell says yes; an unknown word does not."""
    return text.strip().lower() in YES


def is_set(text: str) -> bool:
    """Return whether a cell says anything but no: `Shopify` as the program that counts the stock, `notify` for backorders."""
    return text.strip().lower() not in ("", *NO)


def parse_flag(value: Any) -> bool | None:
    """Return what a flag says; None if it is empty. Raises ValueError if the word is unknown."""
    if isinstance(value, bool):
        return value
    if value is None:
        return None
    text = " ".join(str(value).lower().split()) if isinstance(value, str | int | float | Decimal) else "\0"
    if not text:
        return None
    if text not in YES and text not in NO:
        raise ValueError("must be a word like true, yes, active, or false, no, draft")
    return text in YES


def parse_off_sale(value: Any) -> bool | None:
    """Return what a column named by a word of `OFF_SALE` says about being for sale; None if it is empty.

    Raises ValueError if the word is unknown.
    """
    flag = parse_flag(value)
    is_named = isinstance(value, str) and value.strip().lower() in OFF_SALE  # draft in a column `draft`
    return flag if flag is None or is_named else not flag


def parse_availability(value: Any) -> tuple[bool | None, bool | None]:
    """Return whether the product is for sale and whether it is in stock; None for what the word does not say.

    Shopping feeds write `in_stock`, `out_of_stock`, `preorder` (Google's product data specification), shops also yes and no.
    Raises ValueError if the word is unknown.
    """
    text = " ".join(str(value or "").rpartition("/")[2].lower().replace("_", " ").replace("-", " ").split())
    if text in IN_STOCK:
        return None, True
    if text in SOLD_OUT:
        return None, False
    return parse_flag(value), None
