"""What a buyer should know of his cart before he orders: sentences for people, codes for programs."""

from collections.abc import Sequence
from typing import Any

from carts.lines import Line
from core import money
from core.markets import Market


def found_in(lines: Sequence[Line], market: Market, user_id: int | None) -> list[dict[str, Any]]:
    """Return each line with something wrong; what is saved for later never is."""
    told = [(line, _told(line, market, user_id)) for line in lines if line.quantity]
    return [
        {
            "item_id": line.id,
            "product_id": line.product_id,
            "sku_id": line.variant_id,
            "product_name": line.name,
            "issues": [sentence for sentence, _ in issues],
            "codes": [code for _, code in issues],
        }
        for line, issues in told
        if issues
    ]


def _told(line: Line, market: Market, user_id: int | None) -> list[tuple[str, dict[str, Any]]]:
    """Return what is wrong with a line, as sentence and code; of what cannot be had at all, nothing else matters."""
    if not line.is_available:
        return [("Product is no longer available", {"code": "unavailable"})]
    if line.seller_id is not None and line.seller_id == user_id:
        return [("You cannot buy your own product", {"code": "own_product"})]
    issues = []
    if line.is_repriced and line.price is not None:
        difference = line.price_difference
        verb = "increased" if difference > 0 else "decreased"
        amounts = {"old_price": line.price_at_addition, "new_price": line.price, "difference": difference}
        texts = {name: money.text(amount, market.currency) for name, amount in amounts.items()}
        code: dict[str, Any] = {"code": f"price_{verb}", **texts}
        issues.append((f"Price {verb} by {money.text(abs(difference), market.currency)}", code))
    if line.is_short:
        short: dict[str, Any] = {"code": "insufficient_stock", "available": line.obtainable, "quantity": line.quantity}
        issues.append((f"Insufficient stock. Only {line.obtainable} available", short))
    return issues
