"""The names of columns: ours, and what other shops and programs call them.

Names are compared without case, spaces and punctuation: `Compare-at price`, `compareAtPrice` and `compare_at_price` are one name.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from core import markets
from core.empty_values import is_empty
from products.importing.column_translations import TRANSLATIONS
from products.importing.currency_signs import find_named_currencies
from products.importing.flags import OFF_SALE
from products.importing.raw_rows import Unreadable
from products.importing.weights import COLUMNS as WEIGHT_COLUMNS
from products.importing.weights import UNIT as WEIGHT_UNIT
from products.importing.weights import UNITS, WEIGHT

# Our names, each with those of others in the order in which they count.
ALIASES: dict[str, tuple[str, ...]] = {
    "sku": (
        *("variantsku", "productsku", "itemsku", "skucode", "skuid", "itemnumber", "itemcode", "articlenumber"),
        *("productcode", "productcodesku", "partnumber", "reference", "model"),
    ),
    "name": ("title", "productname", "producttitle", "itemname", "displayname"),
    "description": (
        *("bodyhtml", "body", "descriptionhtml", "htmldescription", "productdescription", "longdescription", "content"),
        *("shortdescription", "summary"),
    ),
    "price": (
        *("regularprice", "variantprice", "unitprice", "priceamount", "sellingprice", "baseprice", "pricetaxincluded"),
        *("pricewithtax", "pricetaxexcluded"),
    ),
    "sale_price": ("specialprice", "discountedprice"),
    "sale_starts": ("specialpricefromdate", "datesalepricestarts", "salepricestartdate"),
    "sale_ends": ("specialpricetodate", "datesalepriceends"),
    "sale_period": ("salepriceeffectivedate",),
    "sale_is_on": ("onsale",),
    "compare_at_price": (
        *("variantcompareatprice", "compareprice", "comparisonprice", "strikeprice", "strikethroughprice", "oldprice", "wasprice"),
        *("originalprice", "msrp", "rrp", "uvp", "retailprice"),
    ),
    "currency": ("currencycode", "pricecurrency", "variantcurrency"),
    "stock": (
        *("quantity", "qty", "inventory", "stockquantity", "inventoryquantity", "inventoryqty", "variantinventoryqty"),
        *(
            "variantinventoryquantity",
            "stockonhand",
            "onhand",
            "countonhand",
            "quantityavailable",
            "availablequantity",
            "stocklevel",
        ),
        *("currentstocklevel", "currentstock", "inventorylevel", "inventorycount", "stockqty", "quantityinstock", "units"),
    ),
    "weight_grams": ("grams", "variantgrams"),
    "weight_kg": (),
    "weight_lb": (),
    "weight_oz": (),
    "weight": (*("shippingweight", "packageweight", "grossweight", "variantweight", "itemweight", "productweight", "weightvalue"),),
    "weight_unit": (
        *("variantweightunit", "weightunitfordisplay", "weightunitofmeasure", "itemweightunitofmeasure"),
        *("packageweightunitofmeasure", "shippingweightunit", "productweightunit"),
    ),
    "low_stock_threshold": ("lowstocklevel", "lowstockamount", "lowstock", "notifystockqty"),
    "category": ("categorypath", "categoryname"),
    "categories": (
        "productcategories",
        "categorypaths",
        "collections",
        "collection",
        "taxons",
        "mastercategory",
        "productcategory",
    ),
    "product_type": ("customproducttype", "type", "googleproductcategory"),
    "images": (
        *("image", "imageurl", "imageurls", "imagesrc", "imagelink", "picture", "pictures", "photo", "photos", "imagefile"),
        *("productimage", "productimageurl", "hostedimageurls", "baseimage", "assets", "featuredimage", "thumbnail"),
    ),
    "more_images": ("additionalimages", "additionalimagelink", "additionalimagelinks", "additionalimageurls", "gallery"),
    "group": ("itemgroupid",),
    "variant_name": ("varianttitle",),
    "variant_image": ("variantimageurl",),
    "availability": ("available", "isavailable", "availableforsale"),
    "in_stock": ("isinstock", "stockstatus"),
    "is_active": (
        *("active", "published", "publishedononlinestore", "ispublished", "enabled", "isenabled", "visible", "isvisible"),
        *("productvisible", "productonline", "status", "productstatus", "online", "isonline", "forsale", "visibility"),
        *("visibilityincatalog", "sellable", "issellable", "purchasable", "ispurchasable", "saleok", "canbesold"),
    ),
    "is_off_sale": tuple(prefix + word for word in sorted(OFF_SALE) for prefix in ("", "is")),
    "variants": (),
    "options": (),
    "prices": (),
    "compare_at_prices": (),
}
STAND_INS = ("id", "handle", "slug", "urlkey", "urlhandle", "mpn", "gtin", "ean", "upc", "barcode", "productid", "itemid")
MARKET_COLUMN = re.compile(r"(price|compare_at_price)_([a-z]{2})")
IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")  # each search ends at the next bracket, so that a row of them takes no time
HINT = re.compile(r"[\[(]([^\[\]()]{1,5})[\])]")  # in brackets, such as (EUR)
PRICES = ("price", "compare_at_price", "sale_price")
OTHER_PRICES = ("presentmentprices",)  # Shopify's prices in other currencies
NOT_LETTERS = re.compile(r"[\W_]+")
OPTION_PREFIXES = ("option_", "option:")
MAX_NAMES = 4096  # names that are remembered


class Column(NamedTuple):
    """What a name means: our name, and its rank among the names for it; the lowest counts."""

    name: str
    rank: int
    has_currency: bool = False  # the name says that prices are in the currency of the default market


def squash(name: str) -> str:
    """Return a name without case, spaces, punctuation, hints in brackets and Google's prefix."""
    text = IN_BRACKETS.sub("", unicodedata.normalize("NFC", name.strip())).removeprefix("g:")
    return NOT_LETTERS.sub("", (text if text.strip() else name).lower())


def _strip_accents(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char))


def _build_index() -> dict[str, Column]:
    index = {squash(own): Column(own, 0) for own in ALIASES}
    for own, aliases in ALIASES.items():
        for rank, alias in enumerate((*aliases, *TRANSLATIONS.get(own, ())), start=1):
            index.setdefault(alias, Column(own, rank))
    for alias, column in [(alias, column) for alias, column in index.items() if column.name == WEIGHT]:
        for word, unit in UNITS.items():  # such as weight_kg, Weight in lbs and Poids en kg
            names = (f"{alias}{joint}{word}" for joint in ("", "in", "en"))
            index |= dict.fromkeys(names, Column(_name_weight(unit), column.rank))
    for alias, column in list(index.items()):
        index.setdefault(_strip_accents(alias), column)  # many programs write names of columns without accents
    for rank, name in enumerate(STAND_INS):
        index.setdefault(name, Column("stand_in", rank))
    return index


def _name_weight(unit: str) -> str:
    """Return our column for weights in this unit."""
    return next(name for name, own in WEIGHT_COLUMNS.items() if own == unit)


INDEX = _build_index()


@lru_cache(maxsize=MAX_NAMES)
def resolve(name: str) -> Column | None:
    """Return what the name of a column or key means; None if it means nothing here."""
    if name.strip().lower().startswith(OPTION_PREFIXES):
        return Column(f"option_{name.strip()[7:].strip()}", 0)
    market_column = MARKET_COLUMN.fullmatch(name.strip().lower().replace(" ", "_").replace("-", "_"))
    if market_column:
        return Column(market_column[0], 0)
    column, currencies = _split_currency(name)
    if column is not None and column.name == WEIGHT:
        return _add_unit(name, column)
    if column is None or not currencies:
        return column
    found = [market for market in markets.get_markets().values() if market.currency in currencies]
    if found and found[0].is_default:
        return Column(column.name, column.rank + 50, has_currency=True)
    return Column(f"{column.name}_{found[0].code}", 50) if found and column.name != "sale_price" else None


def _add_unit(name: str, column: Column) -> Column:
    """Return the column for weights in the unit that stands in brackets, such as Weight (kg), or the column itself."""
    hints = (hint[0][1:-1].strip().lower() for hint in IN_BRACKETS.finditer(name))
    unit = next((UNITS[hint] for hint in hints if hint in UNITS), "")
    return column._replace(name=_name_weight(unit))


def is_weight_column(name: str) -> bool:
    """Return whether a column has weights or their units."""
    column = resolve(name)
    return column is not None and (column.name in WEIGHT_COLUMNS or column.name == WEIGHT_UNIT)


def _split_currency(name: str) -> tuple[Column | None, frozenset[str]]:
    """Return what a name means without its currency, and the currencies that a price in `Price EUR` or `Preis (€)` can have."""
    squashed = squash(name)
    column = INDEX.get(squashed)
    if column is not None:
        hint = HINT.search(name)
        currencies = find_named_currencies(hint[1] if hint else name.split()[-1]) if column.name in PRICES else frozenset()
        return column, currencies
    currencies = find_named_currencies(squashed[-3:])
    column = INDEX.get(squashed[:-3]) or INDEX.get(squashed[:-3].removesuffix("in"))
    return (column, currencies) if column is not None and column.name in PRICES and currencies else (None, frozenset())


def to_own_names(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Return a row by our names, and the names and values of all columns about whether it is for sale.

    Of several columns with one meaning, the first that is not empty counts. `stand_in` holds the name and value of the column that
    can stand in for the SKU.
    """
    values: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    flags = []
    for key, value in row.items():
        column = resolve(key)
        if column is None:
            continue
        name, rank = column.name, column.rank
        if column.has_currency:
            values.setdefault("currency", markets.get_default_market().currency)
        if name in ("is_active", "is_off_sale"):
            flags.append((key, value))
        if is_empty(value):
            rank += 100  # empty ones count last
        if rank < ranks.get(name, 1000):
            values[name], ranks[name] = (key, value) if name == "stand_in" else value, rank
    return values, flags


def find_unread(names: Iterable[str]) -> list[str]:
    """Return the names that mean nothing here."""
    return [name for name in names if name.strip() and resolve(name) is None]


def find_other_prices(unread: Iterable[str]) -> list[str]:
    """Return those of the names that mean nothing here that are prices in another currency or region.

    Shopify writes `Price / United States`, Medusa `Price France [EUR]`.
    """
    return [name for name in unread if _is_other_price(name.removeprefix("variants."))]


def _is_other_price(name: str) -> bool:
    base, hint = INDEX.get(squash(name.partition("/")[0])), HINT.search(name)
    is_regional = "/" in name and base is not None and base.name in PRICES
    is_named = hint is not None and bool(find_named_currencies(hint[1])) and squash(name).startswith(("price", "variantprice"))
    return is_regional or is_named or bool(_split_currency(name)[1]) or squash(name) in OTHER_PRICES


def check_header(file: object, names: Iterable[str]) -> None:
    """Refuse a header that says one thing in two columns. Raises Unreadable."""
    seen: dict[str, str] = {}
    for name in (name for name in names if name.strip() and resolve(name) is not None):
        column = resolve(name)
        is_whole = name.strip().lower().startswith(OPTION_PREFIXES) or (column is not None and MARKET_COLUMN.fullmatch(column.name))
        key = column.name if is_whole and column is not None else f"{column and column.name} {squash(name)}"
        if key in seen:
            raise Unreadable(f"{file} has the column {name.strip()} twice; keep one of the two")
        seen[key] = name
    own = {column.name for name in seen.values() if (column := resolve(name))}
    split = {f"{match[1]}s" for name in own if (match := MARKET_COLUMN.fullmatch(name))}
    split |= {"options" for name in own if name.startswith("option_")}
    for column_name in sorted(split & own):
        raise Unreadable(f"{file} has a column {column_name} and separate columns for its parts; keep one of the two")


def parse_mapping(text: str) -> dict[str, str]:
    """Return the columns in a text like `Preis=price,Bestand=stock`. Raises Unreadable."""
    mapping: dict[str, str] = {}
    for part in filter(str.strip, text.split(",")):
        theirs, separator, ours = (piece.strip() for piece in part.rpartition("="))
        if not separator or not theirs:
            raise Unreadable(f"the mapping must look like their column=ours,…: {part.strip()!r}")
        is_own = ours in ALIASES or MARKET_COLUMN.fullmatch(ours) or (ours.startswith("option_") and len(ours) > 7)
        if not is_own:
            raise Unreadable(
                f"the mapping names {ours!r}, which is not one of our columns: {', '.join(iter_own_names())}, option_…, price_us …"
            )
        if theirs in mapping or ours in mapping.values():
            raise Unreadable(f"the mapping names {theirs if theirs in mapping else ours!r} twice")
        mapping[theirs] = ours
    return mapping


def iter_own_names() -> Iterator[str]:
    """Yield the names that a mapping can lead to."""
    yield from ALIASES


def rename(names: Iterable[str], mapping: Mapping[str, str]) -> list[str]:
    """Return the names with those of the mapping replaced by ours."""
    by_squashed = {squash(theirs): ours for theirs, ours in mapping.items()}
    return [mapping.get(name.strip()) or by_squashed.get(squash(name)) or name for name in names]


def check_mapping(file: object, names: Iterable[str], mapping: Mapping[str, str]) -> None:
    """Refuse a mapping of columns that the file does not have. Raises Unreadable."""
    stripped = {name.strip() for name in names} | {squash(name) for name in names}
    for theirs in mapping:
        if theirs not in stripped and squash(theirs) not in stripped:
            raise Unreadable(f"{file} has no column {theirs!r}, which the mapping names")
