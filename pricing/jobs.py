"""Background jobs of promotions and sales."""

from typing import Any

from core import outbox
from pricing import rules
from pricing.sales import ending, starting


@outbox.job(rules.REBUILD_JOB)
def rebuild_price_rules(payload: dict[str, Any]) -> None:
    """Derive the rules of all markets again, after the category tree has changed."""
    rules.rebuild()


@outbox.job(starting.START_JOB)
def start_sale(payload: dict[str, Any]) -> None:
    """Start a sale, unless its start was moved or it was cancelled."""
    starting.start(payload["sale"], waits=payload.get("waits", 0))


@outbox.job(starting.REDUCE_JOB)
def reduce_sale_prices(payload: dict[str, Any]) -> None:
    """Reduce the prices of a batch of products."""
    starting.reduce_prices(payload["sale"], payload["products"])


@outbox.job(ending.END_JOB)
def end_sale(payload: dict[str, Any]) -> None:
    """End a sale, unless its end was moved."""
    ending.end(payload["sale"])


@outbox.job(ending.RESTORE_JOB)
def restore_sale_prices(payload: dict[str, Any]) -> None:
    """Restore the prices of a batch of products."""
    ending.restore_prices(payload["sale"], payload["products"])
