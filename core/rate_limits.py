"""How often somebody may do something. Counted before anything costly is done, in the cache that all processes share.

A window begins with its first call. `incr` is atomic in Redis and, under a lock, in this process's memory, so that callers at the
same moment cannot slip past a limit, as they can where a list of times is read and written back.
"""

import ipaddress
import logging
import time
from typing import Any

from django.conf import settings
from django.core.cache import caches
from redis.exceptions import RedisError

from core.exceptions import TooManyRequests

logger = logging.getLogger("shop.throttles")
NETWORK = 64  # bits: whoever has an IPv6 address has a network of this size


def count(scope: str, *who: object) -> None:
    """Count one call of `who` against each rate of the scope. Raises TooManyRequests where there have been too many."""
    if not settings.THROTTLE_ENABLED:
        return
    for limit, seconds in settings.THROTTLE_RATES[scope]:
        key = ":".join(("throttle", scope, str(seconds), *(str(part) for part in who)))
        wait = _wait(key, limit, seconds)
        if wait is not None:
            logger.info("%s: more than %s in %s s", scope, limit, seconds)
            raise TooManyRequests(wait)


def caller_key(ip: str | None) -> str:
    """Return what counts as one caller: an IPv4 address, or the network of an IPv6 one."""
    if ip is None or ":" not in ip:
        return ip or "unknown"
    return str(ipaddress.ip_network((ip, NETWORK), strict=False).network_address)


def _wait(key: str, limit: int, seconds: int) -> int | None:
    """Count a call; None while the limit holds, else the seconds until the window ends."""
    try:
        return _counted(caches["throttles"], key, limit, seconds)
    except RedisError as wrong:
        logger.error("Redis does not answer, so this process counts alone: %s", type(wrong).__name__)
        return _counted(caches["throttles_alone"], key, limit, seconds)


def _counted(cache: Any, key: str, limit: int, seconds: int) -> int | None:
    try:
        calls: int = cache.incr(key)
    except ValueError:  # the first call of a window
        cache.add(key, 0, seconds)
        calls = cache.incr(key)
    if calls == 1:
        cache.set(f"{key}:end", time.time() + seconds, seconds)
        cache.touch(key, seconds)  # had the key ended between the two, `incr` would have made one that stays
    if calls <= limit:
        return None
    end: float = cache.get(f"{key}:end", 0)
    return max(1, round(end - time.time()))
