"""The registry of the settings that staff change without a deployment: name, type, default, and where the form shows them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django import forms

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Definition(Generic[T]):
    """A setting. `make_field` makes the form field that converts and validates its value.

    `encode` and `decode` convert the value to JSON and back; text needs neither.
    """

    name: str
    label: str
    page: str
    section: str
    get_default: Callable[[], T]
    make_field: Callable[[], forms.Field]
    help_text: str = ""
    encode: Callable[[T], Any] = lambda value: value
    decode: Callable[[Any], T] = lambda stored: stored

    def clean(self, value: object) -> T:
        """Return the value as its type. Raises ValidationError."""
        cleaned: T = self.make_field().clean(value)
        return cleaned


DEFINITIONS: dict[str, Definition[Any]] = {}


def define(definition: Definition[T]) -> Definition[T]:
    """Register a setting. An app calls it in a module that is imported at the start. Raises ValueError."""
    if definition.name in DEFINITIONS:
        raise ValueError(f"the setting {definition.name} is defined twice")
    DEFINITIONS[definition.name] = definition
    return definition


def list_page(page: str) -> list[Definition[Any]]:
    """Return the settings of a page, in the order of their definition."""
    return [definition for definition in DEFINITIONS.values() if definition.page == page]
