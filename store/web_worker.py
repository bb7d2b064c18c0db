"""The gunicorn worker of the shop: a slow or hostile client holds its threads for a limited time only.

gunicorn's threaded worker waits for the rest of a request for as long as the client likes, so four half-sent bodies block four
threads for good. Here reading has a deadline, as in Apache's mod_reqtimeout: `read_timeout` seconds, and one more for each KB that
has arrived. The head of a request is limited as a whole, because gunicorn searches all of it again after each packet. What the
shop has not read of a body is discarded before its answer is sent; if that is too much, the answer says `Connection: close`, so
that no proxy sends its next request into the rest (RFC 9112 §9.6).

It overrides `SocketUnreader.chunk`, `Request.read_into`, `Message.should_close`, `ThreadWorker.handle` and `Worker.handle_error`
of gunicorn 27.
"""

import errno
import select
import socket
import time
from contextlib import suppress
from logging import Formatter
from typing import Any

from gunicorn import util
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import ThreadWorker

from core.limits import MAX_BODY
from core.redaction import RedactedFormatter, shorten

MIN_RATE = 1024  # bytes per second
MAX_HEAD = 64 * 1024  # bytes of request line and headers
DRAIN_SECONDS = 2.0  # for the rest of a body that the shop did not read
LINGER_SECONDS, LINGER_BYTES = 1.0, 512 * 1024  # for a client that still sends while it is being refused
MAX_QUOTED = 100  # characters of a malformed request
SEND_TIMEOUTS = 3  # read timeouts in which a client must accept something of its answer


class SlowClient(TimeoutError):
    """The client did not send its request in time. gunicorn ignores errors with this number without a traceback."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the client is too slow")


class TimedUnreader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no type hints
    """Reads from the socket until a deadline, which moves as data arrives."""

    def __init__(self, sock: socket.socket, read_timeout: float) -> None:
        super().__init__(sock)
        self.read_timeout = read_timeout
        self.restart(read_timeout)

    def restart(self, seconds: float) -> None:
        """Allow this many seconds from now on."""
        self.deadline = time.monotonic() + seconds

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what has arrived; wait for it if need be. Raises SlowClient."""
        seconds = max(self.deadline - time.monotonic(), 0)
        socket_timeout = self.sock.gettimeout()
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        if not poller.poll(1000 * (seconds if socket_timeout is None else min(seconds, socket_timeout))):
            raise SlowClient
        data: bytes = super().chunk(size_hint)
        self.deadline += len(data) / MIN_RATE
        return data


class LimitedRequest(Request):  # type: ignore[misc]  # gunicorn has no type hints
    """A request with a limited head, whose body never reaches into the next request."""

    unreader: TimedUnreader
    is_drained: bool | None = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.unreader.restart(self.unreader.read_timeout)  # for the body

    def read_into(self, unreader: TimedUnreader, buf: bytearray, stop: bool = False) -> None:
        """Read more of the head. Raises LimitRequestHeaders, SlowClient."""
        super().read_into(unreader, buf, stop)
        if len(buf) > MAX_HEAD + unreader.mxchunk:  # the last chunk may hold a part of the body
            raise LimitRequestHeaders(f"more than {MAX_HEAD // 1024} KB")

    def should_close(self) -> bool:
        """Return whether the connection ends with this request. gunicorn asks before it sends the headers of the answer."""
        if super().should_close():
            return True
        if self.is_drained is None:
            self.is_drained = self._drain()
        return not self.is_drained

    def _drain(self) -> bool:
        """Discard the rest of the body; return whether its end was reached."""
        reader = self.body.reader
        if self.body.failed or (isinstance(reader, LengthReader) and reader.length > MAX_BODY):
            return False
        self.unreader.restart(DRAIN_SECONDS)
        try:
            return len(self.body.read(MAX_BODY + 1)) <= MAX_BODY
        except Exception:  # noqa: BLE001 - a slow client, a reset connection or a malformed chunk
            return False


class LimitedParser(RequestParser):  # type: ignore[misc]  # gunicorn has no type hints
    """Parses the requests of a connection."""

    mesg_class = LimitedRequest

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, read_timeout: float) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = TimedUnreader(sock, read_timeout)


class LimitedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no type hints
    """The threaded worker with limits. `read_timeout` is in seconds; gunicorn.conf.py sets it."""

    read_timeout = 20.0

    def init_process(self) -> None:
        """Start the worker; what gunicorn logs of a request is cleaned like every other line."""
        for handler in self.log.error_log.handlers:
            own = handler.formatter or Formatter()
            handler.setFormatter(RedactedFormatter(own._fmt, own.datefmt))
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle a request in a thread. If the connection ends with it, linger here: gunicorn would do so in its main loop."""
        if conn.parser is None and not self.cfg.is_ssl:
            conn.parser = LimitedParser(self.cfg, conn.sock, conn.client, self.read_timeout)
            if conn.sock.family != socket.AF_UNIX:
                milliseconds = int(1000 * SEND_TIMEOUTS * self.read_timeout)
                conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        if isinstance(conn.parser, LimitedParser):
            conn.parser.unreader.restart(self.read_timeout)
        keeps_open = super().handle(conn)
        if keeps_open is False:
            _linger(conn.sock)
        return keeps_open

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a malformed request as the shop would. The log line quotes the beginning of what was sent, the answer nothing."""
        from store import server_refusals  # it imports Django, which the arbiter must not keep over a reload

        status, info = server_refusals.find_refusal(exc)
        request_id, response = server_refusals.build_response(status, info)
        if status == 500:
            self.log.error("Error handling request %s", request_id, exc_info=exc)
        else:
            ip = addr[0] if addr else ""  # of a Unix socket
            self.log.warning("Invalid request %s from ip=%s: %s", request_id, ip, shorten(str(exc), MAX_QUOTED))
        with suppress(OSError):
            util.write_nonblock(client, response)


def _linger(sock: socket.socket) -> None:
    """End the answer and read what the client still sends, for a moment, so that a reset does not discard the answer."""
    with suppress(OSError):
        util.close_graceful(sock.dup(), LINGER_SECONDS, LINGER_BYTES)
        sock.shutdown(socket.SHUT_RDWR)
