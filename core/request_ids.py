"""The id of the request that is being answered, or of that which enqueued the running job."""

from contextvars import ContextVar

NONE = "-"
MAX_REQUEST_ID = 64  # characters
current_request_id: ContextVar[str] = ContextVar("request_id", default=NONE)


def get_request_id() -> str:
    """Return the id, for a row that the request writes; an empty string outside of requests."""
    request_id = current_request_id.get()
    return "" if request_id == NONE else request_id
