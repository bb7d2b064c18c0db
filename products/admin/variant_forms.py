"""The forms of a product and of its variants on the product's page."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core import markets, money
from core.characters import parse_whole_number
from core.exceptions import DomainError
from products.admin.edit_conflicts import RowEditMixin
from products.admin.picture_forms import HELP_TEXT, MultiplePicturesField, ThumbnailSelect, delete_stored, describe_picture
from products.amounts import validate_amount
from products.media import images
from products.models import MAX_OPTION, MAX_STOCK, MAX_WEIGHT_GRAMS, Product, ProductImage, Variant
from products.services import variants
from products.services.commands import VariantChange, VariantColumns, select_columns

INVALID_WEIGHT = dict.fromkeys(("invalid", "min_value", "max_value"), f"Enter whole grams, from 0 to {MAX_WEIGHT_GRAMS:,}")


class ProductForm(RowEditMixin, forms.ModelForm[Product]):
    """A product, and pictures to add to it."""

    new_pictures = MultiplePicturesField(
        label="Add pictures", required=False, help_text=f"{HELP_TEXT}. Select several at once; they come after the others."
    )

    def clean_new_pictures(self) -> list[images.StoredImage]:
        """Refuse more pictures than a product has room for."""
        stored: list[images.StoredImage] = self.cleaned_data["new_pictures"]
        if stored and self.instance.pk and self.instance.images.count() + len(stored) > images.MAX_IMAGES:
            delete_stored(stored)
            raise ValidationError(images.TOO_MANY)
        return stored

    @property
    def columns(self) -> list[str]:
        """The changed fields that are columns of the product."""
        return [name for name in self.changed_data if name != "new_pictures"]


class VariantForm(RowEditMixin, forms.ModelForm[Variant]):
    """A variant, with a field for each of the product's options. Its stock is saved as a movement.

    Initial values are submitted with the form, so that concurrent changes and sales are not overwritten.
    """

    option_names: tuple[str, ...] = ()
    merged_fields = frozenset(("on_hand",))

    on_hand = forms.IntegerField(min_value=0, max_value=MAX_STOCK, label="On hand", help_text="a change is recorded as a movement")

    class Meta:
        model = Variant
        fields = ("image", "sku", "name", "price", "weight_grams", "position", "is_active")
        labels = {"image": "Picture", "sku": "SKU", "weight_grams": "Weight (g)", "is_active": "Active"}
        help_texts = {"image": "", "price": "", "weight_grams": "with packaging"}
        error_messages = {"weight_grams": INVALID_WEIGHT}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on_hand"].initial = self.instance.stock
        for number, name in enumerate(self.option_names):
            self.initial[f"option_{number}"] = self.instance.options.get(name, "")
        if self.instance.pk:  # with the decimal places of the currency; the column has three
            self.initial["price"] = money.format_amount(self.instance.price, markets.get_default_market().currency)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean_price(self) -> Decimal:
        """Validate the price in the default market's currency."""
        try:
            return validate_amount(self.cleaned_data["price"], markets.get_default_market().currency)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean_on_hand(self) -> int:
        """Reject fewer units than open orders have reserved."""
        on_hand: int = self.cleaned_data["on_hand"]
        if self.instance.stock + on_hand - self.get_initial_on_hand() < self.instance.reserved:
            raise ValidationError(f"{self.instance.reserved} unit(s) are reserved by open orders")
        return on_hand

    def get_initial_on_hand(self) -> int:
        """Return the units on hand that the page showed when it was opened."""
        shown = parse_whole_number(str(self.data.get(self.add_initial_prefix("on_hand"), "")))
        return self.instance.stock if shown is None else shown

    def clean(self) -> dict[str, Any]:
        """Put the option values together; an empty one removes the option from the variant."""
        data = super().clean()
        options = dict(self.instance.options)
        for number, name in enumerate(self.option_names):
            if self.instance._state.adding or f"option_{number}" in self.changed_data:
                options[name] = data.get(f"option_{number}", "")
        data["options"] = {name: value for name, value in options.items() if value}
        return data

    def _post_clean(self) -> None:
        """Validate the model of rows that were changed. It costs some statements each, and a page has up to 200 rows."""
        if self.instance._state.adding or self.changed_data:
            super()._post_clean()  # type: ignore[misc]  # not in the stubs

    def build_variant_change(self) -> VariantChange:
        """Return the changed fields, or all fields of a new variant."""
        is_new = self.instance._state.adding
        names = set(self.fields if is_new else self.changed_data)
        if any(name.startswith("option_") for name in names):
            names.add("options")
        data = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if "image" in data:
            data["image_id"] = data["image"].pk if data["image"] is not None else None
        return VariantChange(
            columns=select_columns(VariantColumns, data),
            amounts={markets.get_default_market().code: data["price"]} if "price" in data else {},
        )

    def get_seen_columns(self) -> dict[str, Any]:
        """Return the values that the changed columns had when the form was checked."""
        seen = super().get_seen_columns()
        if any(name.startswith("option_") for name in self.changed_data):
            seen["options"] = self.loaded["options"]
        return seen


def build_variant_form(option_names: Sequence[str], *, may_remove: bool) -> type[VariantForm]:
    """Return the form of a variant with a field for each of these options, and perhaps one that deletes it."""
    fields: dict[str, Any] = {
        f"option_{number}": forms.CharField(label=name, max_length=MAX_OPTION, required=False)
        for number, name in enumerate(option_names)
    }
    if may_remove:
        fields["remove"] = forms.BooleanField(label="Delete", required=False)
    return type("VariantForm", (VariantForm,), {**fields, "option_names": tuple(option_names)})


class VariantFormSet(forms.models.BaseInlineFormSet[Variant, Product, forms.ModelForm[Variant]]):
    """The variants of a product, at least one of which is active; no two active ones have the same options."""

    def clean(self) -> None:
        """Require an active variant, and refuse active variants with the same options."""
        super().clean()
        if any(self.errors):
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("remove")]
        active = [data for data in kept if data.get("is_active")]
        if not active:
            raise ValidationError(variants.ACTIVE_NEEDED)
        try:
            variants.refuse_duplicate_options(fields.get("options", {}) for fields in active)
        except DomainError as error:
            raise ValidationError(error.message) from None

    def add_fields(self, form: Any, index: int | None) -> None:
        """Offer the product's own pictures, which are read once for all variants; do not read each variant again by its id."""
        super().add_fields(form, index)
        if form.instance.pk is not None:
            form.fields["id"] = forms.IntegerField(initial=form.instance.pk, required=False, widget=forms.HiddenInput)
        field = form.fields.get("image")
        if field is None:
            return
        field.queryset = ProductImage.objects.filter(product=self.instance.pk)
        field.widget = ThumbnailSelect(self.product_images, f"Picture of {form.instance.sku or 'the new variant'}")
        field.choices = [("", "The primary picture"), *((image.pk, describe_picture(image)) for image in self.product_images)]

    @cached_property
    def product_images(self) -> list[ProductImage]:
        """The pictures of the product, in order."""
        return list(self.instance.images.all()) if self.instance.pk else []
