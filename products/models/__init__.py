"""The catalog: categories, products, variants, prices, pictures and stock; and imports of the catalog by staff."""

from products.models.bulk_price_change import MAX_LINE_TEXT, BulkPriceChange, BulkPriceLine
from products.models.category import MAX_CATEGORY_DEPTH, MAX_CATEGORY_NAME, Category
from products.models.delivery import Delivery
from products.models.image import ProductImage, picture_path, primary_image, variant_image
from products.models.import_run import MAX_MAPPING, ImportCheckpoint, ImportChunk, ImportReportLine, ImportRun
from products.models.listing import Listing
from products.models.product import MAX_DESCRIPTION, MAX_NAME, Product
from products.models.search_document import SearchDocument, SearchVectors, SearchWord
from products.models.search_match import AnyMatch, AnyTermMatch, FirstMatch, PageMatch, RankedMatch, WholeTermMatch
from products.models.stock_movement import MAX_NOTE, MAX_REFERENCE, MAX_STOCK, StockMovement
from products.models.variant import (
    LOWEST_PRICE_WINDOW,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_SKU,
    MAX_VARIANTS,
    MAX_WEIGHT_GRAMS,
    MarketPrice,
    PriceChange,
    Variant,
)

__all__ = [
    "LOWEST_PRICE_WINDOW",
    "MAX_CATEGORY_DEPTH",
    "MAX_CATEGORY_NAME",
    "MAX_DESCRIPTION",
    "MAX_LINE_TEXT",
    "MAX_MAPPING",
    "MAX_NAME",
    "MAX_NOTE",
    "MAX_OPTION",
    "MAX_OPTIONS",
    "MAX_REFERENCE",
    "MAX_SKU",
    "MAX_STOCK",
    "MAX_VARIANTS",
    "MAX_WEIGHT_GRAMS",
    "AnyMatch",
    "AnyTermMatch",
    "BulkPriceChange",
    "BulkPriceLine",
    "Category",
    "Delivery",
    "FirstMatch",
    "ImportCheckpoint",
    "ImportChunk",
    "ImportReportLine",
    "ImportRun",
    "Listing",
    "MarketPrice",
    "PageMatch",
    "PriceChange",
    "Product",
    "ProductImage",
    "RankedMatch",
    "SearchDocument",
    "SearchVectors",
    "SearchWord",
    "StockMovement",
    "Variant",
    "WholeTermMatch",
    "picture_path",
    "primary_image",
    "variant_image",
]
