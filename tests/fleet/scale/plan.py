"""How large a run is, and the limits that its laws name."""

from dataclasses import dataclass

CATALOG_MAX_AGE = 2  # seconds; production has 30
MAX_LAG = 3  # seconds that the replica may be behind; production allows 10
# An answer is kept for CATALOG_MAX_AGE, and then served for twice that while a new one is fetched. It may come from a replica,
# whose lag is measured once a second; another second because HTTP counts whole ones.
MAX_CATALOG_AGE = CATALOG_MAX_AGE + 2 * CATALOG_MAX_AGE + MAX_LAG + 2
REPLICA_DELAY = 700  # milliseconds by which the replica is always behind
APPS, WORKERS = 3, 2
PRICED, SCARCE, PLAIN = 8, 6, 10  # products: with changing prices, with little stock, with enough
SCARCE_STOCK, STOCK = 8, 100_000
BASE_PRICE = 100
PARTS = ("app", "worker", "redis", "replica", "pgbouncer")


@dataclass(frozen=True)
class Plan:
    """A run: who buys, and for how many seconds each part is down."""

    seed: int
    rounds: int  # how often each part is killed
    guests: int
    customers: int
    visitors: int
    calm: float  # seconds before and after each time that a part is down
    down: float
    pause: float  # seconds that a buyer thinks between requests, on average


FULL = Plan(seed=20261129, rounds=2, guests=14, customers=10, visitors=4, calm=8, down=7, pause=0.12)
SHORT = Plan(seed=20261129, rounds=1, guests=4, customers=2, visitors=1, calm=1, down=1, pause=0.15)
