"""The page of a carrier on which a buyer follows a parcel."""


def get_carrier_name(carrier: str) -> str:
    """Return the name of a carrier for people: the one that the settings give to its code, or what staff have entered."""
    return carrier


def get_tracking_url(carrier: str, tracking_number: str) -> str | None:
    """Return the URL of a parcel's page at its carrier; None if that is not known."""
    return None
