"""Watches the books while the shop is at work."""

import threading

import psycopg

from tests.fleet.scale.laws import Laws

PAUSE = 0.5  # seconds
# Variants whose books do not add up. One statement sees one moment, in which no transaction is half done.
MISMATCHES = """
SELECT sku, stock, reserved FROM products_variant AS variant
WHERE stock < 0 OR reserved < 0 OR reserved > stock
OR stock <> (SELECT coalesce(sum(delta), 0) FROM products_stockmovement WHERE variant_id = variant.id)
OR reserved <> (
    SELECT coalesce(sum(quantity), 0) FROM orders_orderitem AS item JOIN orders_order AS placed ON placed.id = item.order_id
    WHERE item.variant_id = variant.id AND placed.stock_state = 'reserved'
)
"""


class StockWatcher(threading.Thread):
    """Adds up the stock on the primary, again and again, past PgBouncer."""

    def __init__(self, database_url: str, laws: Laws, is_over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.database_url, self.laws, self.is_over = database_url, laws, is_over

    def run(self) -> None:
        """Watch until the run is over."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            while not self.is_over.wait(PAUSE):
                rows = connection.execute(MISMATCHES).fetchall()
                self.laws.check(1, not rows, f"stock that does not add up (SKU, on hand, reserved): {rows}")
