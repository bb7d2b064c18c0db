"""Issues in a cart that buyers should know about before they order: sentences for people, codes for programs."""

from collections.abc import Sequence
from typing import Any

from carts.lines import Line
from core import money
from core.markets import Market


def find_issues(lines: Sequence[Line], market: Market, user_id: int | None) -> list[dict[str, Any]]:
    """Return the lines that have issues; lines saved for later have none."""
    findings = [(line, _find_line_issues(line, market, user_id)) for line in lines if line.quantity]
    return [
        {
            "item_id": line.id,
            "product_id": line.product_id,
            "sku_id": line.variant_id,
            "product_name": line.name,
            "issues": [sentence for sentence, _ in issues],
            "codes": [code for _, code in issues],
        }
        for line, issues in findings
        if issues
    ]


def _find_line_issues(line: Line, market: Market, user_id: int | None) -> list[tuple[str, dict[str, Any]]]:
    """Return a line's issues as sentence and code; a line that cannot be bought at all has only that one."""
    if not line.is_available:
        return [("Product is no longer available", {"code": "unavailable"})]
    if line.seller_id is not None and line.seller_id == user_id:
        return [("You cannot buy your own product", {"code": "own_product"})]
    issues = []
    if line.is_repriced and line.price is not None:
        difference = line.price_difference
        verb = "increased" if difference > 0 else "decreased"
        amounts = {"old_price": line.price_at_addition, "new_price": line.price, "difference": difference}
        formatted = {name: money.format_amount(amount, market.currency) for name, amount in amounts.items()}
        code: dict[str, Any] = {"code": f"price_{verb}", **formatted}
        issues.append((f"Price {verb} by {money.format_amount(abs(difference), market.currency)}", code))
    if line.is_short:
        shortage: dict[str, Any] = {"code": "insufficient_stock", "available": line.available_units, "quantity": line.quantity}
        issues.append((f"Insufficient stock. Only {line.available_units} available", shortage))
    return issues
