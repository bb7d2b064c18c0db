"""Request bodies of the product routes, and their conversion to the commands of the services."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core import markets
from core.http.fields import BoundedDictField, BoundedListField
from core.http.inputs import Input
from products.amounts import parse_amount
from products.models import (
    MAX_CATEGORY_NAME,
    MAX_DESCRIPTION,
    MAX_NAME,
    MAX_NOTE,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_REFERENCE,
    MAX_SKU,
    MAX_STOCK,
    MAX_VARIANTS,
    MAX_WEIGHT_GRAMS,
)
from products.services.commands import NewProduct, ProductChange, ProductColumns, VariantChange, VariantColumns, select_columns
from products.slugs import MAX_LENGTH, make_slug

MAX_POSITION = 10_000


@extend_schema_field({"type": "string", "description": "an amount like 19.99; a number is accepted too"})
class AmountField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A price in the default market."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount. Raises ValidationError."""
        return _parse_amount(data, markets.get_default_market())

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": ["string", "null"]},
        "description": "by the code of another market, such as us; null takes the product off sale there",
    }
)
class MarketAmountsField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """Prices in other markets."""

    def to_internal_value(self, data: Any) -> dict[str, Decimal | None]:
        """Return the amounts by market. Raises ValidationError."""
        if not isinstance(data, dict):
            raise serializers.ValidationError('Must be an object like {"us": "9.99"}')
        others = {code: market for code, market in markets.get_markets().items() if not market.is_default}
        unknown = next((str(code) for code in data if code not in others), None)
        if unknown is not None:
            raise serializers.ValidationError(f"{unknown[:20]!r} is not one of the other markets: {', '.join(others)}")
        return {code: None if amount is None else _parse_amount(amount, others[code]) for code, amount in data.items()}

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


def _parse_amount(value: Any, market: markets.Market) -> Decimal:
    try:
        return parse_amount(value, market.currency)
    except ValueError as error:
        raise serializers.ValidationError(str(error)) from None


@extend_schema_field({"type": "string", "description": "slug, id, name or path (Home > Lighting) of a category"})
class CategoryField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A category's slug, id, path or name."""

    def to_internal_value(self, data: Any) -> str | None:
        """Return the reference as text, for the services to resolve. Raises ValidationError."""
        if isinstance(data, dict):  # as responses represent it
            data = data.get("slug")
        if isinstance(data, bool) or not isinstance(data, int | str) or len(str(data)) > 500 or "\x00" in str(data):
            raise serializers.ValidationError("Must be the slug, id or name of a category")
        return str(data).strip() or None

    def to_representation(self, value: Any) -> Any:
        """Return the value unchanged."""
        return value


class SkuField(serializers.CharField):
    """A SKU; if it is empty, the shop generates one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_SKU, allow_blank=True, allow_null=True, required=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the SKU. Raises ValidationError."""
        text: str = super().to_internal_value(data)
        if not text.isprintable():
            raise serializers.ValidationError("Must be printable characters")
        return text


class SellableInput(Input):
    """The fields that a simple product and a variant share."""

    sku = SkuField()
    price = AmountField(required=False)
    compare_at_price = AmountField(required=False, allow_null=True)
    prices = MarketAmountsField(required=False)
    compare_at_prices = MarketAmountsField(required=False)
    stock = serializers.IntegerField(required=False, min_value=0, max_value=MAX_STOCK, help_text="units that can be bought")
    weight_grams = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=MAX_WEIGHT_GRAMS, help_text="with packaging"
    )
    currency = serializers.CharField(required=False, help_text="of the prices; optional, must be the default market's")

    def validate_currency(self, currency: str) -> str:
        """Refuse the body of a response in another market, whose amounts are in another currency."""
        default_currency = markets.get_default_market().currency
        if currency != default_currency:
            raise serializers.ValidationError(f"price is in {default_currency}; use prices for other markets")
        return currency


class VariantInput(SellableInput):
    """A variant."""

    unused = frozenset({"lowest_price_30_days"})  # clients send back what they got
    hints = dict.fromkeys(("image", "images"), "Name one of the product's images in image_id")

    name = serializers.CharField(max_length=MAX_NAME, required=False, allow_blank=True)
    options = BoundedDictField(
        child=serializers.CharField(max_length=MAX_OPTION), max_length=MAX_OPTIONS, max_key_length=MAX_OPTION, required=False
    )
    image_id = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1, help_text="one of the product's images"
    )
    position = serializers.IntegerField(required=False, min_value=0, max_value=MAX_POSITION)


class ListedVariantInput(VariantInput):
    """A variant in a product's full list, matched by its id, else by its SKU."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ProductInput(SellableInput):
    """A product: a simple one with `price` and `stock`, or one with `variants`."""

    hints = {
        **dict.fromkeys(("images", "image", "primary_image"), "Add images with POST /api/products/<id>/images/"),
        "is_available": "Take a product off sale with is_active",
        **dict.fromkeys(("category_id", "category_name"), "Name the category by its slug, id or name in category"),
        **{f"variants.{key}": hint for key, hint in VariantInput.hints.items()},
    }

    name = serializers.CharField(max_length=MAX_NAME)
    description = serializers.CharField(max_length=MAX_DESCRIPTION, required=False, allow_blank=True)
    category = CategoryField(required=False, allow_null=True)
    low_stock_threshold = serializers.IntegerField(required=False, min_value=0, max_value=MAX_STOCK)
    is_active = serializers.BooleanField(required=False)
    slug = serializers.CharField(
        max_length=MAX_LENGTH["product"], required=False, allow_blank=True, help_text="empty: generated from the name"
    )
    variants = BoundedListField(child=ListedVariantInput(), required=False, allow_empty=False, max_length=MAX_VARIANTS)

    def validate_slug(self, slug: str) -> str:
        """Refuse slugs that could be mistaken for an id, a uuid or a route."""
        if slug and make_slug(slug, ()) != slug:
            raise serializers.ValidationError("Must be lowercase letters, digits and hyphens, and not only digits")
        return slug

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require a price or variants unless the update is partial, and refuse duplicates among the variants."""
        if not self.partial and "price" not in attrs and "variants" not in attrs:
            raise serializers.ValidationError({"price": ["This field is required."]})
        for name in ("sku", "id"):
            values = [variant[name] for variant in attrs.get("variants", ()) if variant.get(name)]
            if len(set(values)) != len(values):
                raise serializers.ValidationError({"variants": [f"The same {name} appears twice"]})
        return attrs


def build_variant_change(fields: Mapping[str, Any]) -> VariantChange:
    """Return the command for a variant's validated fields."""
    default = markets.get_default_market().code
    columns = select_columns(VariantColumns, fields)
    if not columns.get("sku"):
        columns.pop("sku", None)
    return VariantChange(
        columns=columns,
        amounts={**({default: fields["price"]} if "price" in fields else {}), **fields.get("prices", {})},
        compare_ats={
            **({default: fields["compare_at_price"]} if "compare_at_price" in fields else {}),
            **fields.get("compare_at_prices", {}),
        },
        available=fields.get("stock"),
        id=fields.get("id"),
    )


def build_new_product(fields: Mapping[str, Any], *, may_create_category: bool) -> NewProduct:
    """Return the command that creates a product from validated fields."""
    variants = fields.get("variants") or [{name: value for name, value in fields.items() if name in SellableInput().fields}]
    return NewProduct(
        **{name: fields[name] for name in (*ProductColumns.__annotations__, "slug") if name in fields},
        category_ref=fields.get("category"),
        may_create_category=may_create_category,
        variants=[build_variant_change(variant).to_new_variant() for variant in variants],
    )


def build_product_change(fields: Mapping[str, Any], *, is_replacement: bool, may_create_category: bool) -> ProductChange:
    """Return the command that changes a product's validated fields; a replacement (PUT) clears a missing description or category.

    A PUT keeps missing fields that responses do not include (threshold, is_active, other markets' prices), the SKU, the stock and
    the weight.
    """
    cleared: dict[str, Any] = {"description": "", "category": None} if is_replacement else {}
    fields = {**cleared, **fields}
    variants = fields.get("variants")
    simple = {name: value for name, value in fields.items() if name in SellableInput().fields}
    return ProductChange(
        columns=select_columns(ProductColumns, fields),
        category_ref=(fields["category"] or "") if "category" in fields else None,
        may_create_category=may_create_category,
        slug=fields.get("slug"),
        simple_variant=VariantChange() if variants else build_variant_change(simple),
        variants=[build_variant_change(variant) for variant in variants] if variants else None,
    )


class StockInput(Input):
    """A stock adjustment."""

    aliases = {"variant_id": "sku_id"}

    sku_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    delta = serializers.IntegerField(min_value=-MAX_STOCK, max_value=MAX_STOCK)
    reason = serializers.CharField(max_length=MAX_NOTE, help_text="received, return, damage, correction, or free text")
    reference = serializers.CharField(
        max_length=MAX_REFERENCE, required=False, allow_blank=True, help_text="a delivery note's number"
    )

    def validate_delta(self, delta: int) -> int:
        """Refuse a change by zero."""
        if delta == 0:
            raise serializers.ValidationError("Must not be 0")
        return delta


class CategoryInput(Input):
    """A category."""

    hints = dict.fromkeys(("parent", "children"), "Name the category above in parent_id")

    name = serializers.CharField(max_length=MAX_CATEGORY_NAME)
    parent_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    position = serializers.IntegerField(required=False, min_value=0, max_value=MAX_POSITION)


class ImageInput(Input):
    """An image's position and description."""

    alt = serializers.CharField(max_length=200, required=False, allow_blank=True)
    position = serializers.IntegerField(required=False, min_value=0, max_value=1000, help_text="0 is the primary image")


class NewImageInput(ImageInput):
    """An image: JPEG, PNG or WebP, at most 5 MB and 12.5 megapixels (a JPEG: 25)."""

    image = serializers.FileField()


class ImageChangeInput(ImageInput):
    """An image's position and description; `primary` puts it first."""

    primary = serializers.BooleanField(required=False)
