"""The form of a page of settings, and its history."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import linebreaksbr
from django.utils.html import format_html

from core.actors import Actor
from core.admin import apply_widgets, format_time
from core.models import ShopSettingChange
from core.shop_settings import services, values
from core.shop_settings.definitions import DEFINITIONS, Definition
from core.shop_settings.services import SettingsChanged
from core.shop_settings.shop import PAGE

HISTORY_LENGTH = 20
VERSION = "version"  # the newest change when the form was opened


class SettingsForm(forms.Form):
    """The values of some settings, with the version of what the form shows."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, definitions: Sequence[Definition[Any]], data: Any = None, *, can_change: bool = True) -> None:
        self.names = [definition.name for definition in definitions]
        version = services.get_last_change(self.names)  # before the values: a change in between is then a conflict, not overwritten
        self.stored = values.read()
        initial = {definition.name: self.stored.get(definition) for definition in definitions}
        super().__init__(None if data is None else dict(data.items()), initial={**initial, VERSION: version})
        for definition in definitions:
            field = definition.make_field()
            field.label, field.help_text = definition.label, definition.help_text
            field.disabled = not can_change
            self.fields[definition.name] = field
        self.sections = self._group_by_section(definitions)
        apply_widgets(self.fields)

    def save(self, actor: Actor) -> list[ShopSettingChange]:
        """Save what was entered. Raises ValidationError if someone else has changed it in the meantime."""
        entered = {name: self.cleaned_data[name] for name in self.names}
        return self._store(lambda: services.save_settings(actor, entered, last_change=self.cleaned_data[VERSION]))

    def reset(self, actor: Actor) -> list[ShopSettingChange]:
        """Return all settings of the form to their defaults. Raises ValidationError, as `save`."""
        version = self.fields[VERSION].clean(self.data.get(VERSION))
        return self._store(lambda: services.reset_settings(actor, self.names, last_change=version))

    def _store(self, store: Callable[[], list[ShopSettingChange]]) -> list[ShopSettingChange]:
        try:
            return store()
        except SettingsChanged:
            author = next((describe_author(change) for change in list_changes(self.names, limit=1)), "Someone")
            self.data = {**self.data, VERSION: services.get_last_change(self.names)}  # saving again is then a decision
            raise ValidationError(
                f"Not saved: {author} has changed these settings in the meantime. "
                "Compare your values with the history below, then save again."
            ) from None

    def _group_by_section(self, definitions: Sequence[Definition[Any]]) -> list[tuple[str, list[forms.BoundField]]]:
        titles = dict.fromkeys(definition.section for definition in definitions)
        return [(title, [self[definition.name] for definition in definitions if definition.section == title]) for title in titles]


def list_changes(names: Sequence[str], *, limit: int = HISTORY_LENGTH) -> list[ShopSettingChange]:
    """Return the newest changes of these settings, newest first."""
    return list(ShopSettingChange.objects.filter(name__in=names).select_related("user").order_by("-pk")[:limit])


def build_history_table(changes: Sequence[ShopSettingChange]) -> dict[str, Any]:
    """Return the changes as a table: when, who, what, and both values."""
    headers = ["When", "Who", "Setting", "Old value", "New value"]
    return {"headers": headers, "rows": [_build_history_row(change) for change in changes]}


def _build_history_row(change: ShopSettingChange) -> list[str]:
    when = format_time(change.at)
    old_value, new_value = describe_value(change.old_value), describe_new_value(change)
    return [when, describe_author(change), describe_setting(change.name), old_value, new_value]


def describe_setting(name: str) -> str:
    """Return the label of a setting; its name if this version does not have it."""
    definition = DEFINITIONS.get(name)
    if definition is None:
        return name
    return definition.label if definition.page == PAGE else f"{definition.section}: {definition.label.lower()}"


def describe_author(change: ShopSettingChange) -> str:
    """Return who made a change."""
    return str(change.user) if change.user else "The system or a deleted user"


def describe_value(value: Any) -> str:
    """Return a value as people read it, with its line breaks, as HTML."""
    return "–" if value in ("", None) else linebreaksbr(str(value))


def describe_new_value(change: ShopSettingChange) -> str:
    """Return the new value of a change, as HTML, and whether it is the default."""
    value = describe_value(change.new_value)
    return format_html("{} (default)", value) if change.is_default else value
