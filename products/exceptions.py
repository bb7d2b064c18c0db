"""What can be refused about a product."""

from store.core.exceptions import Conflict, Invalid, NotFound


class ProductNotFound(NotFound):
    """No such product is for sale in this market."""

    code = "product_not_found"
    words = "Product not found or unavailable"


class VariantNeeded(Invalid):
    """The product has several variants and none was named."""

    code = "variant_required"
    words = "This product has several variants; name one"


class OutOfStock(Conflict):
    """Fewer units are left than asked for."""

    code = "out_of_stock"


class StockConflict(Conflict):
    """The stock cannot change like this: it would fall below what is promised."""

    code = "stock_conflict"


class SkuTaken(Invalid):
    """Another variant has this SKU."""

    code = "sku_taken"
