"""POST /api/cart/add/"""

from decimal import Decimal

from carts.models import CartAuditLog, CartItem
from products.tests.factories import change_price, make_product
from tests.schema_client import SchemaClient


def test_the_price_is_kept_as_it_was_when_added(api: SchemaClient) -> None:
    lamp = make_product(price=Decimal("20.00"))
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2})
    change_price(lamp, "25.00")

    response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert response.status_code == 200
    assert response.json()["message"] == "Cart item quantity updated"
    assert response.json()["data"]["total_price"] == "60.00"
    assert response.json()["data"]["price_difference"] == "5.00"


def test_more_than_the_stock_is_refused_and_nothing_changes(api: SchemaClient) -> None:
    lamp = make_product(stock=3)

    response = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 4})

    assert response.status_code == 400
    assert response.json()["errors"] == {"quantity": ["Only 3 unit(s) available"]}
    assert not CartItem.objects.exists()
    assert not CartAuditLog.objects.exists()
