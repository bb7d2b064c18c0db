"""All checks, and the repair of what is derived."""

from collections.abc import Iterator

from orders.integrity import amounts, parcels, payments, promotions, stock
from orders.integrity.problems import Problem

CHECKS = (
    stock.check_stock,
    stock.check_reserved,
    amounts.check_totals,
    amounts.check_discounts,
    amounts.check_fees,
    amounts.check_taxes,
    payments.check_states,
    stock.check_sales,
    parcels.check_sent_orders,
    parcels.check_statuses,
    parcels.check_units,
    parcels.check_cash,
    payments.check_money,
    payments.check_disputes,
    promotions.check_uses,
    promotions.check_redemptions,
    stock.check_holds,
)


def find_problems() -> Iterator[Problem]:
    """Yield every mismatch. The number of statements does not depend on the number of rows."""
    for check in CHECKS:
        yield from check()


def fix_derived_values() -> int:
    """Recompute units held by carts, missing parcels, lost and refunded money, reserved units, and uses of promotions.

    Return how many were wrong. Each cart and each order is corrected in a transaction of its own: none holds the rows of two.
    """
    fixes = (
        stock.clear_stale_holds,
        parcels.fix_sent_orders,
        parcels.fix_statuses,
        payments.settle_disputes,
        payments.fix_refunded,
        stock.fix_reserved,
        promotions.fix_uses,
    )
    return sum(fix() for fix in fixes)
