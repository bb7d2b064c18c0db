"""The list of products, a search, and the page of a product."""

import re
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.files.storage import default_storage
from django.db.models import Case, F, OuterRef, Prefetch, QuerySet, Subquery, Sum, When
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, pagination, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import markets
from products.models import LOWEST_PRICE_WINDOW, Category, Listing, PriceChange, ProductImage, SearchVectors, Variant

MARKET = markets.get_default_market()
CURRENCY = MARKET.currency


class AmountField(serializers.DecimalField):
    """An amount with the currency's digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=MARKET.exponent, **kwargs)


def envelope(data: Any, message: str = "OK", *, status: int = 200, **extra: Any) -> Response:
    """Return a response with the shop's keys."""
    return Response({"success": True, "status": status, "message": message, "data": data, "warnings": [], **extra}, status=status)


def get_seller_name(seller: Any) -> str:
    """Return the public name of a seller, or of the shop."""
    return settings.SHOP_NAME if seller is None else f"{seller.first_name} {seller.last_name}".strip() or f"user-{seller.pk}"


class PictureField(serializers.Field[Any, Any, str | None, Any]):
    """The absolute URL of the thumbnail of the first of the prefetched pictures."""

    def to_representation(self, value: Any) -> str | None:
        """Return the URL."""
        picture = next(iter(value.all()), None)
        return None if picture is None else self.context["request"].build_absolute_uri(default_storage.url(picture.list_name))


class CategorySerializer(serializers.ModelSerializer[Category]):
    """The category of a product."""

    class Meta:
        model = Category
        fields = ["id", "name", "slug"]


class ProductSummarySerializer(serializers.ModelSerializer[Listing]):
    """A product in a list."""

    id = serializers.IntegerField(source="product_id")
    uuid = serializers.UUIDField(source="product.uuid")
    name = serializers.CharField(source="product.name")
    slug = serializers.CharField(source="product.slug")
    price = AmountField()
    compare_at_price = AmountField()
    currency = serializers.ReadOnlyField(default=CURRENCY)
    stock = serializers.IntegerField()
    is_available = serializers.ReadOnlyField(default=True)
    is_low_stock = serializers.SerializerMethodField()
    category = CategorySerializer()
    primary_image = PictureField(source="product.images")
    seller_name = serializers.SerializerMethodField()
    sku_id = serializers.IntegerField(source="variant_id")

    class Meta:
        model = Listing
        fields = [
            *("id", "uuid", "name", "slug", "price", "compare_at_price", "currency", "stock", "is_available", "is_low_stock"),
            *("category", "primary_image", "seller_name", "sku_id", "variants_count", "created_at"),
        ]

    def get_is_low_stock(self, listing: Listing) -> bool:
        """Return whether few units are left."""
        return listing.stock <= listing.product.low_stock_threshold  # type: ignore[attr-defined,no-any-return]  # annotated

    def get_seller_name(self, listing: Listing) -> str:
        """Return the seller's name."""
        return get_seller_name(listing.product.seller)


class ImageSerializer(serializers.ModelSerializer[ProductImage]):
    """A picture."""

    url = serializers.SerializerMethodField()
    thumbnail = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ["id", "url", "alt", "width", "height", "thumbnail"]

    def get_url(self, image: ProductImage) -> str:
        """Return the absolute URL."""
        return str(self.context["request"].build_absolute_uri(image.image.url))

    def get_thumbnail(self, image: ProductImage) -> str:
        """Return the absolute URL of the thumbnail."""
        return str(self.context["request"].build_absolute_uri(default_storage.url(image.list_name)))


def format_lowest_price(variant: Variant) -> str:
    """Return the lowest price of the 30 days before the last change if that was recent, else the price."""
    lowest: Decimal | None = variant.lowest_before  # type: ignore[attr-defined]  # annotated
    return f"{variant.price if lowest is None else lowest:.{MARKET.exponent}f}"


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """A variant of a product."""

    price = AmountField()
    compare_at_price = AmountField()
    currency = serializers.ReadOnlyField(default=CURRENCY)
    stock = serializers.IntegerField(source="available")
    lowest_price_30_days = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields = [
            *("id", "sku", "name", "options", "image_id", "price", "compare_at_price", "currency", "stock"),
            *("weight_grams", "lowest_price_30_days"),
        ]

    def get_lowest_price_30_days(self, variant: Variant) -> str:
        """Return the lowest price."""
        return format_lowest_price(variant)


class ProductSerializer(ProductSummarySerializer):
    """The page of a product."""

    description = serializers.CharField(source="product.description")
    lowest_price_30_days = serializers.SerializerMethodField()
    images = ImageSerializer(source="product.images", many=True)
    variants = VariantSerializer(source="product.variants", many=True)

    class Meta(ProductSummarySerializer.Meta):
        fields = [*ProductSummarySerializer.Meta.fields, "description", "lowest_price_30_days", "images", "variants"]

    def get_lowest_price_30_days(self, listing: Listing) -> str:
        """Return that of the cheapest variant."""
        return format_lowest_price(min(listing.product.variants.all(), key=attrgetter("price")))


def select_listings() -> QuerySet[Listing]:
    """Return the products for sale with what a list shows."""
    active = Variant.objects.filter(product=OuterRef("product_id"), is_active=True, deleted_at=None).order_by()
    stock = active.values("product").annotate(left=Sum(F("stock") - F("reserved"))).values("left")
    listings = Listing.objects.filter(market=MARKET.code).annotate(stock=Subquery(stock))
    return listings.select_related("product__seller", "category").prefetch_related("product__images")


class Pages(pagination.CursorPagination):
    """Pages of a list, in the shop's envelope."""

    page_size = 24
    ordering = ("-created_at", "-product_id")

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the ordering: by relevance for a search, else the newest first."""
        return ("-rank", "-product_id") if request.query_params.get("search") else self.ordering

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page."""
        links = {"next": self.get_next_link(), "previous": self.get_previous_link(), "page_size": self.page_size}
        return envelope(data, pagination=links)


class ProductListView(generics.ListAPIView[Listing]):
    """The products for sale, or those whose names have all words of a search."""

    serializer_class = ProductSummarySerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Listing]:
        """Return the products."""
        words = re.findall(r"\w+", self.request.query_params.get("search", "").lower())
        if not words:
            return select_listings()
        # In the shop's full-text index, the words of names begin with an n.
        query = SearchQuery(" & ".join(f"n{word}" for word in words), config="simple", search_type="raw")
        documents = SearchVectors.objects.filter(all_terms=query)
        rank = documents.filter(pk=OuterRef("product_id")).values(rank=SearchRank("all_terms", query))
        return select_listings().filter(product__in=documents.values("pk")).annotate(rank=Subquery(rank))


class ProductView(APIView):
    """The page of a product."""

    def get(self, request: Request, slug: str) -> Response:
        """Return the product."""
        changes = PriceChange.objects.filter(variant=OuterRef("pk"), market=MARKET.code).order_by("-id")
        recent = Case(When(created_at__gt=timezone.now() - LOWEST_PRICE_WINDOW, then=F("lowest_before")))
        variants = Variant.objects.filter(is_active=True, deleted_at=None).order_by("position", "id")
        variants = variants.annotate(lowest_before=Subquery(changes.values(lowest=recent)[:1]))
        listings = select_listings().prefetch_related(Prefetch("product__variants", variants))
        listing = get_object_or_404(listings, product__slug=slug)
        return envelope(ProductSerializer(listing, context={"request": request}).data)
