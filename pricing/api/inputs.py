"""What the delivery endpoints read."""

from collections.abc import Mapping

from rest_framework.exceptions import ValidationError

from core.countries import find_country_code
from core.markets import Market
from pricing.delivery.places import Place, build_place
from pricing.exceptions import CountryNeeded

MAX_LENGTHS = {"country": 60, "postal_code": 20, "state": 120}  # characters, as in addresses


def parse_place(query: Mapping[str, str], market: Market) -> Place:
    """Return the place of a query string. Raises ValidationError for a country that is not known."""
    values = {name: query.get(name, "").replace("\x00", "").strip()[:length] for name, length in MAX_LENGTHS.items()}
    if values["country"] and not find_country_code(values["country"]):
        raise ValidationError({"country": [CountryNeeded.default_message]})
    return build_place(market, **values)
