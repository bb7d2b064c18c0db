"""Delivery addresses in request bodies: one serializer for orders and for the address book."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import phones
from accounts.api.inputs import StrictCharField
from accounts.exceptions import PhoneInvalid
from core.http.inputs import Input
from orders.models import ADDRESS_FIELDS, Address

MAX_LENGTHS = {field.name: field.max_length or 0 for field in Address._meta.concrete_fields if field.name in ADDRESS_FIELDS}
# Other names of the fields, in snake_case; camelCase is read as well.
OTHER_NAMES = {
    "full_name": ("name", "fullname", "recipient", "recipient_name", "contact_name", "customer_name"),
    "phone": ("phone_number", "mobile", "mobile_number", "telephone"),
    "line1": (
        *("line_1", "address_line_1", "address_line1", "address_1", "address1"),
        *("street_address", "street_1", "street1", "street", "address"),
    ),
    "line2": (
        *("line_2", "address_line_2", "address_line2", "address_2", "address2"),
        *("street_2", "street2", "apartment"),
    ),
    "city": ("town", "locality"),
    "state": ("province", "region", "county", "state_code", "province_code", "region_code"),
    "postal_code": ("postcode", "post_code", "postal", "zip_code", "zipcode", "zip", "pin_code", "pincode", "pin"),
    "country": ("country_code",),
}
NAME_PARTS = ("first_name", "last_name")


def spell_name(name: str) -> tuple[str, str]:
    """Return a name in snake_case and in camelCase."""
    return name, re.sub(r"_(\w)", lambda match: match[1].upper(), name)


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

    aliases = {
        spelling: field
        for field, names in OTHER_NAMES.items()
        for name in (field, *names)
        for spelling in spell_name(name)
        if spelling != field
    }
    unused = frozenset({"id", *(spelling for name in NAME_PARTS for spelling in spell_name(name))})

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields of a postal address, with the lengths of its columns, and the declared ones."""
        return {**{name: self._build_field(name) for name in ADDRESS_FIELDS}, **super().get_fields()}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the address. A name may come in two parts; null and, unless it is a patch, a missing field are blank."""
        values = super().run_validation(_join_name(data) if isinstance(data, Mapping) else data)
        given = {name: "" if value is None else value for name, value in values.items()}
        return given if self.partial else {**dict.fromkeys(ADDRESS_FIELDS, ""), **given}

    def find_warnings(self, data: Any) -> list[str]:
        """Return a sentence for each alias that is not read, because another name has filled its field. Plain text has none."""
        return [f"Address field not used: {key}" for key in self._find_surplus(data)] if isinstance(data, Mapping) else []

    def _find_surplus(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Yield the aliases of fields that another name has filled with another value. A country may be name and code."""
        sent_names = self._find_sent_names(data)
        for alias, field in self.aliases.items():
            read = sent_names.get(field, field)
            if field != "country" and alias != read and data.get(alias) and data.get(alias) != data.get(read):
                yield alias

    def _build_field(self, name: str) -> serializers.CharField:
        if name == "phone":
            return ContactPhoneField()
        is_number_allowed = name == "postal_code"  # many clients send it as a number
        kind = serializers.CharField if is_number_allowed else StrictCharField
        return kind(required=False, allow_blank=True, allow_null=True, max_length=MAX_LENGTHS[name])


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

    unused = PostalAddressInput.unused | {"is_default", "isDefault"}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Validate the address. Plain text becomes its first line, and null is no address."""
        if isinstance(data, str):
            data = {"line1": data}
        if data is None:
            return {}
        if data is not serializers.empty and not isinstance(data, Mapping):
            raise serializers.ValidationError("Must be an object or a string")
        return super().run_validation(data)


def _join_name(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address with the parts of a name, as one name if it has no other."""
    given = PostalAddressInput.aliases.items()
    if data.get("full_name") or any(data.get(alias) for alias, field in given if field == "full_name"):
        return dict(data)
    parts = [data[spelling] for name in NAME_PARTS for spelling in spell_name(name) if isinstance(data.get(spelling), str)]
    return {**data, "full_name": " ".join(parts)} if parts else dict(data)
