"""The engine's connections. Django imports this module by the name of the engine (`ENGINE` in `store/environment_database.py`)."""

import datetime
import select
import time
from functools import lru_cache, partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format, TransactionStatus

MAX_IDLE = 5.0  # seconds since the last request of this connection, after which the server is asked whether it is still there
SERVER_BINDING_CURSOR: Any = base.ServerBindingCursor
OUTDATED_PLAN = "cached plan must not change result type"
TIMESTAMP = psycopg.adapters.types["timestamptz"].oid


class UtcLoader(Loader):
    """Registers psycopg's own loader of timestamps, which is compiled if psycopg is, in place of Django's.

    Django's loader sets the time zone of each value in Python. psycopg's returns times in the zone of the connection, so this class
    is used only for connections in UTC.
    """

    timezone = datetime.UTC  # Django compares it with the zone of the connection

    def __new__(cls, oid: int, context: AdaptContext | None = None) -> Any:
        """Return psycopg's loader."""
        loader = psycopg.adapters.get_loader(TIMESTAMP, Format.TEXT)
        return loader(oid, context)  # type: ignore[misc]  # psycopg has one

    def load(self, data: Any) -> Any:
        """Do nothing, because psycopg's loader reads the values."""
        raise NotImplementedError


@lru_cache
def _get_utc_adapters(template: AdaptersMap) -> AdaptersMap:
    adapters = AdaptersMap(template)
    adapters.register_loader(TIMESTAMP, UtcLoader)
    return adapters


class PreparingCursor(SERVER_BINDING_CURSOR):  # type: ignore[misc]  # the stubs of Django do not know it
    """Prepares its statements, and prepares them again after a migration has changed the columns that they return.

    Otherwise PostgreSQL refuses to execute them until the connection ends. Within a transaction, the refusal has aborted it, so
    an OperationalError is raised and the client may repeat the request.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        """Execute a statement. Raises psycopg.Error."""
        try:
            return super().execute(query, params, **options)
        except psycopg.errors.FeatureNotSupported as error:
            if OUTDATED_PLAN not in str(error):
                raise
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise psycopg.OperationalError("a migration has changed a column that this transaction reads") from error
        super().execute("DEALLOCATE ALL")  # psycopg forgets its statements then, as it does after a ROLLBACK
        return super().execute(query, params, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that costs less than Django's in a busy process.

    Its health check (`CONN_HEALTH_CHECKS`) usually needs no round trip. A server that closes a connection sends a message, which
    makes the socket readable. A host that has vanished sends nothing: the server is asked again after some idle seconds, and until
    then `tcp_user_timeout` limits how long a request waits.

    The option `reply_timeout` limits how many seconds the client waits for a reply. It is for a server that accepts statements but
    does not answer, so that its own limits have no effect.
    """

    health_check_done: bool  # set by Django: whether this request has checked the connection
    _used_at = float("-inf")  # on the monotonic clock
    _kept_cursor: CursorWrapper | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """Return the arguments of a new connection."""
        params: dict[str, Any] = super().get_connection_params()
        params.pop("reply_timeout", None)
        if params["cursor_factory"] is SERVER_BINDING_CURSOR:
            params["cursor_factory"] = PreparingCursor
        if self.timezone is datetime.UTC:
            params["context"] = _get_utc_adapters(params["context"])
        return params

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect, or take a connection from the pool."""
        connection: Any = super().get_new_connection(conn_params)
        timeout = self.settings_dict["OPTIONS"].get("reply_timeout")
        if timeout is not None:
            connection.wait = partial(type(connection).wait, connection, timeout=timeout)
        return connection

    def get_kept_cursor(self) -> CursorWrapper:
        """Return the cursor that this connection keeps, because opening one costs as much as a short statement.

        Fetch all rows before the next statement, and do not close it.
        """
        if self.queries_logged:
            return self.cursor()
        self.close_if_health_check_failed()
        if self.connection is None or self._kept_cursor is None or self._kept_cursor.connection is not self.connection:
            self._kept_cursor = self.cursor()
        return self._kept_cursor

    def close_if_unusable_or_obsolete(self) -> None:
        """Note at the end of a request that the connection was used."""
        if self.health_check_done:
            self._used_at = time.monotonic()
        super().close_if_unusable_or_obsolete()

    def close_if_health_check_failed(self) -> None:
        """Check the connection before the first statement of a request."""
        if self.connection is None or self.health_check_done:
            return
        if time.monotonic() - self._used_at < MAX_IDLE and not _has_ended(self.connection):
            self.health_check_done = True
        super().close_if_health_check_failed()


def _has_ended(connection: Any) -> bool:
    """Return whether the connection is closed, or has unread data: the message with which the server closes it."""
    if connection.closed:
        return True
    poller = select.poll()
    poller.register(connection.fileno(), select.POLLIN)
    return bool(poller.poll(0))
