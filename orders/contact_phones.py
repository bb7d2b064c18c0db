"""The phone of an order in E.164, by which staff search and block."""

from collections.abc import Mapping

from accounts.phones import list_e164
from core.countries import find_country_code


def find_order_e164(phone: str, address: Mapping[str, str], market_code: str) -> str:
    """Return the phone of an order in E.164, or an empty string; see `list_order_e164`."""
    return next(iter(list_order_e164(phone, address, market_code)), "")


def list_order_e164(phone: str, address: Mapping[str, str], market_code: str) -> list[str]:
    """Return the numbers that the phone of an order may mean in E.164, the likeliest first.

    A number without a country code belongs to the country of the address or of the market.
    """
    if not phone:
        return []
    return list_e164(phone, [country for name in (address.get("country", ""), market_code) if (country := find_country_code(name))])
