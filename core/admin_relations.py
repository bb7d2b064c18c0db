"""Related rows on admin pages, for staff who may not open the pages of those rows."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import ForeignKey, Model
from django.http import HttpRequest

Column = Callable[[Any], str]


def can_view(request: HttpRequest, model: type[Model]) -> bool:
    """Return whether the user may view the admin pages of a model that has some."""
    return admin.site.get_model_admin(model).has_view_permission(request)


class RelationsMixin(admin.options.BaseModelAdmin[Any]):
    """Shows a related row as plain text to users who may not open its page; Django would link it, and search for it."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the relations that the user could not search, and the texts that `get_fieldsets` may need."""
        texts = self.get_relation_texts(request)
        return (*super().get_readonly_fields(request, obj), *(texts.keys() & set(self.autocomplete_fields)), *texts.values())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Put a text in place of each link that would be refused."""
        fieldsets = super().get_fieldsets(request, obj)
        texts = self.get_relation_texts(request)
        if not texts:
            return fieldsets
        is_editable = self.has_change_permission(request, obj)
        fixed = self.get_readonly_fields(request, obj) if is_editable else flatten_fieldsets(fieldsets)
        texts = {name: text for name, text in texts.items() if name in fixed}
        return [(title, {**options, "fields": _replace(options["fields"], texts)}) for title, options in fieldsets]

    def get_relation_texts(self, request: HttpRequest) -> dict[str, Column]:
        """Return a column of text for each relation to rows whose pages this user may not view."""
        relations = (field for field in self.opts.concrete_fields if isinstance(field, ForeignKey))
        hidden = [field for field in relations if _has_pages(field.related_model) and not can_view(request, field.related_model)]
        return {field.name: _build_text(field) for field in hidden}


def _has_pages(model: Any) -> bool:
    return admin.site.is_registered(model)


@cache
def _build_text(field: ForeignKey[Any, Any]) -> Column:
    """Return the column; the same one for the same field, because Django compares the fields of a page."""

    @admin.display(description=field.verbose_name, empty_value="–")
    def text(row: Any) -> str:
        related = getattr(row, field.name)
        return "" if related is None else str(related)

    text.__name__ = field.name
    return text


def _replace(fields: Iterable[Any], texts: Mapping[str, Column]) -> list[Any]:
    """Return the fields, some of them in a line of their own, with texts in place of their names."""
    kept = [field for field in fields if field not in texts.values()]
    return [_replace(field, texts) if isinstance(field, (list, tuple)) else texts.get(field, field) for field in kept]
