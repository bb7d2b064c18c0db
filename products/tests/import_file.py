"""Import files for tests."""

import json
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management import CommandError, call_command

from products.models import (
    Category,
    Listing,
    MarketPrice,
    PriceChange,
    Product,
    ProductImage,
    SearchDocument,
    SearchWord,
    StockMovement,
    Variant,
)

TABLES = (Category, Product, Variant, MarketPrice, Listing, ProductImage, StockMovement, PriceChange, SearchDocument, SearchWord)

PRICES = (
    "Prices without a currency are read in INR, the currency of the default market in. If they are in another currency, choose its "
    "market (--market, or “Market of the prices” in the admin): us for USD."
)


class CommandResult(NamedTuple):
    """The output lines and the exit code of a command."""

    code: int
    output: list[str]
    errors: list[str]


def make_row(code: str = "LMP-1", **fields: Any) -> dict[str, Any]:
    """Return a valid row; `code` is its SKU."""
    return {"sku": code, "name": f"Lamp {code}", "category": "Home > Lighting", "price": "20.00", "stock": 10, **fields}


def write_file(folder: Path, rows: Any) -> Path:
    """Write an import file to a subfolder, and return its path."""
    file = folder / "shop" / "products.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return file


def run_import(file: Path, **options: Any) -> CommandResult:
    """Import a file; the line about the currency of its prices is left out."""
    result = run_import_in_full(file, **options)
    return result._replace(output=[line for line in result.output if not line.startswith("Prices ")])


def run_import_in_full(file: Path, **options: Any) -> CommandResult:
    """Import a file."""
    stdout, stderr, code = StringIO(), StringIO(), 0
    try:
        call_command("import_products", file=file, **options, stdout=stdout, stderr=stderr)
    except CommandError as error:
        code = error.returncode
        stderr.write(str(error))
    return CommandResult(code or 0, stdout.getvalue().splitlines(), stderr.getvalue().splitlines())


def import_rows(folder: Path, *rows: Any) -> CommandResult:
    """Write rows and import them."""
    return run_import(write_file(folder, list(rows)))


def import_csv(folder: Path, text: str | bytes, **options: Any) -> CommandResult:
    """Write a CSV file and import it."""
    file = folder / "shop" / "products.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return run_import(file, **options)


def dump_shop() -> list[Any]:
    """Return all rows of the catalog's tables and the stored files, for comparison."""
    rows: list[Any] = [list(model._default_manager.order_by("pk").values()) for model in TABLES]
    return [*rows, list_stored_files()]


def list_stored_files() -> list[Path]:
    """Return the files in the media folder."""
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
