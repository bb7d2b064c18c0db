"""Import files for tests."""

import json
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management import CommandError, call_command

from products.models import Category, Listing, MarketPrice, PriceChange, Product, ProductImage, SearchWord, StockMovement, Variant

TABLES = (Category, Product, Variant, MarketPrice, Listing, ProductImage, StockMovement, PriceChange, SearchWord)


class Ran(NamedTuple):
    """What an import said, line by line, and the exit code it ends with."""

    code: int
    said: list[str]
    complaints: list[str]


def row(code: str = "LMP-1", **given: Any) -> dict[str, Any]:
    """Return a row that can be imported; `code` is its SKU."""
    return {"sku": code, "name": f"Lamp {code}", "category": "Home > Lighting", "price": "20.00", "stock": 10, **given}


def write(folder: Path, rows: Any) -> Path:
    """Write an import file into a folder of its own, and return it."""
    file = folder / "shop" / "products.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(rows if isinstance(rows, str) else json.dumps(rows))
    return file


def run(file: Path, **options: Any) -> Ran:
    """Import a file."""
    said, complaints, code = StringIO(), StringIO(), 0
    try:
        call_command("import_products", file=file, **options, stdout=said, stderr=complaints)
    except CommandError as refused:
        code = refused.returncode
        complaints.write(str(refused))
    return Ran(code or 0, said.getvalue().splitlines(), complaints.getvalue().splitlines())


def load(folder: Path, *rows: Any) -> Ran:
    """Write rows and import them."""
    return run(write(folder, list(rows)))


def load_csv(folder: Path, text: str | bytes, **options: Any) -> Ran:
    """Write a CSV file and import it."""
    file = folder / "shop" / "products.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return run(file, **options)


def shop() -> list[Any]:
    """Return everything that the shop knows of its products: all rows of all tables, and the stored files."""
    rows: list[Any] = [list(model._default_manager.order_by("pk").values()) for model in TABLES]
    return [*rows, stored()]


def stored() -> list[Path]:
    """Return the files in the media folder."""
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
