"""Form fields and forms for pictures: uploads, also several at once, and the choice of a picture by its thumbnail."""

from collections.abc import Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.exceptions import DomainError
from core.limits import MAX_FILE
from products.admin.edit_conflicts import RowEditMixin
from products.media import images, processing, storage
from products.models import ProductImage

HELP_TEXT = f"JPEG, PNG or WebP, at most {MAX_FILE // 1024**2} MB"
ACCEPT = "image/jpeg,image/png,image/webp"


def _store(file: Any) -> images.StoredImage:
    """Validate, re-encode and store an uploaded file. Raises ValidationError."""
    try:
        return images.store_image(processing.prepare_image(file.read()))
    except DomainError as error:
        raise forms.ValidationError(error.message) from None


class MultiplePicturesWidget(UnfoldAdminFileFieldWidget):  # type: ignore[misc]  # Unfold has no type hints
    """A control that takes several files."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"multiple": True, "accept": ACCEPT})


class MultiplePicturesField(forms.FileField):
    """Several uploaded pictures. Its value is a list of stored images; a file that is refused is named, and none is kept."""

    widget = MultiplePicturesWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether there are files."""
        return bool(data)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Validate and store the files. Raises ValidationError."""
        files = [file for file in data or () if file]
        stored: list[images.StoredImage] = []
        errors: list[str] = []
        if len(files) > images.MAX_IMAGES:
            raise forms.ValidationError(images.TOO_MANY)
        for file in files:
            try:
                stored.append(_store(super().clean(file, initial)))
            except forms.ValidationError as error:
                errors += [f"{file.name}: {message}" for message in error.messages]
        if errors:
            delete_stored(stored)
            raise forms.ValidationError(errors)
        return stored


def delete_stored(stored: Sequence[images.StoredImage]) -> None:
    """Delete the files of pictures that were stored by a form that is not saved."""
    for image in stored:
        storage.delete(image.name, image.thumbnail)


class ImageForm(RowEditMixin, forms.ModelForm[ProductImage]):
    """A picture, which is validated, re-encoded and stored before the rest of the page is saved."""

    upload = forms.FileField(label="Picture", required=False, help_text=HELP_TEXT)
    stored: images.StoredImage | None = None

    class Meta:
        model = ProductImage
        fields = ("alt", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("alt", "position"):
            self.fields[name].show_hidden_initial = True

    def clean_upload(self) -> None:
        """Validate and store the file."""
        file = self.cleaned_data["upload"]
        if file is not None:
            self.stored = _store(file)
        elif self.instance.pk is None:
            raise forms.ValidationError("Choose a picture")

    def get_changed_columns(self) -> dict[str, Any]:
        """Return the new values of the columns that were changed on the page."""
        return {name: self.cleaned_data.get(name) for name in self.changed_data}


class ThumbnailSelect(forms.RadioSelect):
    """A choice among the product's pictures, by their thumbnails; it unfolds without a script.

    The empty choice stands for the primary picture, or for none with `shows_primary=False`.
    """

    template_name = "admin/products/product/thumbnail_select.html"

    def __init__(self, pictures: Sequence[ProductImage], label: str, *, shows_primary: bool = True) -> None:
        super().__init__()
        self.label, self.shows_primary = label, shows_primary
        self.thumbnails = {str(picture.pk): storage.get_thumbnail_url(picture.list_name) for picture in pictures}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Add the thumbnail."""
        option = super().create_option(name, value, *args, **kwargs)
        primary = next(iter(self.thumbnails.values()), "") if self.shows_primary else ""
        return {**option, "thumbnail": self.thumbnails.get(str(value), primary)}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the label of the whole choice, and whether it is folded."""
        return {**super().get_context(name, value, attrs), "label": self.label, "is_folded": self.shows_primary}


def describe_picture(image: ProductImage) -> str:
    """Return the position of a picture, and what it shows."""
    return f"{image.position + 1}: {image.alt}" if image.alt else f"Picture {image.position + 1}"
