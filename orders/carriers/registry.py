"""The carriers that the shop knows (`CARRIERS`), and the gateway of each."""

from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from orders.carriers.gateway import Gateway
from orders.carriers.http_gateway import HttpGateway
from orders.carriers.manual import ManualGateway
from orders.exceptions import CarrierRefused


class Carrier(NamedTuple):
    """A carrier of `CARRIERS`. `tracking_url` holds `{number}`; `gateway` is a URL, a dotted path, or empty."""

    code: str
    name: str
    tracking_url: str
    gateway: str


def list_carriers() -> list[Carrier]:
    """Return the carriers that the shop knows, in the order of the setting."""
    return [Carrier(code, *parts) for code, parts in settings.CARRIERS.items()]


def find_carrier(text: str) -> Carrier | None:
    """Return the carrier with this code or name, in any case and spacing; None if the shop does not know it."""
    spelling = _fold(text)
    return next((carrier for carrier in list_carriers() if spelling in (_fold(carrier.code), _fold(carrier.name))), None)


def normalize_carrier(text: str) -> str:
    """Return a carrier as it is stored: the code of a known one, or else what was entered, without spaces around it."""
    carrier = find_carrier(text)
    return carrier.code if carrier is not None else " ".join(text.split())


def is_same_carrier(one: str, other: str) -> bool:
    """Return whether two texts mean the same carrier, such as its code and the name that was typed before the shop knew it."""
    return normalize_carrier(one).casefold() == normalize_carrier(other).casefold()


def get_gateway(carrier: Carrier | None) -> Gateway:
    """Return the gateway of a carrier; `manual` if it has none, or the shop does not know it. Raises CarrierRefused."""
    if carrier is None or not carrier.gateway:
        return ManualGateway()
    token = settings.CARRIER_TOKENS.get(carrier.code, "")
    if "://" in carrier.gateway:
        return HttpGateway(carrier.gateway, token)
    try:
        gateway: Gateway = import_string(carrier.gateway)(token)
    except Exception as error:  # it is code of the operator's, and of no concern to the other carriers
        raise CarrierRefused(
            f"The gateway of {carrier.code} cannot be loaded from {carrier.gateway}: {type(error).__name__}"
        ) from error
    if not isinstance(getattr(gateway, "max_numbers", None), int):
        raise CarrierRefused(f"The gateway of {carrier.code} does not say how many numbers it takes")
    return gateway


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
