"""Carriers and tracking numbers, as staff and files enter them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from django.db import IntegrityError

from core.characters import drop_invisible, fold_digits
from orders.carriers.links import get_carrier_name
from orders.carriers.registry import is_same_carrier, list_carriers, normalize_carrier
from orders.exceptions import TrackingNumberRefused
from orders.models import Shipment
from orders.models.shipment import MAX_CARRIER, MAX_TRACKING_NUMBER
from pricing.models import ServiceArea

NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9 ./_#:+-]*[A-Z0-9])?", re.ASCII | re.IGNORECASE)
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
RECENT = 1_000  # parcels whose carriers are suggested


def clean(carrier: str, tracking_number: str) -> tuple[str, str]:
    """Return a carrier and a tracking number without needless spaces; both may be empty. Raises TrackingNumberRefused."""
    return clean_carrier(carrier), clean_number(tracking_number)


def clean_carrier(text: str) -> str:
    """Return the code of a carrier in the settings, or else its name without needless spaces. Raises TrackingNumberRefused."""
    carrier = " ".join(drop_invisible(text).split())
    if len(carrier) > MAX_CARRIER:
        raise TrackingNumberRefused(f"The name of a carrier has at most {MAX_CARRIER} characters", field="carrier")
    return normalize_carrier(carrier)


def clean_number(text: str) -> str:
    """Return a tracking number without needless spaces. Raises TrackingNumberRefused."""
    number = fold_digits(" ".join(drop_invisible(text).split()))
    if len(number) > MAX_TRACKING_NUMBER:
        message = f"A tracking number has at most {MAX_TRACKING_NUMBER} characters"
    elif ROUNDED.fullmatch(number):
        message = f"{number} is a number that a spreadsheet has rounded; format the column as text"
    elif number and not NUMBER.fullmatch(number):
        message = "A tracking number has letters from A to Z, digits, and signs such as - and / between them"
    else:
        return number
    raise TrackingNumberRefused(message, field="tracking_number")


def check_unused(shipment: Shipment, carrier: str, tracking_number: str) -> None:
    """Raise TrackingNumberRefused if another parcel of the carrier has this number. A cancelled one never had it."""
    if not tracking_number:
        return
    others = Shipment.objects.exclude(state=Shipment.State.CANCELLED).exclude(pk=shipment.pk)
    found = others.filter(tracking_number=tracking_number).select_related("order").order_by("pk")
    other = next((parcel for parcel in found if is_same_carrier(parcel.carrier, carrier)), None)
    if other is not None:
        raise TrackingNumberRefused(describe_use(other), field="tracking_number")


@contextmanager
def refuse_used_numbers() -> Iterator[None]:
    """Raise TrackingNumberRefused if the database finds that another parcel has just got the number; decorates a service.

    `check_unused` finds only what is committed.
    """
    try:
        yield
    except IntegrityError as error:
        if Shipment.UNIQUE_NUMBER not in str(error):
            raise
        raise TrackingNumberRefused("Another parcel has just got this tracking number", field="tracking_number") from error


def describe_use(other: Shipment) -> str:
    """Return the sentence that says which parcel has a tracking number."""
    return f"Parcel {other.label} has this tracking number"


def list_known_carriers() -> dict[str, str]:
    """Return the carriers of the settings, of the latest parcels and of the service areas, by their names; two statements."""
    recent = Shipment.objects.order_by("-pk").values_list("carrier", flat=True)[:RECENT]
    areas = ServiceArea.objects.order_by().values_list("carrier", flat=True).distinct()
    codes = [carrier.code for carrier in list_carriers()]
    codes += [normalize_carrier(carrier) for carrier in chain(recent, areas) if carrier]
    by_spelling = {code.casefold(): code for code in reversed(codes)}  # the first spelling of each counts
    names = {get_carrier_name(code): code for code in by_spelling.values()}
    return {name: names[name] for name in sorted(names, key=str.casefold)}
