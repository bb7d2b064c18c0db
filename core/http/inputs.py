"""The base class of request bodies: other names of fields, and the keys that no field reads."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, cast

from rest_framework import serializers

from core.empty_values import is_empty

MAX_UNKNOWN_KEYS = 20  # a reply names at most this many
MAX_KEY_LENGTH = 100  # characters of a named path


class Input(serializers.Serializer[Any]):
    """A request body.

    `aliases` maps other names to field names: an alias is read if the field is absent or empty, the first one with a value wins.
    The schema does not mention aliases, and errors use the name that the client sent. `unused` names keys that clients copy
    from their own state: no field reads them, and no warning names them. `hints` says of keys that no field reads how to do what
    the client wanted.
    """

    aliases: ClassVar[Mapping[str, str]] = {}
    unused: ClassVar[frozenset[str]] = frozenset()
    hints: ClassVar[Mapping[str, str]] = {}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the body with its aliases resolved. Raises ValidationError."""
        sent_names = self._find_sent_names(data)
        if not sent_names:
            return super().run_validation(data)
        try:
            return super().run_validation(_rename(data, sent_names))
        except serializers.ValidationError as error:
            errors = cast(dict[str, Any], error.detail)  # of an object
            error.detail = {sent_names.get(name, name): detail for name, detail in errors.items()}
            raise

    def get_sent_name(self, field: str) -> str:
        """Return the name under which the client sent the field."""
        return self._find_sent_names(self.initial_data).get(field, field)

    def find_unknown_keys(self, data: Any) -> list[str]:
        """Return the keys of a body that no field reads, as `address.foo` and `items.bar` inside of objects and lists."""
        return list(islice(dict.fromkeys(key[:MAX_KEY_LENGTH] for key in self._iterate_unknown(data)), MAX_UNKNOWN_KEYS))

    def _find_sent_names(self, data: Any) -> dict[str, str]:
        """Return the alias that the client used, by field."""
        if not isinstance(data, Mapping):
            return {}
        names: dict[str, str] = {}
        for alias, field in self.aliases.items():
            if alias in data and is_empty(data.get(field)) and is_empty(data.get(names.get(field))):
                names[field] = alias
        return names

    def _iterate_unknown(self, data: Any, prefix: str = "") -> Iterator[str]:
        if not isinstance(data, Mapping):
            return
        for key, value in data.items():
            field = self.fields.get(self.aliases.get(key, key))
            if field is not None:
                yield from _iterate_nested(field, value, f"{prefix}{key}.")
            elif key not in self.unused:
                yield f"{prefix}{key}"


def _iterate_nested(field: Any, value: Any, prefix: str) -> Iterator[str]:
    """Yield the unknown keys of a nested body, or of each of a list of them."""
    if isinstance(field, Input):
        yield from field._iterate_unknown(value, prefix)
    elif isinstance(getattr(field, "child", None), Input) and isinstance(value, list):
        for row in value:
            yield from field.child._iterate_unknown(row, prefix)


def _rename(data: Any, sent_names: Mapping[str, str]) -> Any:
    """Return a copy of the body in which each field has the value of its alias."""
    renamed = data.copy()
    for field, alias in sent_names.items():
        renamed[field] = data[alias]
    return renamed
