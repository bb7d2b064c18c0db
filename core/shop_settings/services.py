"""Changing the settings, with a history."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from core import advisory_locks
from core.actors import Actor
from core.exceptions import Conflict
from core.models import ShopSetting, ShopSettingChange
from core.shop_settings import values
from core.shop_settings.definitions import DEFINITIONS, Definition


class SettingsChanged(Conflict):
    """Someone else has changed one of the settings since the caller read them."""

    code = "settings_changed"
    default_message = "These settings were changed in the meantime"
    client_action = "Read the settings again, compare them with your values, then save."


def get_last_change(names: list[str]) -> int:
    """Return the id of the newest change of these settings, or 0: the version of a form that shows them."""
    return ShopSettingChange.objects.filter(name__in=names).aggregate(last=Max("id"))["last"] or 0


def save_settings(actor: Actor, new_values: Mapping[str, object], *, last_change: int) -> list[ShopSettingChange]:
    """Validate and store the values of these settings; return the changes, each of which is recorded.

    A value that equals its default is not stored, so it follows the environment. `last_change` is what `get_last_change`
    returned when the caller read the settings. Raises ValidationError, SettingsChanged.
    """
    cleaned = {DEFINITIONS[name]: DEFINITIONS[name].clean(value) for name, value in new_values.items()}
    return _write(actor, cleaned, last_change, lambda definition, current: current.get(definition) != cleaned[definition])


def reset_settings(actor: Actor, names: list[str], *, last_change: int) -> list[ShopSettingChange]:
    """Return these settings to their defaults, as `save_settings`. Raises SettingsChanged."""
    defaults = {DEFINITIONS[name]: DEFINITIONS[name].get_default() for name in names}
    return _write(actor, defaults, last_change, lambda definition, current: current.is_stored(definition))


def _write(
    actor: Actor,
    new_values: Mapping[Definition[Any], Any],
    last_change: int,
    is_changed: Callable[[Definition[Any], values.Values], bool],
) -> list[ShopSettingChange]:
    with transaction.atomic():
        advisory_locks.lock("shop_settings")  # settings with default values have no row to lock
        if get_last_change([definition.name for definition in new_values]) != last_change:
            raise SettingsChanged
        current = values.read()
        changes = [
            _store(actor, definition, current.get(definition), value)
            for definition, value in new_values.items()
            if is_changed(definition, current)
        ]
    values.forget()  # after the commit: another thread would keep the old values
    return changes


def _store(actor: Actor, definition: Definition[Any], old_value: Any, new_value: Any) -> ShopSettingChange:
    is_default = new_value == definition.get_default()
    if is_default:
        ShopSetting.objects.filter(name=definition.name).delete()
    else:
        ShopSetting.objects.update_or_create(name=definition.name, defaults={"value": definition.encode(new_value)})
    return ShopSettingChange.objects.create(
        name=definition.name,
        old_value=definition.encode(old_value),
        new_value=definition.encode(new_value),
        is_default=is_default,
        user_id=actor.user_id,
    )
