"""Base classes of domain errors. The base class determines the HTTP status, the subclass the code, and the raiser the message.

`handlers.STATUS_BY_KIND` is the only table from base class to HTTP status.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """An error to report to the client. With `field` or `errors` it is a 400 whose message is the sentence of its only field.

    `client_action` says in docs/errors.md what a client does about it.
    """

    code: ClassVar[str] = "invalid"
    default_message: ClassVar[str] = "This cannot be done"
    client_action: ClassVar[str] = "Show the message."
    field_message: ClassVar[str] = ""  # the message instead of the field's sentence

    def __init__(
        self,
        message: str = "",
        *,
        field: str = "",
        errors: dict[str, str] | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        self.message = message or self.default_message
        self.field = field
        self.errors = errors or ({field: self.message} if field else {})
        self.details = details
        self.clears_cookies: tuple[str, ...] = ()  # cookies that the response deletes
        super().__init__(self.message)


class Invalid(DomainError):
    """The request is invalid, whatever the state of the shop."""


class NotSignedIn(DomainError):
    """The caller is not authenticated."""

    code = "not_authenticated"
    default_message = "Sign in first"
    client_action = "Sign the user in, then repeat the request."


class Forbidden(DomainError):
    """The caller is authenticated but may not do this."""

    code = "forbidden"
    default_message = "You are not allowed to do this"
    client_action = "Do not offer this to the user."


class NotFound(DomainError):
    """The object does not exist or is not visible to the caller."""

    code = "not_found"
    default_message = "Not found"
    client_action = "Treat the object as gone and reload the list that named it."


class Conflict(DomainError):
    """The request conflicts with the current state of the shop."""

    code = "conflict"
    client_action = "Reload the object, show the message and let the user decide."


class PreconditionFailed(DomainError):
    """The resource is no longer the one that the client's precondition names (RFC 9110, section 15.5.13)."""

    code = "precondition_failed"
    default_message = "This was changed in the meantime. Load it again and repeat your change"
    client_action = "Load the object again, show what changed, and repeat the change with the new `ETag`."


class TooLarge(DomainError):
    """The request body exceeds the size limit."""

    code = "too_large"
    default_message = "The request body is too large"
    client_action = "Send less: the limits are 256 KB for JSON and 5 MB for a picture."


class TooManyRequests(DomainError):
    """A rate limit is exceeded; the caller may retry after `retry_after` seconds."""

    code = "throttled"
    default_message = "Too many attempts. Try again later"
    client_action = "Wait for `Retry-After` seconds, then repeat the request."

    def __init__(self, retry_after: int, scope: str = "") -> None:
        super().__init__(details={"retry_after": retry_after})
        self.retry_after = retry_after
        self.scope = scope  # for the log, not for the client


class KeyReused(DomainError):
    """An idempotency key was reused with another request body."""

    code = "idempotency_key_reused"
    default_message = "This idempotency key was used with another request"
    client_action = "Use a new `Idempotency-Key` for each new order."


class GatewayRefused(DomainError):
    """An external service rejected our request, for example its API key or a parameter."""

    code = "gateway_refused"
    client_action = "Show the message; a repetition does not help before the shop has corrected its settings."


class GatewayDown(DomainError):
    """An external service is unavailable or not configured; the caller may retry after `retry_after` seconds."""

    code = "gateway_down"
    client_action = "Repeat the request after `Retry-After` seconds."
    retry_after: int = 5
