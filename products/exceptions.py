"""The errors that the catalog raises."""

from core.exceptions import Conflict, Forbidden, GatewayDown, GatewayRefused, Invalid, NotFound


class ProductNotFound(NotFound):
    """No such product is for sale in the market."""

    code = "product_not_found"
    default_message = "Product not found or unavailable"
    client_action = "Treat the product as no longer sold."


class VariantNeeded(Invalid):
    """The product has several variants and none was specified."""

    code = "variant_required"
    default_message = "This product has several variants; choose one"
    client_action = "Let the user choose a variant and send its id as `sku_id`."


class OutOfStock(Conflict):
    """Fewer units are available than requested."""

    code = "out_of_stock"
    client_action = "Show how many are left and offer that quantity."


class StockConflict(Conflict):
    """The change would lower the stock below the reserved units."""

    code = "stock_conflict"
    client_action = "Reload the product: open orders have reserved some of the units."


class SkuTaken(Invalid):
    """Another variant already has this SKU."""

    code = "sku_taken"
    client_action = "Choose another SKU."


class SlugTaken(Invalid):
    """Another product already has this slug."""

    code = "slug_taken"
    client_action = "Choose another slug, or leave it out."


class PriceNeeded(Invalid):
    """A variant must have a price in the default market."""

    code = "price_required"
    client_action = "Send a price for the default market."


class CategoryUnknown(Invalid):
    """No category matches, or several do."""

    code = "category_unknown"
    client_action = "Name an existing category by its slug or id."


class CategoryInUse(Conflict):
    """The category contains products or other categories."""

    code = "category_in_use"
    client_action = "Move or delete its products and categories first."


class NotYours(Forbidden):
    """The product belongs to another seller."""

    code = "not_your_product"
    default_message = "This product belongs to another seller"
    client_action = "Do not offer changes of this product."


class DuplicateOptions(Invalid):
    """Two active variants of a product have the same options, so that a customer could not tell them apart."""

    code = "duplicate_options"
    client_action = "Give each variant its own options."


class LastVariant(Conflict):
    """A product's last variant cannot be deleted."""

    code = "last_variant"
    default_message = "A product must keep at least one variant; delete the product instead"
    client_action = "Delete the product instead."


class TooManyVariants(Conflict):
    """The product already has the maximum number of variants."""

    code = "too_many_variants"
    client_action = "Delete a variant first, or split the product."


class VariantNotFound(NotFound):
    """The product has no such variant."""

    code = "variant_not_found"
    default_message = "Variant not found"
    client_action = "Reload the product."


class ImageNotFound(NotFound):
    """The product has no such image."""

    code = "image_not_found"
    default_message = "Picture not found"
    client_action = "Reload the product."


class BadPicture(Invalid):
    """The file is not an image that the shop accepts."""

    code = "bad_picture"
    client_action = "Send a JPEG, PNG or WebP file within the limits."


class TooManyPictures(Conflict):
    """The product already has the maximum number of images."""

    code = "too_many_pictures"
    client_action = "Delete a picture first."


class MediaDown(GatewayDown):
    """The storage is unavailable."""

    code = "media_unavailable"
    default_message = "The picture could not be stored. Try again in a moment"
    client_action = "Repeat the upload after `Retry-After` seconds."


class MediaRefused(GatewayRefused):
    """The storage rejected the file or the shop's keys."""

    code = "media_refused"
    client_action = "Try another file; if that fails too, the shop has to check its settings."
