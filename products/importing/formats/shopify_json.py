"""Shopify's products.json: what a shop front publishes, and what the admin API answers.

https://shopify.dev/docs/api/admin-rest/latest/resources/product
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from products.importing.flags import is_set
from products.importing.formats.lines import NOT_SHIPPED
from products.importing.formats.shopify_csv import CONTINUE, GIFT_CARD_NOTE, MADE_UP, NOT_TRACKED, SELLS_ON
from products.importing.raw_rows import RawRow
from products.importing.skus import make_sku

TITLE = "a Shopify products.json"
READ = frozenset(
    (
        *("handle", "title", "body_html", "product_type", "status", "published_at", "images", "image", "options", "variants", "id"),
        *("variants.id", "variants.title", "variants.sku", "variants.price", "variants.compare_at_price", "variants.available"),
        *("variants.inventory_quantity", "variants.inventory_policy", "variants.inventory_management", "variants.featured_image"),
        *(
            "variants.option1",
            "variants.option2",
            "variants.option3",
            "variants.image_id",
            "variants.position",
            "variants.requires_shipping",
            "variants.grams",
            "variants.weight",
            "variants.weight_unit",
        ),
    )
)


def recognise(values: Any) -> bool:
    """Return whether a row is a product of Shopify."""
    return (
        isinstance(values, dict)
        and isinstance(values.get("handle"), str)
        and isinstance(values.get("variants"), list)
        and ("body_html" in values or isinstance(values.get("options"), list))
    )


def convert(row: RawRow) -> RawRow:
    """Return the row in the shop's JSON form; one that is no product of Shopify stays as it is."""
    if row.problem or not recognise(row.values):
        return row
    product, notes = row.values, list(row.notes)
    names = [option.get("name") if isinstance(option, dict) else option for option in _get_list(product, "options")]
    images = [image for image in _get_list(product, "images") if isinstance(image, dict)]
    sources = {image["id"]: image.get("src") for image in images if isinstance(image.get("id"), int | str)}
    variants = [
        _convert_variant(product, variant, names, sources, notes) if isinstance(variant, dict) else variant
        for variant in product["variants"]
    ]
    values = {"name": product.get("title"), "variants": variants}
    values |= {
        ours: product[theirs] for theirs, ours in (("body_html", "description"), ("product_type", "category")) if theirs in product
    }
    if isinstance(product.get("images"), list):
        values["images"] = [
            {"src": image.get("src"), "alt": image.get("alt") or None} if isinstance(image, dict) else image
            for image in product["images"]
        ]
    if "status" in product:
        values["status"] = product["status"]
    if "published_at" in product:
        values["published"] = product["published_at"] is not None
    if is_set(str(product.get("gift_card", ""))):
        values["is_active"] = False
        notes.append(GIFT_CARD_NOTE)
    return replace(row, values=values, notes=tuple(notes))


def _get_list(values: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of the product; an empty one if there is none."""
    return values[name] if isinstance(values.get(name), list) else []


def _convert_variant(
    product: Mapping[str, Any], variant: Mapping[str, Any], names: list[Any], sources: Mapping[Any, Any], notes: list[str]
) -> dict[str, Any]:
    options = {}
    for number, name in enumerate(names, start=1):
        value = variant.get(f"option{number}")
        if isinstance(name, str) and isinstance(value, str) and (name, value) != ("Title", "Default Title"):
            options[name] = value
    converted: dict[str, Any] = {"sku": variant.get("sku"), "name": " / ".join(options.values()), "options": options}
    if not converted["sku"]:
        converted["sku"] = make_sku(str(product["handle"]), options.values())
        notes.append(MADE_UP)
    converted |= {
        name: variant[name] for name in ("price", "compare_at_price", "grams", "weight", "weight_unit") if name in variant
    }
    if "inventory_quantity" in variant:
        is_counted = variant.get("inventory_management", True) is not None
        converted["stock"] = variant["inventory_quantity"] if is_counted else None
        notes += [] if is_counted else [NOT_TRACKED]
    elif isinstance(variant.get("available"), bool):
        converted["in_stock"] = variant["available"]
    if variant.get("inventory_policy") == CONTINUE:
        notes.append(SELLS_ON)
    if variant.get("requires_shipping") is False and not is_set(str(product.get("gift_card", ""))):
        notes.append(NOT_SHIPPED)
    featured, image_id = variant.get("featured_image"), variant.get("image_id")
    source = sources.get(image_id) if isinstance(image_id, int | str) else None
    image = source or (featured.get("src") if isinstance(featured, dict) else None)
    return {**converted, **({"image": image} if isinstance(image, str) else {})}
