"""What a client may send about products, checked, and as the drafts that the services take."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core import markets
from products.amounts import amount_of
from products.services.commands import NewProduct, ProductChange, VariantChange
from products.slugs import slug_for

MAX_STOCK = 1_000_000_000
COLUMNS = ("name", "description", "category", "low_stock_threshold", "is_active")


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class AmountField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A price in the default market."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount. Raises ValidationError."""
        return _amount(data, markets.default())

    def to_representation(self, value: Any) -> Any:
        """Show it as it came."""
        return value


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
        "description": "by the code of another market, such as us; null takes the product off sale there",
    }
)
class AmountsField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """Prices in other markets."""

    def to_internal_value(self, data: Any) -> dict[str, Decimal | None]:
        """Return the amounts by market. Raises ValidationError."""
        if not isinstance(data, dict):
            raise serializers.ValidationError('Must be an object like {"us": "9.99"}')
        others = {code: market for code, market in markets.table().items() if not market.is_default}
        unknown = [str(code) for code in data if code not in others]
        if unknown:
            raise serializers.ValidationError(f"{unknown[0][:20]!r} is none of the other markets: {', '.join(others)}")
        return {code: None if amount is None else _amount(amount, others[code]) for code, amount in data.items()}

    def to_representation(self, value: Any) -> Any:
        """Show it as it came."""
        return value


def _amount(given: Any, market: markets.Market) -> Decimal:
    try:
        return amount_of(given, market.currency)
    except ValueError as wrong:
        raise serializers.ValidationError(str(wrong)) from None


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]})
class CategoryField(serializers.Field):  # type: ignore[type-arg]  # not subscriptable at run time
    """A category's slug, id, path or name."""

    def to_internal_value(self, data: Any) -> str | None:
        """Return the name as text; which category it is, the services find out."""
        if isinstance(data, dict):  # as the answers show it
            data = data.get("slug")
        if isinstance(data, bool) or not isinstance(data, int | str) or len(str(data)) > 500 or "\x00" in str(data):
            raise serializers.ValidationError("Must be the slug, id or name of a category")
        return str(data).strip() or None

    def to_representation(self, value: Any) -> Any:
        """Show it as it came."""
        return value


class SkuField(serializers.CharField):
    """A SKU; an empty one is made by the shop."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=64, allow_blank=True, allow_null=True, required=False, **given)

    def to_internal_value(self, data: Any) -> str:
        """Return the SKU. Raises ValidationError."""
        text: str = super().to_internal_value(data)
        if not text.isprintable():
            raise serializers.ValidationError("Must be printable characters")
        return text


class Sellable(serializers.Serializer[Any]):
    """What a simple product and a variant have in common."""

    sku = SkuField()
    price = AmountField(required=False)
    compare_at_price = AmountField(required=False, allow_null=True)
    prices = AmountsField(required=False)
    compare_at_prices = AmountsField(required=False)
    stock = serializers.IntegerField(required=False, min_value=0, max_value=MAX_STOCK, help_text="units that can be bought")
    currency = serializers.CharField(required=False, help_text="of the prices; may be left out, and is the default market's")

    def validate_currency(self, currency: str) -> str:
        """Whoever sends back what he got in another market does not mean those amounts in this currency."""
        if currency != markets.default().currency:
            raise serializers.ValidationError(f"price is in {markets.default().currency}; amounts of other markets go into prices")
        return currency


class VariantInput(Sellable):
    """A variant."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    options = serializers.DictField(child=serializers.CharField(max_length=100), required=False)

    def validate_options(self, options: dict[str, str]) -> dict[str, str]:
        """Take no name that a database cannot hold."""
        if any("\x00" in name or len(name) > 100 for name in options):
            raise serializers.ValidationError("Names are at most 100 characters, without NUL")
        return options

    position = serializers.IntegerField(required=False, min_value=0, max_value=10_000)


class ListedVariantInput(VariantInput):
    """A variant in the list of all: matched by its id, else by its SKU."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class ProductInput(Sellable):
    """A product: a simple one with `price` and `stock`, or one with `variants`."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    category = CategoryField(required=False, allow_null=True)
    low_stock_threshold = serializers.IntegerField(required=False, min_value=0, max_value=MAX_STOCK)
    is_active = serializers.BooleanField(required=False)
    slug = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="empty: made anew from the name")
    variants = serializers.ListField(child=ListedVariantInput(), required=False, allow_empty=False, max_length=200)

    def validate_slug(self, slug: str) -> str:
        """Take no address that could be an id, a uuid or a route."""
        if slug and slug_for(slug, ()) != slug:
            raise serializers.ValidationError("Must be small letters, digits and dashes, not only digits")
        return slug

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A whole product has a price, or variants with one each."""
        if not self.partial and "price" not in attrs and "variants" not in attrs:
            raise serializers.ValidationError({"price": ["This field is required."]})
        for name in ("sku", "id"):
            named = [one[name] for one in attrs.get("variants", ()) if one.get(name)]
            if len(set(named)) != len(named):
                raise serializers.ValidationError({"variants": [f"The same {name} twice"]})
        return attrs


def variant_change(given: Mapping[str, Any]) -> VariantChange:
    """Return the checked fields of a variant as a draft."""
    default = markets.default().code
    columns = {name: given[name] for name in ("name", "options", "position") if name in given}
    if given.get("sku"):
        columns["sku"] = given["sku"]
    return VariantChange(
        columns=columns,
        amounts={**({default: given["price"]} if "price" in given else {}), **given.get("prices", {})},
        compare_ats={
            **({default: given["compare_at_price"]} if "compare_at_price" in given else {}),
            **given.get("compare_at_prices", {}),
        },
        available=given.get("stock"),
        id=given.get("id"),
    )


def new_product(given: Mapping[str, Any]) -> NewProduct:
    """Return the checked fields of a product that is to be made."""
    several = given.get("variants") or [{name: value for name, value in given.items() if name in Sellable().fields}]
    return NewProduct(
        **{name: given[name] for name in (*COLUMNS, "slug") if name in given and name != "category"},
        shelf=given.get("category"),
        variants=[variant_change(one).as_new() for one in several],
    )


def product_change(given: Mapping[str, Any], *, whole: bool) -> ProductChange:
    """Return the checked fields of a change. A `whole` one (PUT) empties text and category where they are not named.

    What the answers do not show (threshold, switch, other markets' prices), the SKU and the stock stay unless they are named.
    """
    columns = {"description": "", "category": None} if whole else {}
    columns |= {name: given[name] for name in COLUMNS if name in given}
    several = given.get("variants")
    simple = {name: value for name, value in given.items() if name in Sellable().fields}
    return ProductChange(
        columns=columns,
        slug=given.get("slug"),
        simple=VariantChange() if several else variant_change(simple),
        variants=[variant_change(one) for one in several] if several else None,
    )


class StockInput(serializers.Serializer[Any]):
    """A change of the units on hand."""

    sku_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    variant_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    delta = serializers.IntegerField(min_value=-MAX_STOCK, max_value=MAX_STOCK)
    reason = serializers.CharField(max_length=200, help_text="received, return, damage, correction, or your own words")
    reference = serializers.CharField(max_length=64, required=False, allow_blank=True, help_text="a delivery note's number")

    def validate_delta(self, delta: int) -> int:
        """A movement moves."""
        if delta == 0:
            raise serializers.ValidationError("Must not be 0")
        return delta


class CategoryInput(serializers.Serializer[Any]):
    """A category."""

    name = serializers.CharField(max_length=120)
    parent_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    position = serializers.IntegerField(required=False, min_value=0, max_value=10_000)


class ImageInput(serializers.Serializer[Any]):
    """A picture's place and its description."""

    alt = serializers.CharField(max_length=200, required=False, allow_blank=True)
    position = serializers.IntegerField(required=False, min_value=0, max_value=1000, help_text="0 is the primary picture")


class NewImageInput(ImageInput):
    """A picture: JPEG, PNG or WebP, at most 5 MB and 25 megapixels."""

    image = serializers.FileField()


class ImageChangeInput(ImageInput):
    """A picture's place and its description; `primary` puts it first."""

    primary = serializers.BooleanField(required=False)
