"""Codes that are for one order only"""

from carts.tests.factories import add_code, add_to_cart, get_cart
from orders.models import Redemption
from orders.tests.factories import placed
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def test_a_code_for_one_order_is_used_up_for_other_carts(db: None) -> None:
    make_promotion(code="ONCE", single_use=True)
    ada, bob = SchemaClient(), SchemaClient()
    for client in (ada, bob):
        add_to_cart(client, make_product(price="20.00"))
        add_code(client, "ONCE")

    order = placed(ada)

    assert (order["discount_total"], order["total"]) == ("2.00", "18.00")
    reason = {"code": "used_up", "text": "This code has been used up"}
    assert get_cart(bob)["codes"] == [{"code": "ONCE", "status": "ended", "reason": reason}]
    assert SchemaClient().post("/api/cart/codes/", {"code": "ONCE"}).json()["code"] == "code_unknown"


def test_two_orders_with_the_same_codes_take_them_in_the_same_sequence(api: SchemaClient) -> None:
    small = make_promotion(code="SMALL", single_use=True, combines=True, percent=5)
    large = make_promotion(code="LARGE", single_use=True, combines=True, percent=20)
    add_to_cart(api, make_product())

    order = placed(api, codes=["LARGE", "SMALL"])

    assert [row["code"] for row in order["discounts"]] == ["LARGE", "SMALL"]
    assert list(Redemption.objects.order_by("pk").values_list("promotion", flat=True)) == [small.pk, large.pk]
