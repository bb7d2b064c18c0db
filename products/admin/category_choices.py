"""Categories with their paths, from the top down, wherever staff choose one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from core.characters import parse_whole_number
from products.catalog import category_tree
from products.models import Category, Product
from products.services.search_documents import get_category_paths
from products.text_folding import fold

if TYPE_CHECKING:  # Unfold's classes are Django's with other templates and widgets; they have no type hints
    from django.contrib.admin import RelatedFieldListFilter as AutocompleteSelectFilter
    from django.forms import Form as AutocompleteDropdownForm

    ChoiceField = forms.ModelChoiceField[Category]
else:
    ChoiceField = forms.ModelChoiceField
    from unfold.contrib.filters.admin import AutocompleteSelectFilter
    from unfold.contrib.filters.forms import AutocompleteDropdownForm

ARROW = " › "


def get_path_labels() -> dict[int | None, str]:
    """Return by category id the names from the top down; one statement."""
    return {pk: ARROW.join(reversed(names)) for pk, names in get_category_paths().items()}


def find_category_ids(term: str) -> list[int]:
    """Return the categories whose path contains every word of the term, ignoring case and accents."""
    words = fold(term.replace("›", " ").replace(">", " ")).split()
    paths = {pk: fold(label) for pk, label in get_path_labels().items()}
    return [pk for pk, path in paths.items() if pk is not None and all(word in path for word in words)]


class CategoryChoiceField(ChoiceField):
    """A choice of a category, labelled by its path."""

    @cached_property
    def path_labels(self) -> dict[int | None, str]:
        """The paths, read once for each form that has a category selected."""
        return get_path_labels()

    def label_from_instance(self, obj: Any) -> str:
        """Return the path of a category."""
        return self.path_labels[obj.pk]


class CategoryFieldMixin(BaseModelAdmin[Any]):
    """For admins of models that refer to a category."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Label categories by their paths."""
        if db_field.remote_field.model is Category:
            kwargs.setdefault("form_class", CategoryChoiceField)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class CategoryDropdownForm(AutocompleteDropdownForm):
    """The form of the filter."""

    field = CategoryChoiceField


class CategoryFilter(AutocompleteSelectFilter):
    """Filter products by category, including its subcategories."""

    form_class = CategoryDropdownForm

    def __init__(self, field: ForeignKey[Any, Any], request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        self.title = "category"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Restrict the products. Raises IncorrectLookupParameters for what is no id."""
        values = self.used_parameters.get(self.lookup_kwarg) or []
        values = values if isinstance(values, list) else [values]
        if not any(values):
            return queryset
        category_id = parse_whole_number(str(values[-1]))
        if category_id is None:
            raise IncorrectLookupParameters
        return queryset.filter(category__in=category_tree.get_descendant_ids([category_id]))


def label_categories(categories: Iterable[Category]) -> dict[int, str]:
    """Return the paths of these categories by id."""
    labels = get_path_labels()
    return {category.pk: labels.get(category.pk, category.name) for category in categories}
