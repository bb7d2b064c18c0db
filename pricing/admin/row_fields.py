"""Choices of products and categories on the pages of pricing."""

from typing import Any

from django import forms
from django.utils.functional import cached_property

from core.characters import parse_whole_number
from products.admin.category_choices import get_path_labels


class RowsField(forms.ModelMultipleChoiceField[Any]):
    """A choice of rows that refuses a key which no row can have, instead of failing in the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.widget.is_required = True  # Select2's button that removes all is an invalid child of the list of the chosen rows

    def clean(self, value: Any) -> Any:
        """Return the rows. Raises ValidationError."""
        for key in value or ():
            if parse_whole_number(str(key)) is None:
                raise forms.ValidationError(self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": key})
        return super().clean(value)

    def prepare_value(self, value: Any) -> Any:
        """Return the keys to show as selected."""
        keys = super().prepare_value(value)
        return [key for key in keys if parse_whole_number(str(key)) is not None] if isinstance(keys, list) else keys


class CategoriesField(RowsField):
    """A choice of categories, labelled by their paths."""

    @cached_property
    def path_labels(self) -> dict[int | None, str]:
        """The paths, read once for each form that has a category selected."""
        return get_path_labels()

    def label_from_instance(self, obj: Any) -> str:
        """Return the path of a category."""
        return self.path_labels[obj.pk]
