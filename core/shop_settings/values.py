"""Reading the settings: a stored value takes precedence over the default, which comes from the environment or the code.

`get` costs a request no statement: each process keeps the stored values for SHOP_SETTINGS_MAX_AGE seconds. `read` is always
up to date.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError

from core import replica
from core.models import ShopSetting
from core.shop_settings.definitions import Definition

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Values:
    """The stored values by name, and those that have been decoded. All callers share them, so they must not be changed."""

    stored: Mapping[str, Any]
    looked_up: dict[str, Any] = field(default_factory=dict, compare=False)

    def get(self, definition: Definition[T]) -> T:
        """Return the value of a setting: the stored one, else the default."""
        if definition.name not in self.looked_up:
            self.looked_up[definition.name] = self._look_up(definition)
        value: T = self.looked_up[definition.name]
        return value

    def _look_up(self, definition: Definition[T]) -> T:
        if definition.name in self.stored:
            return definition.decode(self.stored[definition.name])
        return definition.get_default()

    def is_stored(self, definition: Definition[Any]) -> bool:
        """Return whether staff have set a value."""
        return definition.name in self.stored


_kept: tuple[float, Values] | None = None  # with the time until which they are kept, by the monotonic clock


def read() -> Values:
    """Read all stored values, in one statement."""
    with replica.on_primary():  # each process keeps them for all callers
        return Values(dict(ShopSetting.objects.values_list("name", "value")))


def get_values() -> Values:
    """Return values that are at most SHOP_SETTINGS_MAX_AGE seconds old; older ones, or none, while the database is down."""
    kept = _kept
    if kept is not None and time.monotonic() < kept[0]:
        return kept[1]
    try:
        values = read()
    except (OperationalError, InterfaceError):
        return kept[1] if kept is not None else Values({})  # the next call tries again
    keep(values)
    return values


def get(definition: Definition[T]) -> T:
    """Return the value of a setting, at most SHOP_SETTINGS_MAX_AGE seconds old."""
    return get_values().get(definition)


def keep(values: Values) -> None:
    """Keep values that have just been read."""
    global _kept
    _kept = (time.monotonic() + settings.SHOP_SETTINGS_MAX_AGE, values)


def forget() -> None:
    """Have the next `get` of this process read the stored values; other processes follow within seconds."""
    global _kept
    _kept = None
