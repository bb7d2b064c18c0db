"""Export files for tests, and a shop with one of everything to export."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command

from products.models import Product, Variant
from products.tests.factories import add_picture, make_category, make_product, make_variant
from products.tests.import_file import CommandResult, run_import

ODD_TEXTS = (
    "<b>Bold</b> &amp; &lt;i&gt;",
    "=1+1",
    "'quoted'",
    "'=1+1",
    "''twice",
    "+49 123",
    "-10 %",
    "@home",
    "＝1+1",
    "＋49",
    "－10 %",
    "＠home",
    "'＝1",
    "&copy; <script>alert(1)</script>",
    "5 < 6 & 7 > 3",
    'with "quotes", commas; semicolons | bars',
    "नीला दीपक 青い灯 лампа 💡 \u202eabc",
    "[not json]",
    "group",
    "true",
    "007",
)


def run_export(file: Path, **options: Any) -> CommandResult:
    """Export the catalog to a file."""
    stdout, stderr, code = StringIO(), StringIO(), 0
    try:
        call_command("export_products", file=file, **options, stdout=stdout, stderr=stderr)
    except CommandError as error:
        code = error.returncode
        stderr.write(str(error))
    return CommandResult(code or 0, stdout.getvalue().splitlines(), stderr.getvalue().splitlines())


def export_rows(folder: Path) -> list[Any]:
    """Export the catalog as JSON and return the rows."""
    file = folder / "exported.json"
    assert run_export(file).code == 0
    rows: list[Any] = json.loads(file.read_text())
    return rows


def reimport(file: Path, **options: Any) -> CommandResult:
    """Import an exported file."""
    return run_import(file, **options)


def make_full_shop() -> None:
    """Make a catalog with one product of every kind."""
    lights = make_category("Lamps", "Home", "Lighting")
    plain = make_product("Plain", sku="PLAIN", price="20.00", stock=10, category=lights, description="First.\n\nSecond.")
    Product.objects.filter(pk=plain.pk).update(low_stock_threshold=2)
    Variant.objects.filter(pk__in=plain.variants.all()).update(weight_grams=1250)
    make_product("Abroad", sku="ABROAD", prices={"us": "3.50"}, category=make_category("Home"))
    tee = make_product(
        "Tee",
        variants=[
            make_variant(
                "TEE-S",
                name="S / Red",
                options={"Size": "S", "Colour": "Red"},
                price="899",
                compare_at="999",
                stock=2,
                weight_grams=0,
            ),
            make_variant("TEE-M", name="M", options={"Size": "M"}, price="949.50", prices={"us": "16"}, stock=3),
            make_variant("TEE-L", name="L", options={"Size": "L", "Fit of <b>it</b>": "=wide"}, price="950", stock=0),
            make_variant("TEE-OFF", name="Off", options={"Size": "X"}),
        ],
    )
    Variant.objects.filter(sku="TEE-OFF").update(is_active=False)
    Variant.objects.filter(sku="TEE-M").update(position=7)
    Variant.objects.filter(sku="TEE-L").update(position=40)
    make_product("One of a kind", variants=[make_variant("ONE", name="Blue", options={"Colour": "Blue"})])
    make_product("Reserved", sku="RESERVED", stock=10)
    Variant.objects.filter(sku="RESERVED").update(reserved=4)
    make_product("Off", sku="OFF", is_active=False)
    for number, text in enumerate(ODD_TEXTS):
        make_product(text, sku=f"ODD-{number}", description=f"{text}\n{text}" if number % 2 else text)
    add_picture(tee, position=3, alt="")
    add_picture(tee, position=9, alt='A <b>tee</b> | from behind, "folded"', colour="blue")
    add_picture(plain, position=1, alt="=1+1")
