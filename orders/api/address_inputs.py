"""Delivery addresses in request bodies: one serializer for orders and for the address book."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import phones
from accounts.api.inputs import StrictCharField
from accounts.exceptions import PhoneInvalid
from core.countries import find_country_code
from core.empty_values import is_empty
from core.http.inputs import Input
from orders.models import ADDRESS_FIELDS, MAX_ADDRESS_LENGTHS

# Other names of the fields, in snake_case; camelCase is read as well. They are those of other shops' APIs, of payment sheets (Apple
# Pay, Google Pay, Payment Request), of Stripe, PayPal, Amazon Pay and Klarna, and of schema.org.
OTHER_NAMES = {
    "full_name": ("name", "fullname", "recipient", "recipient_name", "contact_name", "customer_name"),
    "phone": ("phone_number", "mobile", "mobile_number", "telephone", "tel"),
    "line1": (
        *("line_1", "address_line_1", "address_line1", "address_1", "address1"),
        *("street_address", "street_address_1", "street_address1", "street_1", "street1", "street", "street_name"),
        *("address", "address_lines", "address_line"),
    ),
    "line2": (
        *("line_2", "address_line_2", "address_line2", "address_2", "address2"),
        *("street_address_2", "street_address2", "street_2", "street2", "additional_street_info", "apartment"),
    ),
    "city": ("town", "locality", "address_locality", "admin_area_2"),
    "state": (
        *("province", "region", "county", "state_code", "province_code", "region_code"),
        *("state_name", "province_name", "state_or_province", "state_or_region", "administrative_area", "admin_area_1"),
        *("country_area", "address_region"),
    ),
    "postal_code": ("postcode", "post_code", "postal", "zip_code", "zipcode", "zip", "pin_code", "pincode", "pin"),
    "country": ("country_code", "country_id", "country_name", "country_iso", "country_iso2", "country_code_v2", "address_country"),
}
THIRD_LINES = ("line3", "line_3", "address_line_3", "address_line3", "address_3", "address3")
HOUSE_NUMBERS = ("house_number", "house_no", "house_number_or_name", "street_number")
FIRST_NAMES = ("first_name", "firstname", "given_name")
LAST_NAMES = ("last_name", "lastname", "family_name")


def spell(*names: str) -> tuple[str, ...]:
    """Return the names in snake_case and in camelCase."""
    camel = (re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in names)
    return tuple(dict.fromkeys(spelling for pair in zip(names, camel, strict=True) for spelling in pair))


SPELLINGS = {field: spell(field, *names) for field, names in OTHER_NAMES.items()}


class ContactPhoneField(serializers.CharField):
    """The phone of a recipient, kept as written."""

    default_error_messages = {"invalid": "Must be a phone number"}

    def __init__(self) -> None:
        super().__init__(required=False, allow_blank=True, allow_null=True, max_length=phones.MAX_CONTACT_LENGTH)

    def to_internal_value(self, data: Any) -> str:
        """Return the phone without invisible characters. Raises ValidationError."""
        try:
            return phones.clean_contact(super().to_internal_value(data))
        except PhoneInvalid:
            self.fail("invalid")


class PostalAddressInput(Input):
    """A delivery address."""

    aliases = {spelling: field for field, spellings in SPELLINGS.items() for spelling in spellings if spelling != field}
    unused = frozenset(spell(*FIRST_NAMES, *LAST_NAMES))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields of a postal address, with the lengths of its columns, and the declared ones."""
        return {**{name: self._build_field(name) for name in ADDRESS_FIELDS}, **super().get_fields()}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the address. Null, text without a visible character and, unless it is a patch, a missing field are blank."""
        values = super().run_validation(_simplify(data) if isinstance(data, Mapping) else data)
        given = {name: "" if is_empty(value) else value for name, value in values.items()}
        return given if self.partial else {**dict.fromkeys(ADDRESS_FIELDS, ""), **given}

    def find_warnings(self, data: Any) -> list[str]:
        """Return a sentence for each alias that is not read, because another name has filled its field. Plain text has none."""
        return (
            [f"Address field not used: {key}" for key in self._find_surplus(_simplify(data))] if isinstance(data, Mapping) else []
        )

    def _iterate_unknown(self, data: Any, prefix: str = "") -> Iterator[str]:
        """Yield the keys that no field reads; payment sheets send every key of theirs, most of them empty."""
        address = _simplify(data) if isinstance(data, Mapping) else data
        for path in super()._iterate_unknown(address, prefix):
            if not is_empty(address[path.removeprefix(prefix)]):
                yield path

    def _find_surplus(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Yield the aliases of fields that another name has filled with another value. A country may be name and code."""
        sent_names = self._find_sent_names(data)
        for alias, field in self.aliases.items():
            read = sent_names.get(field, field)
            if field != "country" and alias != read and not is_empty(data.get(alias)) and data.get(alias) != data.get(read):
                yield alias

    def _build_field(self, name: str) -> serializers.CharField:
        if name == "phone":
            return ContactPhoneField()
        is_number_allowed = name == "postal_code"  # many clients send it as a number
        kind = serializers.CharField if is_number_allowed else StrictCharField
        return kind(required=False, allow_blank=True, allow_null=True, max_length=MAX_ADDRESS_LENGTHS[name])


class AddressInput(PostalAddressInput):
    """A delivery address."""

    is_default = serializers.BooleanField(required=False, help_text="in the address book")


@extend_schema_field(
    {
        "description": "The delivery address: an object, or plain text",
        "oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/AddressInput"}],  # generated clients use the name
    }
)
class OrderAddressInput(PostalAddressInput):
    """The delivery address of an order: an object, or plain text."""

    unused = PostalAddressInput.unused | {"id", "is_default", "isDefault"}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the address. Plain text becomes its first line, and null is no address."""
        if isinstance(data, str):
            data = {"line1": data}
        if data is None:
            return {}
        if data is not serializers.empty and not isinstance(data, Mapping):
            raise serializers.ValidationError("Must be an object or a string")
        return super().run_validation(data)


def _simplify(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address without the structure that some clients give it: each field has one value."""
    inner = data.get("address")
    address = {**data, **inner} if isinstance(inner, Mapping) else dict(data)  # Stripe nests the postal part
    if isinstance(inner, Mapping) and address["address"] is inner:
        del address["address"]
    for simplify in (_join_name, _split_lines, _join_house_number, _join_third_line, _choose_country):
        simplify(address)
    return address


def _find_name(address: Mapping[str, Any], spellings: Iterable[str]) -> str | None:
    """Return the first of the names that has a value."""
    return next((name for name in spellings if not is_empty(address.get(name))), None)


def _join_name(address: dict[str, Any]) -> None:
    """Give the address the name that came in two parts, unless it has a whole one."""
    parts = [_find_name(address, spell(*names)) for names in (FIRST_NAMES, LAST_NAMES)]
    texts = [address[name] for name in parts if name and isinstance(address[name], str)]
    if texts and not _find_name(address, SPELLINGS["full_name"]):
        address["full_name"] = " ".join(texts)


def _split_lines(address: dict[str, Any]) -> None:
    """Make two lines of a list of lines, as Apple Pay, Payment Request and Magento have it."""
    name = _find_name(address, SPELLINGS["line1"])
    lines = address.get(name) if name else None
    if name and isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        first, *others = [line for line in lines if not is_empty(line)] or [""]
        del address[name]
        address["line1"] = first
        _add_to_second_line(address, *others)


def _join_house_number(address: dict[str, Any]) -> None:
    """Add a house number that came apart from its street to the street, unless it stands there too."""
    name, street_name = _find_name(address, spell(*HOUSE_NUMBERS)), _find_name(address, SPELLINGS["line1"])
    number, street = (address.get(key) if key else None for key in (name, street_name))
    if name and street_name and isinstance(street, str) and isinstance(number, str | int) and not isinstance(number, bool):
        number = str(address.pop(name)).strip()
        words = " ".join(re.split(r"[\s,]+", street))
        is_written = f" {number} ".casefold() in f" {words} ".casefold()
        address[street_name] = street if is_written else f"{street.strip()} {number}"


def _join_third_line(address: dict[str, Any]) -> None:
    """Add the third line of Google Pay and others to the second, so that it reaches the carrier."""
    name = _find_name(address, spell(*THIRD_LINES))
    if name and isinstance(address[name], str):
        _add_to_second_line(address, address.pop(name))


def _add_to_second_line(address: dict[str, Any], *lines: str) -> None:
    name = _find_name(address, SPELLINGS["line2"]) or "line2"
    present = address.get(name)
    if lines and (is_empty(present) or isinstance(present, str)):
        address[name] = ", ".join((*(() if is_empty(present) else (present,)), *lines))


def _choose_country(address: dict[str, Any]) -> None:
    """Prefer a country that is recognized: Apple Pay sends the name in the buyer's language, and beside it the code."""
    texts = [address[name] for name in SPELLINGS["country"] if isinstance(address.get(name), str)]
    known = next((text for text in texts if len(text) <= MAX_ADDRESS_LENGTHS["country"] and find_country_code(text)), None)
    if known is not None:
        address["country"] = known
