"""The errors that the catalog raises."""

from core.exceptions import Conflict, Forbidden, GatewayDown, GatewayRefused, Invalid, NotFound


class ProductNotFound(NotFound):
    """No such product is for sale in the market."""

    code = "product_not_found"
    default_message = "Product not found or unavailable"


class VariantNeeded(Invalid):
    """The product has several variants and none was specified."""

    code = "variant_required"
    default_message = "This product has several variants; choose one"


class OutOfStock(Conflict):
    """Fewer units are available than requested."""

    code = "out_of_stock"


class StockConflict(Conflict):
    """The change would lower the stock below the reserved units."""

    code = "stock_conflict"


class SkuTaken(Invalid):
    """Another variant already has this SKU."""

    code = "sku_taken"


class SlugTaken(Invalid):
    """Another product already has this slug."""

    code = "slug_taken"


class PriceNeeded(Invalid):
    """A variant must have a price in the default market."""

    code = "price_required"


class CategoryUnknown(Invalid):
    """No category matches, or several do."""

    code = "category_unknown"


class CategoryInUse(Conflict):
    """The category contains products or other categories."""

    code = "category_in_use"


class NotYours(Forbidden):
    """The product belongs to another seller."""

    code = "not_your_product"
    default_message = "This product belongs to another seller"


class DuplicateOptions(Invalid):
    """Two active variants of a product have the same options, so that a customer could not tell them apart."""

    code = "duplicate_options"


class LastVariant(Conflict):
    """A product's last variant cannot be deleted."""

    code = "last_variant"
    default_message = "A product must keep at least one variant; delete the product instead"


class TooManyVariants(Conflict):
    """The product already has the maximum number of variants."""

    code = "too_many_variants"


class VariantNotFound(NotFound):
    """The product has no such variant."""

    code = "variant_not_found"
    default_message = "Variant not found"


class ImageNotFound(NotFound):
    """The product has no such image."""

    code = "image_not_found"
    default_message = "Picture not found"


class BadPicture(Invalid):
    """The file is not an image that the shop accepts."""

    code = "bad_picture"


class TooManyPictures(Conflict):
    """The product already has the maximum number of images."""

    code = "too_many_pictures"


class MediaDown(GatewayDown):
    """The storage is unavailable."""

    code = "media_unavailable"
    default_message = "The picture could not be stored. Try again in a moment"


class MediaRefused(GatewayRefused):
    """The storage rejected the file or the shop's keys."""

    code = "media_refused"
