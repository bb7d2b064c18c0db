"""The pages that staff work on promotions with, for the admin tests."""

from typing import Any

from django.test import Client

from carts.tests.factories import add_to_cart, get_cart
from core import markets
from pricing.models import PriceRules, Promotion, PromotionAmount, PromotionCode
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PROMOTIONS, CODES, REDEMPTIONS = "/admin/pricing/promotion/", "/admin/pricing/promotioncode/", "/admin/orders/redemption/"
MODELS = (Promotion, PromotionAmount, PromotionCode, PriceRules)


def build_form(promotion: Promotion | None = None, /, **fields: Any) -> dict[str, Any]:
    """Return the form of 10 % off the order with a code, as a browser would send it, with other values."""
    rows = {row.market: row.pk for row in promotion.amounts.all()} if promotion is not None else {}
    codes = [*rows, *(code for code in markets.get_markets() if code not in rows)]
    form: dict[str, Any] = {
        "name": "Summer",
        "kind": "code",
        "is_active": "on",
        "discount": "order:percent",
        "percent": "10",
        "get_percent": "100",
        "all_products": "on",
        "amounts-TOTAL_FORMS": len(codes),
        "amounts-INITIAL_FORMS": len(rows),
    }
    for number, code in enumerate(codes):
        form |= {f"amounts-{number}-market": code, f"amounts-{number}-id": rows.get(code, "")}
    for name, value in fields.items():
        field, _, market = name.partition("__")
        form[f"amounts-{codes.index(market)}-{field}" if market else field] = value
    return {name: value for name, value in form.items() if value is not None}


def save(client: Client, promotion: Promotion | None = None, /, **fields: Any) -> Any:
    """Send the form of a new promotion, or of one that there is."""
    path = f"{PROMOTIONS}{promotion.pk}/change/" if promotion is not None else f"{PROMOTIONS}add/"
    return client.post(path, build_form(promotion, **fields))


def save_new(client: Client, **fields: Any) -> Promotion:
    """Save a new promotion and return it."""
    response = save(client, **fields)
    assert response.status_code == 302, list_errors(response)
    assert response.headers["Location"] == PROMOTIONS
    promotion = Promotion.objects.first()
    assert promotion is not None
    return promotion


def list_errors(response: Any) -> dict[str, list[str]]:
    """Return the messages of a refused form by field; those of the amounts with the number of their row."""
    errors = {name: [str(text) for text in texts] for name, texts in response.context["adminform"].form.errors.items()}
    formset = response.context["inline_admin_formsets"][0].formset
    for number, row in enumerate(formset.errors):
        errors |= {f"{name} {number}": [str(text) for text in texts] for name, texts in row.items()}
    whole = [str(text) for text in formset.non_form_errors()]
    return errors | ({"amounts": whole} if whole else {})


def read_rows() -> list[Any]:
    """Return all rows of promotions, for comparison."""
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def run_action(client: Client, action: str, *promotions: Promotion, **fields: str) -> Any:
    """Run an action on promotions of the list."""
    selected = [str(promotion.pk) for promotion in promotions]
    return client.post(PROMOTIONS, {"action": action, "_selected_action": selected, **fields}, follow=True)


def read_cart(*codes: str, price: str = "100.00", quantity: int = 1, **product: Any) -> dict[str, Any]:
    """Return a new guest's cart with a product and codes."""
    client = SchemaClient()
    add_to_cart(client, make_product(price=price, **product), quantity)
    for code in codes:
        assert client.post("/api/cart/codes/", {"code": code}).status_code == 200
    return get_cart(client)
