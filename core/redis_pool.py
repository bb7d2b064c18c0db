"""One pool of connections to Redis for all threads of a process.

Django gives each thread a cache object of its own, and each of these would have a pool of its own. The connections of a thread
that is gone stay open until the garbage collector finds them, for redis-py's objects refer to each other. Its pool is made
to be shared.
"""

from functools import cache
from typing import Any

from redis import ConnectionPool

ENOUGH = 2**31  # connections; redis-py would refuse the 101st, while the server's threads are few enough by themselves


class SharedPool:
    """The `pool_class` of Django's cache, which asks it for a pool by an address and options."""

    @staticmethod
    @cache
    def from_url(url: str, **options: Any) -> ConnectionPool:
        """Return the pool of this process for this address and these options."""
        return ConnectionPool.from_url(url, **{"max_connections": ENOUGH, **options})
