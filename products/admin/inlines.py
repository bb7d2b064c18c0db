"""The variants and pictures on the page of a product."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from core import markets
from core.admin import TabularInline
from products.admin.display import render_thumbnail
from products.admin.picture_forms import ImageForm
from products.admin.variant_forms import VariantForm, VariantFormSet, build_variant_form
from products.media import images
from products.models import Product, ProductImage, Variant
from products.services.options import list_option_names


class VariantInline(TabularInline[Variant, Product]):
    """The product's variants: a row for each, a column for each option. Prices in other markets have a page of their own."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    readonly_fields = ("reserved",)
    extra = 0
    min_num = 1
    can_delete = False  # Django would refuse to delete rows that have a history; `remove` soft-deletes them
    hide_title = True

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """Return the columns. A product without options shows the names of its variants; with options, names are made of them."""
        options = [f"option_{number}" for number in range(len(_list_options(obj)))]
        has_pictures = obj is not None and len(obj.images.all()) > 0
        return (
            *(("image",) if has_pictures else ()),
            *(options or ["name"]),
            *("sku", "price", "on_hand", "reserved", "weight_grams", "position", "is_active"),
            *(("remove",) if _may_remove(request, obj) else ()),
        )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset with a field for each option."""
        form = build_variant_form(_list_options(obj), may_remove=_may_remove(request, obj))
        formset = super().get_formset(request, obj, form=form, **kwargs)
        if "price" in formset.form.base_fields:  # which it is not for staff who only view
            formset.form.base_fields["price"].label = f"Price ({markets.get_default_market().currency})"
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        """Return the variants that are not deleted."""
        return super().get_queryset(request).filter(deleted_at=None)


def _may_remove(request: HttpRequest, product: Product | None) -> bool:
    """Return whether the user may delete variants of an existing product."""
    return product is not None and request.user.has_perm("products.delete_variant")


def _list_options(product: Product | None) -> list[str]:
    """Return the names of the product's options; its variants are fetched with it."""
    return list_option_names(product.variants.all()) if product is not None and product.pk else []


class ImageInline(TabularInline[ProductImage, Product]):
    """The product's pictures; the one with the lowest position is the primary picture."""

    model = ProductImage
    form = ImageForm
    fields = ("preview", "upload", "alt", "position")
    readonly_fields = ("preview",)
    extra = 0
    max_num = images.MAX_IMAGES

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Limit the number of pictures."""
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    @admin.display(description="")
    def preview(self, image: ProductImage) -> str | SafeString:
        return render_thumbnail(image.list_name)
