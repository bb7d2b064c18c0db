"""What an order must hold of its recipient: at checkout, and when staff correct it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from core.countries import find_country_code
from orders import address_rules


@dataclass(frozen=True, slots=True)
class Contact:
    """The buyer's name, how to reach them, and the parts of the delivery address. Plain text stands in `line1` and may hold all."""

    name: str
    email: str
    phone: str
    address: Mapping[str, str]
    is_address_text: bool = False


def find_problems(contact: Contact, market_code: str, *, is_cash: bool, is_guest: bool) -> dict[str, str]:
    """Return a sentence for each field that is missing or malformed, with names such as `name` and `address.line1`."""
    problems = _find_address_problems(contact, market_code, is_cash=is_cash)
    if is_guest and not contact.name:
        problems["name"] = "A name is needed"
    if is_guest and not (contact.email or contact.phone or "phone" in problems):
        problems["email"] = "An e-mail address or a phone number is needed"
    return problems


def _find_address_problems(contact: Contact, market_code: str, *, is_cash: bool) -> dict[str, str]:
    """Return a sentence for each field that the delivery needs. Plain text may hold all of them, so it is taken as it is."""
    if not any(contact.address.values()):
        return {"address": address_rules.STREET_NEEDED}
    if contact.is_address_text:
        return {}
    found = address_rules.find_problems(contact.address, find_country_code(market_code))
    problems = {f"address.{field}": sentence for field, sentence in found.items()}
    if is_cash and not contact.phone and settings.ADDRESS_RULES != address_rules.LAX:
        problems["phone"] = address_rules.PHONE_NEEDED
    return problems
