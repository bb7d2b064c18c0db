"""The columns of a list of service areas: ours, and what carriers call them.

Delhivery's names are `pin`, `pre_paid`, `cod`, `cash`, `is_oda` and `remarks`, Blue Dart's `eTailCODAirInbound` and others, Ecom
Express's `pincode` and `active`, Shiprocket's `courier_name` and `estimated_delivery_days`. Names are compared without case, spaces
and punctuation.
"""

from collections.abc import Sequence

from products.importing import lists

# Names of one group say the same about parts of a service.
NAMES: lists.Names = {
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
    return lists.has_column(names, NAMES["postal_code"])
