"""Pages for the options of a product: new names for them, and a picture for each of their values."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.admin import apply_widgets, get_staff_actor
from core.exceptions import DomainError
from products.admin.picture_forms import ThumbnailSelect, describe_picture
from products.admin.subpages import ProductSubpages
from products.models import MAX_OPTION, Product
from products.services import option_changes
from products.services.option_changes import PictureOfValue
from products.services.options import list_option_names

CHANGED = "The options have changed since you opened the page. Nothing was saved: check them and choose again."


class OptionsForm(forms.Form):
    """A form whose fields are numbered as the options of a product were when the page was opened."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, options: list[Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["shown"] = sha256(repr(options).encode()).hexdigest()

    def is_outdated(self) -> bool:
        """Return whether the page was opened with other options: its numbers mean others by now."""
        return self.is_bound and self["shown"].data != self.initial["shown"]


class RenameOptionsForm(OptionsForm):
    """A field for each option of a product."""

    def __init__(self, names: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(names, *args, **kwargs)
        self.names = names
        for number, name in enumerate(names):
            self.fields[f"option_{number}"] = forms.CharField(
                label=name, initial=name, required=False, max_length=MAX_OPTION, help_text="empty: all variants lose the option"
            )
        apply_widgets(self.fields)

    def get_names(self) -> dict[str, str]:
        """Return the new names by the old ones."""
        return {name: self.cleaned_data[f"option_{number}"] for number, name in enumerate(self.names)}


class PicturesByOptionForm(OptionsForm):
    """A choice among the product's pictures for each option value; the empty choice changes nothing."""

    def __init__(self, product: Product, *args: Any, **kwargs: Any) -> None:
        pictures = list(product.images.all())
        variants = list(product.variants.filter(deleted_at=None))
        image_ids: dict[tuple[str, str], set[int | None]] = {}
        for name in list_option_names(variants):
            for variant in variants:
                if name in variant.options:
                    image_ids.setdefault((name, variant.options[name]), set()).add(variant.image_id)
        super().__init__([(option, sorted(map(str, shared))) for option, shared in image_ids.items()], *args, **kwargs)
        self.values = list(image_ids)
        choices = [("", "As it is"), *((image.pk, describe_picture(image)) for image in pictures)]
        for number, (option, shared) in enumerate(image_ids.items()):
            label = ": ".join(option)
            field = forms.TypedChoiceField(choices=choices, coerce=int, empty_value=None, required=False, label=label)
            field.widget = ThumbnailSelect(pictures, f"Picture of {label}", shows_primary=False)
            field.widget.choices = choices
            field.initial = next(iter(shared)) if len(shared) == 1 else None
            self.fields[f"value_{number}"] = field

    def list_pictures(self) -> list[PictureOfValue]:
        """Return the chosen pictures that differ from what the page showed."""
        chosen = ((option, f"value_{number}") for number, option in enumerate(self.values))
        return [
            PictureOfValue(*option, self.cleaned_data[name])
            for option, name in chosen
            if name in self.changed_data and self.cleaned_data[name] is not None
        ]


class OptionPages(ProductSubpages):
    """New names for options, and a picture for each of their values."""

    def may_combine(self, request: HttpRequest) -> bool:
        """Return whether the user may add and change the variants of products."""
        return self.has_change_permission(request) and request.user.has_perms(("products.add_variant", "products.change_variant"))

    def rename_options_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rename options of all variants, or remove them."""
        if not self.may_combine(request):
            raise PermissionDenied
        product = self.get_product(pk)
        names = list_option_names(product.variants.all())
        form = RenameOptionsForm(names, request.POST if request.method == "POST" else None)

        def rename() -> str:
            changed = option_changes.rename(get_staff_actor(request), pk, form.get_names())
            return "The options are renamed." if changed else "Nothing was changed."

        return self._answer(request, product, form, rename, "options.html", title=f"Rename options: {product.name}")

    def option_pictures_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose the picture of all variants with a value, such as all that are red."""
        if not self.may_combine(request):
            raise PermissionDenied
        product = self.get_product(pk)
        form = PicturesByOptionForm(product, request.POST if request.method == "POST" else None)

        def assign() -> str:
            count = option_changes.assign_pictures(get_staff_actor(request), pk, form.list_pictures())
            return f"{count} variant{'' if count == 1 else 's'} changed."

        return self._answer(request, product, form, assign, "option_pictures.html", title=f"Pictures by option: {product.name}")

    def _answer(
        self, request: HttpRequest, product: Product, form: OptionsForm, act: Callable[[], str], template: str, *, title: str
    ) -> HttpResponse:
        """Show the form. If it is valid, do what it says and lead back to the product with the message that `act` returns."""
        if form.is_outdated():
            self.message_user(request, CHANGED, messages.WARNING)
            return redirect(request.get_full_path())
        if form.is_valid():
            try:
                self.message_user(request, act(), messages.SUCCESS)
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                return redirect(self.build_product_url(request, product.pk))
        return self.render_subpage(request, product, template, title=title, form=form)
