"""The admin form of categories."""

from typing import Any

from django import forms

from core.exceptions import DomainError
from products.models import Category
from products.services import categories
from products.slugs import make_slug


class CategoryForm(forms.ModelForm[Category]):
    """A category, validated against the category tree."""

    class Meta:
        model = Category
        fields = ("name", "slug", "parent", "position")

    def clean_slug(self) -> str:
        """Reject slugs that could be mistaken for an id or a UUID."""
        slug: str = self.cleaned_data["slug"]
        if make_slug(slug, (), kind="category") != slug:
            raise forms.ValidationError("Use lowercase letters, digits and hyphens, and not only digits")
        return slug

    def clean(self) -> dict[str, Any]:
        """Reject cycles, too many levels, and a second category with the same name and parent."""
        data = super().clean() or self.cleaned_data
        name, parent = data.get("name", ""), data.get("parent")
        try:
            categories.validate_category(self.instance.pk, name, getattr(parent, "pk", None))
        except DomainError as error:
            self.add_error("name" if error.field == "name" else "parent", error.message)
            return data
        namesake = categories.get_child(parent, name)
        if namesake is not None and namesake.pk != self.instance.pk:
            raise forms.ValidationError(categories.NAME_TAKEN)
        return data
