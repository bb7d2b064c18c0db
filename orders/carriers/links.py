"""The name of a carrier, and its page on which a buyer follows a parcel."""

from urllib.parse import quote

from orders.carriers.registry import find_carrier


def get_carrier_name(carrier: str) -> str:
    """Return the name of a carrier for people: the one that the settings give to its code, or what staff have entered."""
    known = find_carrier(carrier) if carrier else None
    return known.name if known is not None else carrier


def get_tracking_url(carrier: str, tracking_number: str) -> str | None:
    """Return the URL of a parcel's page at its carrier; None if that is not known."""
    known = find_carrier(carrier) if carrier and tracking_number else None
    if known is None or not known.tracking_url:
        return None
    return known.tracking_url.replace("{number}", quote(tracking_number, safe=""))
