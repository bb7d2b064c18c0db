"""Forms that do not overwrite what someone else has changed since the page was opened."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from core.characters import parse_whole_number

MAX_QUOTED = 60  # characters of a value in a message
MAX_MICROSECONDS = 16  # digits


def get_opening_time(request: HttpRequest) -> datetime | None:
    """Return when the submitted page was opened, which its field `page_opened_at` names in microseconds; None if it does not."""
    microseconds = parse_whole_number(request.POST.get("page_opened_at", ""), MAX_MICROSECONDS)
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1_000_000, UTC)


class EditConflictMixin(forms.BaseForm):
    """For forms whose fields send the value that the page showed (`show_hidden_initial`).

    A field that staff changed is refused if its value in the database is another one by now. Saving again replaces that value,
    which the message has shown. Fields that they did not change keep what others have saved.
    """

    merged_fields: frozenset[str] = frozenset()  # whose changes add up

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not getattr(self.data, "_mutable", True):
            self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict

    def clean(self) -> dict[str, Any]:
        """Refuse changes of values that the page did not show."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.changed_data:
            key = self.add_initial_prefix(name)
            if key in self.data and name in data and name not in self.merged_fields:
                self._refuse_unseen(name, key)
        return data

    def _refuse_unseen(self, name: str, key: str) -> None:
        field = self.fields[name]
        initial = self.get_initial_for_field(field, name)
        current = field.to_python(initial)
        if current in (_parse(field, self.data[key]), self.cleaned_data[name]):
            return
        self.data[key] = "" if initial is None else initial  # type: ignore[index]  # what the page shows from now on
        text = "" if len(str(current)) > MAX_QUOTED else f" to “{_describe(current)}”"
        self.add_error(name, f"Changed{text} by someone else since you opened the page. Save again to replace it")


def _parse(field: forms.Field, value: Any) -> Any:
    try:
        return field.to_python(value)
    except ValidationError:
        return None


def _describe(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "") else str(value)


class RowEditMixin(EditConflictMixin):
    """For model forms: they also remember the columns of the row that they were checked against."""

    instance: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded = {field.attname: getattr(self.instance, field.attname) for field in self.instance._meta.concrete_fields}

    def get_seen_columns(self) -> dict[str, Any]:
        """Return the values that the changed columns had when the form was checked, for the service to compare under its lock."""
        by_name = {field.name: field.attname for field in self.instance._meta.concrete_fields}
        return {by_name[name]: self.loaded[by_name[name]] for name in self.changed_data if name in by_name}
