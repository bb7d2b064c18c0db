"""One Redis connection pool for all threads of a process.

Django creates a cache object for each thread, and each would have its own pool. The connections of a finished thread stay open
until the garbage collector finds them, because redis-py's objects form reference cycles. Its pool is designed
to be shared between threads.
"""

from functools import cache
from typing import Any

from redis import ConnectionPool

MAX_CONNECTIONS = 2**31  # redis-py's default of 100 would raise an error; the number of server threads is the real limit


class SharedPool:
    """The `pool_class` of Django's cache, which requests a pool by URL and options."""

    @staticmethod
    @cache
    def from_url(url: str, **options: Any) -> ConnectionPool:
        """Return this process's pool for this URL and these options."""
        return ConnectionPool.from_url(url, **{"max_connections": MAX_CONNECTIONS, **options})
