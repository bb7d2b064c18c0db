"""The columns of a carrier's file of payments: ours, and what carriers call them."""

from collections.abc import Sequence

from orders.carriers.columns import TRACKING_NUMBER
from products.importing import lists

NAMES: lists.Names = {
    "tracking_number": TRACKING_NUMBER,
    "order_number": (
        *(("ordernumber",), ("orderno",), ("orderid",), ("order",), ("parcel",), ("parcelnumber",), ("label",)),
        *(("merchantorderid",), ("clientorderid",), ("channelorderid",), ("sellerorderid",), ("customerreference",)),
        *(("referencenumber",), ("referenceno",), ("reference",)),
    ),
    "paid": (
        *(("amountpaid",), ("paidamount",), ("paid",), ("amountremitted",), ("remittedamount",), ("remittanceamount",)),
        *(("codremitted",), ("codremittance",), ("codamount",), ("codvalue",), ("codcollected",), ("collectedamount",)),
        *(("amountcollected",), ("amount",)),
    ),
    "charges": (
        *(("charges",), ("totalcharges",), ("charge",), ("codcharges",), ("codfee",), ("servicecharges",), ("fees",), ("fee",)),
        ("deductions",),
    ),
    "currency": (("currency",), ("currencycode",)),
}


def is_header(names: Sequence[str]) -> bool:
    """Return whether a line names the columns of a file of payments: what was paid, and for which parcel."""
    names_parcel = any(lists.has_column(names, NAMES[column]) for column in ("tracking_number", "order_number"))
    return names_parcel and lists.has_column(names, NAMES["paid"])
