"""The columns of a list of service areas: ours, and what carriers call them.

Delhivery's names are `pin`, `pre_paid`, `cod`, `cash`, `is_oda` and `remarks`, Blue Dart's `eTailCODAirInbound` and others, Ecom
Express's `pincode` and `active`, Shiprocket's `courier_name` and `estimated_delivery_days`. Names are compared without case, spaces
and punctuation.
"""

from collections.abc import Sequence

from products.importing.columns import squash
from products.importing.raw_rows import Unreadable

# Groups of names for each column. The first group that a file has counts; names of one group say the same about parts of a service.
NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "postal_code": (
        ("postalcode",),
        ("pincode",),
        ("pin",),
        ("postcode",),
        ("zipcode",),
        ("zip",),
        ("deliverypincode",),
        ("deliverypostcode",),
        ("destinationpincode",),
        ("droppincode",),
    ),
    "market": (("market",),),
    "country": (("country",), ("countrycode",), ("countryname",)),
    "carrier": (("carrier",), ("couriername",), ("courier",), ("carriername",), ("courierpartner",)),
    "prepaid": (
        ("prepaid",),
        ("prepaiddelivery",),
        ("prepaidavailable",),
        ("isprepaid",),
        ("etailprepaidairinbound", "etailprepaidgroundinbound"),
    ),
    "cod": (
        ("cod",),
        ("cashondelivery",),
        ("coddelivery",),
        ("codavailable",),
        ("iscod",),
        ("etailcodairinbound", "etailcodgroundinbound"),
        ("cash",),
    ),
    "days": (
        *(("days",), ("tat",), ("tatdays",), ("tatindays",), ("deliverydays",), ("transitdays",), ("estimateddeliverydays",)),
        *(("sla",), ("sladays",)),
    ),
    "served": (("serviceable",), ("isserviceable",), ("active",), ("isactive",)),
    "remarks": (("remarks",), ("remark",)),
}
FLAGS = ("prepaid", "cod", "served")


def is_header(names: Sequence[str]) -> bool:
    """Return whether a line names the columns of a list of service areas."""
    squashed = {squash(name) for name in names}
    return any(squashed.intersection(group) for group in NAMES["postal_code"])


def find_columns(names: Sequence[str]) -> dict[str, list[int]]:
    """Return the positions of each column that a file has. Raises Unreadable if it has the same name twice."""
    squashed = [squash(name) for name in names]
    found = {}
    for column, groups in NAMES.items():
        group = next((group for group in groups if set(group) & set(squashed)), ())
        positions = [position for position, name in enumerate(squashed) if name in group]
        if len({squashed[position] for position in positions}) < len(positions):
            raise Unreadable(f"the file has the column {names[positions[0]]} twice; keep one of the two")
        if positions:
            found[column] = positions
    return found


def list_unread(names: Sequence[str], found: dict[str, list[int]]) -> list[str]:
    """Return the names of the columns that are not read."""
    read = {position for positions in found.values() for position in positions}
    return [name for position, name in enumerate(names) if name and position not in read]
