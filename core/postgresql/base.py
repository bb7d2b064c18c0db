"""The engine's connections. Django imports this module by the name of the engine (`ENGINE` in `store/environment_database.py`)."""

import select
import time
from typing import Any

from django.db.backends.postgresql import base

MAX_IDLE = 5.0  # seconds since the last request of this connection, after which the server is asked whether it is still there


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose health check (`CONN_HEALTH_CHECKS`) costs no round trip in a busy process.

    A server that ends a connection says so, which makes the socket readable. A host that vanished says nothing: the server is
    asked again after some idle seconds, and meanwhile `tcp_user_timeout` limits how long a request waits.
    """

    _used_at = float("-inf")  # on the monotonic clock

    def close_if_unusable_or_obsolete(self) -> None:
        """Note at the end of a request that the connection was used."""
        if self.health_check_done:
            self._used_at = time.monotonic()
        super().close_if_unusable_or_obsolete()

    def close_if_health_check_failed(self) -> None:
        """Check the connection before the first statement of a request."""
        if self.connection is not None and time.monotonic() - self._used_at < MAX_IDLE and not _has_input(self.connection):
            self.health_check_done = True
        super().close_if_health_check_failed()


def _has_input(connection: Any) -> bool:
    """Return whether the server has sent something that nobody asked for: that it ends the connection."""
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))
