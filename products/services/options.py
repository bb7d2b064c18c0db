"""The options of variants, such as Size and Colour: their names, and the variant names that are made of their values."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from core.characters import drop_invisible
from products.models import MAX_NAME, Variant
from products.services.commands import VariantColumns

SEPARATOR = " / "  # between the values in the name of a variant


def fold_option(text: str) -> str:
    """Return the text without letter case, full-width forms, repeated spaces and invisible characters.

    Accents count, unlike in `text_folding.fold`.
    """
    return " ".join(unicodedata.normalize("NFKC", drop_invisible(text)).split()).casefold()


def fold_options(options: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return names and values folded, to compare the options of two variants."""
    return frozenset((fold_option(name), fold_option(value)) for name, value in options.items())


def list_option_names(variants: Iterable[Variant]) -> list[str]:
    """Return the names of the options that these variants have, each once, in the order of the variants."""
    return list(dict.fromkeys(name for variant in variants for name in variant.options if variant.deleted_at is None))


def build_name(values: Iterable[str]) -> str:
    """Return the name of a variant with these option values, such as Red / M."""
    return SEPARATOR.join(values)[:MAX_NAME]


def follow_options(variant: Variant, columns: VariantColumns, renamed: Mapping[str, str] | None = None) -> VariantColumns:
    """Return the columns with the variant's name adapted to its new options; `renamed` holds new names of options by the old ones.

    Only an empty name, and a name made of the values, follows them. A name of its own stays.
    """
    new = columns.get("options", variant.options)
    if new == variant.options or "name" in columns:
        return columns
    parts = variant.name.split(SEPARATOR) if variant.name else []
    if Counter(parts) != Counter(variant.options.values()):
        return columns if parts else {**columns, "name": build_name(new.values())}
    old = [((renamed or {}).get(name, name), value) for name, value in variant.options.items()]
    names = []
    for part in parts:  # two options may have the same value, such as M
        option = next(option for option in old if option[1] == part)
        old.remove(option)
        names.append(option[0])
    names = [name for name in names if name in new]
    names += [name for name in new if name not in names]
    return {**columns, "name": build_name(new[name] for name in names)}
