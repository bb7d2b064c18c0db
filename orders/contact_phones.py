"""The copy in E.164 of an order's phone, by which staff search."""

from collections.abc import Mapping

from accounts.phones import find_e164
from core.countries import find_country_code


def find_order_e164(phone: str, address: Mapping[str, str], market_code: str) -> str:
    """Return the phone of an order in E.164, or an empty string. It belongs to the country of the address or of the market."""
    if not phone:
        return ""
    return find_e164(phone, [country for name in (address.get("country", ""), market_code) if (country := find_country_code(name))])
