"""The columns of a carrier's file of payments: ours, and what carriers call them.

Names are compared without case, spaces and punctuation. Of several names for one column, the first in these lists counts.
"""

from collections.abc import Mapping, Sequence

from products.importing.columns import squash
from products.importing.raw_rows import Unreadable

NAMES: Mapping[str, tuple[str, ...]] = {
    "tracking_number": (
        *("trackingnumber", "trackingno", "trackingid", "tracking", "awb", "awbno", "awbnumber", "awbcode", "waybill", "waybillno"),
        *("waybillnumber", "airwaybill", "airwaybillno", "airwaybillnumber", "consignmentno", "consignmentnumber", "docketno"),
        *("docketnumber", "lrnumber", "shipmentnumber", "shipmentid"),
    ),
    "order_number": (
        *("ordernumber", "orderno", "orderid", "order", "parcel", "parcelnumber", "label", "merchantorderid", "clientorderid"),
        *("channelorderid", "sellerorderid", "customerreference", "referencenumber", "referenceno", "reference"),
    ),
    "paid": (
        *("amountpaid", "paidamount", "paid", "amountremitted", "remittedamount", "remittanceamount", "codremitted"),
        *("codremittance", "codamount", "codvalue", "codcollected", "collectedamount", "amountcollected", "amount"),
    ),
    "charges": ("charges", "totalcharges", "charge", "codcharges", "codfee", "servicecharges", "fees", "fee", "deductions"),
    "currency": ("currency", "currencycode"),
}


def is_header(names: Sequence[str]) -> bool:
    """Return whether a line names the columns of a file of payments: what was paid, and for which parcel."""
    squashed = {squash(name) for name in names}
    has = {column: not squashed.isdisjoint(names) for column, names in NAMES.items()}
    return has["paid"] and (has["tracking_number"] or has["order_number"])


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return the position of each column that a file has. Raises Unreadable if it has the same name twice."""
    squashed = [squash(name) for name in names]
    found = {}
    for column, known in NAMES.items():
        name = next((name for name in known if name in squashed), None)
        if name is None:
            continue
        if squashed.count(name) > 1:
            raise Unreadable(f"the file has the column {names[squashed.index(name)]} twice; keep one of the two")
        found[column] = squashed.index(name)
    return found
