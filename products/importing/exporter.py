"""Export the catalog as rows that `import_products` reads; importing them into the same shop changes nothing."""

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import orjson
from django.db.models import Prefetch, QuerySet

from core import csv_export, markets, money
from products.catalog import category_tree
from products.importing.html_text import escape_name, escape_text, name_to_text
from products.importing.texts import strip_options
from products.models import Product, ProductImage, Variant

BATCH_SIZE = 500  # products in memory at once
CSV_COLUMNS = (
    *("sku", "name", "category", "description", "price", "compare_at_price", "stock", "weight_grams"),
    *("low_stock_threshold", "is_active", "images"),
)
VARIANT_COLUMNS = ("sku", "price", "compare_at_price", "stock", "weight_grams")  # the same in both forms


def iter_rows(products: QuerySet[Product] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the products, or all, that are not deleted, including inactive ones. Those without an active variant are skipped."""
    products = Product.objects.all() if products is None else products
    paths = _get_category_paths()
    active = Variant.objects.filter(is_active=True, deleted_at=None).prefetch_related("market_prices").order_by("position", "id")
    images = ProductImage.objects.order_by("position", "id")
    last_id = 0
    while True:
        batch: list[Any] = list(
            products.filter(deleted_at=None, pk__gt=last_id)
            .prefetch_related(Prefetch("variants", active, to_attr="active_variants"))
            .prefetch_related(Prefetch("images", images, to_attr="ordered_images"))
            .order_by("pk")[:BATCH_SIZE]
        )
        if not batch:
            return
        last_id = batch[-1].pk
        for product in batch:
            if product.active_variants:
                yield _build_row(product, paths)


def _get_category_paths() -> dict[int | None, str]:
    """Return the path of each category, such as "Home > Lighting"."""
    paths: dict[int | None, str] = {}

    def walk(nodes: Sequence[dict[str, Any]], prefix: str) -> None:
        for node in nodes:
            paths[node["id"]] = f"{prefix}{_escape_path_part(node['name'])}"
            walk(node["children"], f"{paths[node['id']]} > ")

    walk(category_tree.get_category_tree(), "")
    return paths


def _escape_path_part(name: str) -> str:
    """Return a category's name, escaped if it contains a path separator or looks like HTML."""
    return html.escape(name, quote=False) if ">" in name or name_to_text(name) != name else name


def _build_row(product: Any, paths: dict[int | None, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": escape_name(product.name),
        "category": paths.get(product.category_id),
        "description": escape_text(product.description),
        "low_stock_threshold": product.low_stock_threshold,
        "is_active": product.is_active,
        "images": [{"file": image.image.name, "alt": escape_text(image.alt)} for image in product.ordered_images],
    }
    if not product.ordered_images:
        del row["images"]
    first = product.active_variants[0]
    if len(product.active_variants) == 1 and not first.name and not strip_options(first.options):
        return {**_build_variant(first), **row}
    file_by_image = {image.pk: image.image.name for image in product.ordered_images}
    variants = [
        {
            **_build_variant(variant),
            "name": escape_name(variant.name),
            "options": strip_options(variant.options),
            **({"image": file_by_image[variant.image_id]} if variant.image_id in file_by_image else {}),
        }
        for variant in product.active_variants
    ]
    return {**row, "variants": variants}


def _build_variant(variant: Variant) -> dict[str, Any]:
    currency = markets.get_default_market().currency
    currencies = {code: market.currency for code, market in markets.get_markets().items()}
    prices = [price for price in variant.market_prices.all() if price.market in currencies]
    row: dict[str, Any] = {
        "sku": variant.sku,
        "price": money.format_amount(variant.price, currency),
        "prices": {price.market: money.format_amount(price.price, currencies[price.market]) for price in prices},
        "stock": variant.available,
    }
    if variant.weight_grams is not None:
        row["weight_grams"] = variant.weight_grams
    if variant.compare_at_price is not None:
        row["compare_at_price"] = money.format_amount(variant.compare_at_price, currency)
    compare_ats = {price.market: price.compare_at_price for price in prices if price.compare_at_price is not None}
    if compare_ats:
        row["compare_at_prices"] = {code: money.format_amount(amount, currencies[code]) for code, amount in compare_ats.items()}
    return row


def generate_json(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the rows as a JSON file, one product at a time."""
    separator = b"[\n"
    for row in rows:
        yield separator + orjson.dumps(row, option=orjson.OPT_INDENT_2)
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def generate_csv(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the rows as a CSV file, one line at a time."""
    columns = _get_csv_columns()
    lines = (line for number, row in enumerate(rows, start=1) for line in _iter_csv_lines(row, columns, number))
    return csv_export.generate_file(chain([columns], lines))


def _get_csv_columns() -> list[str]:
    """Return the column names of the CSV form, including those of every market and every option in use."""
    others = [code for code, market in markets.get_markets().items() if not market.is_default]
    variants = Variant.objects.filter(is_active=True, deleted_at=None, product__deleted_at=None).exclude(options={})
    names = {
        name for options in variants.values_list("options", flat=True).iterator(chunk_size=2000) for name in strip_options(options)
    }
    return [
        *("group", *CSV_COLUMNS, *(f"price_{code}" for code in others), *(f"compare_at_price_{code}" for code in others)),
        *("variant_name", "variant_image", *(f"option_{name}" for name in sorted(names))),
    ]


def _iter_csv_lines(row: dict[str, Any], columns: Sequence[str], number: int) -> Iterator[list[Any]]:
    """Yield the lines of a product in the CSV form, one per variant; variants of one product share a `group`."""
    variants = row.get("variants")
    for position, variant in enumerate(variants or [row]):
        cells: dict[str, Any] = {name: variant[name] for name in VARIANT_COLUMNS if name in variant}
        cells |= {f"price_{market}": amount for market, amount in variant["prices"].items()}
        cells |= {f"compare_at_price_{market}": amount for market, amount in variant.get("compare_at_prices", {}).items()}
        cells |= {f"option_{name}": value for name, value in variant.get("options", {}).items()}
        if variants:
            cells |= {"group": str(number), "variant_name": variant["name"], "variant_image": variant.get("image", "")}
        if position == 0:
            cells |= {name: row[name] for name in ("name", "category", "description", "low_stock_threshold") if name in row}
            images = orjson.dumps(row["images"]).decode() if "images" in row else ""
            cells |= {"is_active": "true" if row["is_active"] else "false", "images": images}
        yield [cells.get(name, "") for name in columns]
