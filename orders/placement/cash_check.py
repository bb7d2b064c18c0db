"""Whether a buyer may pay their order on delivery."""

from orders import cash_rules
from orders.models import Order
from orders.placement.request import Placement


def allows_method(placement: Placement) -> bool:
    """Return whether the buyer may pay as they have chosen; Cash on Delivery is not for those who have refused too many orders.

    Counts by each number that the order's phone may mean, by the account and by its phone; one statement, or none.
    """
    request, owner = placement.request, placement.owner
    if request.method != Order.Method.COD:
        return True
    numbers = [*placement.phone_numbers, *request.account_contacts]  # an e-mail address among them is no order's number
    return cash_rules.may_pay_cash(owner.market.code, numbers, owner.user_id)
