"""Refusals of promotions and of delivery."""

from django.conf import settings

from core.exceptions import Invalid, NotFound
from core.postal_codes import has_format


class CodeUnknown(NotFound):
    """No promotion that is running has this code."""

    code = "code_unknown"
    default_message = "This code is not valid"
    client_action = "Ask the buyer to check the code."


class CodeInvalid(Invalid):
    """An order names a code that no promotion has."""

    code = "code_unknown"
    default_message = "This code is not valid"
    client_action = "Ask the buyer to check the code, or order without it."


class PlaceIncomplete(Invalid):
    """More of the address is needed to know how it is delivered there."""

    name = ""  # of the missing part


class CountryNeeded(PlaceIncomplete):
    """Delivery depends on the country, and the market is not one."""

    name, code = "country", "country_needed"
    default_message = "Enter a country, such as India or IN"
    client_action = "Ask for the country."


class StateNeeded(PlaceIncomplete):
    """Delivery depends on the state."""

    name, code = "state", "state_needed"
    default_message = "Enter a state or region"
    client_action = "Ask for the state."


class PostalCodeNeeded(PlaceIncomplete):
    """Delivery depends on the postal code."""

    name, code = "postal_code", "postal_code_needed"
    default_message = "Enter a postal code"
    client_action = "Ask for the postal code."


class PostalCodeInvalid(Invalid):
    """The postal code does not have the format of its country."""

    code = "postal_code_invalid"
    default_message = "Enter a valid postal code"
    client_action = "Ask the buyer to check the postal code."


class MethodUnavailable(Invalid):
    """The shipping method is not offered for this place and weight."""

    code = "method_unavailable"
    default_message = "This shipping method is not available here"
    client_action = "Show the methods of `GET /api/cart/delivery/`."


INCOMPLETE = {refusal.code: refusal for refusal in (CountryNeeded, StateNeeded, PostalCodeNeeded)}


def refuse_malformed(postal_code: str, country: str) -> None:
    """Raise PostalCodeInvalid if a postal code does not have the format of its country (ISO 3166); not with ADDRESS_RULES=lax."""
    if postal_code and settings.ADDRESS_RULES != "lax" and not has_format(postal_code, country):
        raise PostalCodeInvalid(field="postal_code")


def refuse_incomplete(problem: str | None, prefix: str = "") -> None:
    """Raise PlaceIncomplete, for the field that is needed, if more of a place must be known."""
    refusal = INCOMPLETE.get(problem or "")
    if refusal is not None:
        raise refusal(field=f"{prefix}{refusal.name}")
