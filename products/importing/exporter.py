"""The catalog as rows that `import_products` reads: brought back into the same shop they change nothing."""

import html
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Prefetch

from core import markets, money
from products.catalog import category_tree
from products.importing.html_text import escaped, plain
from products.importing.rows import tidy_options
from products.models import Product, ProductImage, Variant

BATCH = 500  # products in memory at once
COLUMNS = (
    *("sku", "name", "category", "description", "price", "compare_at_price", "stock"),
    *("low_stock_threshold", "is_active", "images"),
)


def rows() -> Iterator[dict[str, Any]]:
    """Yield every product that is not deleted, also those that are switched off; one without any active variant says nothing."""
    paths = _paths()
    active = Variant.objects.filter(is_active=True, deleted_at=None).prefetch_related("market_prices").order_by("position", "id")
    pictures = ProductImage.objects.order_by("position", "id")
    last = 0
    while True:
        batch = list(
            Product.objects.filter(deleted_at=None, pk__gt=last)
            .prefetch_related(Prefetch("variants", active, to_attr="active"), Prefetch("images", pictures, to_attr="pictures"))
            .order_by("pk")[:BATCH]
        )
        if not batch:
            return
        last = batch[-1].pk
        for product in batch:
            if product.active:
                yield _row(product, paths)


def _paths() -> dict[int | None, str]:
    """Return the path of each category, such as "Home > Lighting"."""
    paths: dict[int | None, str] = {}

    def walk(nodes: Sequence[dict[str, Any]], above: str) -> None:
        for node in nodes:
            paths[node["id"]] = f"{above}{_in_path(node['name'])}"
            walk(node["children"], f"{paths[node['id']]} > ")

    walk(category_tree.whole(), "")
    return paths


def _in_path(name: str) -> str:
    """Return a category's name so that a sign in it is not taken for the path's."""
    return html.escape(name, quote=False) if ">" in name or plain(name) != name else name


def _row(product: Any, paths: dict[int | None, str]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": escaped(product.name),
        "category": paths.get(product.category_id),
        "description": escaped(product.description),
        "low_stock_threshold": product.low_stock_threshold,
        "is_active": product.is_active,
        "images": [{"file": picture.image.name, "alt": escaped(picture.alt)} for picture in product.pictures],
    }
    if not product.pictures:
        del row["images"]
    first = product.active[0]
    if len(product.active) == 1 and not first.name and not tidy_options(first.options):
        return {**_variant(first), **row}
    named = [{**_variant(one), "name": escaped(one.name), "options": tidy_options(one.options)} for one in product.active]
    return {**row, "variants": named}


def _variant(variant: Variant) -> dict[str, Any]:
    table = markets.table()
    default = markets.default().currency
    others = [row for row in variant.market_prices.all() if row.market in table]
    row: dict[str, Any] = {
        "sku": variant.sku,
        "price": money.text(variant.price, default),
        "prices": {one.market: money.text(one.price, table[one.market].currency) for one in others},
        "stock": variant.available,
    }
    if variant.compare_at_price is not None:
        row["compare_at_price"] = money.text(variant.compare_at_price, default)
    before = {one.market: one.compare_at_price for one in others if one.compare_at_price is not None}
    if before:
        row["compare_at_prices"] = {market: money.text(amount, table[market].currency) for market, amount in before.items()}
    return row


def head() -> list[str]:
    """Return the column names of the CSV form: those of every market, and of every option that a variant has."""
    others = [code for code, market in markets.table().items() if not market.is_default]
    variants = Variant.objects.filter(is_active=True, deleted_at=None, product__deleted_at=None).exclude(options={})
    options = {
        name for given in variants.values_list("options", flat=True).iterator(chunk_size=2000) for name in tidy_options(given)
    }
    return [
        *("group", *COLUMNS, *(f"price_{code}" for code in others), *(f"compare_at_price_{code}" for code in others)),
        *("variant_name", *(f"option_{name}" for name in sorted(options))),
    ]


def csv_lines(row: dict[str, Any], columns: Sequence[str], number: int) -> Iterator[list[Any]]:
    """Yield the lines of a product in the CSV form: one for each variant, held together by their `group`."""
    several = row.get("variants")
    for position, one in enumerate(several or [row]):
        cells: dict[str, Any] = {name: one[name] for name in ("sku", "price", "compare_at_price", "stock") if name in one}
        cells |= {f"price_{market}": amount for market, amount in one["prices"].items()}
        cells |= {f"compare_at_price_{market}": amount for market, amount in one.get("compare_at_prices", {}).items()}
        cells |= {f"option_{name}": value for name, value in one.get("options", {}).items()}
        if several:
            cells |= {"group": str(number), "variant_name": one["name"]}
        if position == 0:
            cells |= {name: row[name] for name in ("name", "category", "description", "low_stock_threshold") if name in row}
            cells |= {"is_active": "true" if row["is_active"] else "false", "images": row.get("images", "")}
        yield [cells.get(name, "") for name in columns]
