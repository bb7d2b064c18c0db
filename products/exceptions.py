"""What can be refused about a product."""

from core.exceptions import Conflict, Forbidden, GatewayDown, GatewayRefused, Invalid, NotFound


class ProductNotFound(NotFound):
    """No such product is for sale in this market."""

    code = "product_not_found"
    default_message = "Product not found or unavailable"


class VariantNeeded(Invalid):
    """The product has several variants and none was named."""

    code = "variant_required"
    default_message = "This product has several variants; name one"


class OutOfStock(Conflict):
    """Fewer units are left than asked for."""

    code = "out_of_stock"


class StockConflict(Conflict):
    """The stock cannot change like this: it would fall below what is promised."""

    code = "stock_conflict"


class SkuTaken(Invalid):
    """Another variant has this SKU."""

    code = "sku_taken"


class SlugTaken(Invalid):
    """Another product has this address."""

    code = "slug_taken"


class PriceNeeded(Invalid):
    """A variant has a price in the default market, always."""

    code = "price_required"


class CategoryUnknown(Invalid):
    """No category is called so, or several are."""

    code = "category_unknown"


class CategoryInUse(Conflict):
    """Products or other categories stand in it."""

    code = "category_in_use"


class NotYours(Forbidden):
    """The product is another seller's."""

    code = "not_your_product"
    default_message = "This product belongs to another seller"


class LastVariant(Conflict):
    """A product keeps at least one variant."""

    code = "last_variant"
    default_message = "A product keeps at least one variant; delete the product instead"


class TooManyVariants(Conflict):
    """The product has as many variants as it may."""

    code = "too_many_variants"


class VariantNotFound(NotFound):
    """The product has no such variant."""

    code = "variant_not_found"
    default_message = "Variant not found"


class ImageNotFound(NotFound):
    """The product has no such picture."""

    code = "image_not_found"
    default_message = "Picture not found"


class BadPicture(Invalid):
    """The file is no picture that the shop takes."""

    code = "bad_picture"


class TooManyPictures(Conflict):
    """The product has as many pictures as it may."""

    code = "too_many_pictures"


class MediaDown(GatewayDown):
    """The picture host did not take the file."""

    code = "media_unavailable"
    default_message = "The picture could not be stored. Try again in a moment"


class MediaRefused(GatewayRefused):
    """The picture host says that the file or the shop's keys are wrong."""

    code = "media_refused"
