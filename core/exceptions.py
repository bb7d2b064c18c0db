"""The kinds of refusal. A kind gives the status, a subclass the code, and whoever raises it the words.

`handlers.STATUS` is the one table from kind to HTTP status.
"""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that the caller shall hear; one of a `field`, or else of several in `errors`, is a 400 "Validation failed"."""

    code: ClassVar[str] = "invalid"
    default_message: ClassVar[str] = "This cannot be done"

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
        self.clears_cookies: tuple[str, ...] = ()  # cookies that the answer deletes
        super().__init__(self.message)


class Invalid(DomainError):
    """Can never be done as asked."""


class NotSignedIn(DomainError):
    """The caller has not proved who he is."""

    code = "not_authenticated"
    default_message = "Sign in first"


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code = "forbidden"
    default_message = "You are not allowed to do this"


class NotFound(DomainError):
    """There is no such thing, or none that is this caller's."""

    code = "not_found"
    default_message = "Not found"


class Conflict(DomainError):
    """Could have been done, had the shop been in another state."""

    code = "conflict"


class TooLarge(DomainError):
    """The body is larger than the shop reads."""

    code = "too_large"
    default_message = "The request body is too large"


class TooManyRequests(DomainError):
    """Too many calls in too short a time; worth another try in `retry_after` seconds."""

    code = "throttled"
    default_message = "Too many attempts. Try again later"

    def __init__(self, retry_after: int) -> None:
        super().__init__(details={"retry_after": retry_after})
        self.retry_after = retry_after


class KeyReused(DomainError):
    """An idempotency key came back with another body."""

    code = "idempotency_key_reused"
    default_message = "This idempotency key was used with another request"


class GatewayRefused(DomainError):
    """The other side says that we are wrong: a key, a parameter."""

    code = "gateway_refused"


class GatewayDown(DomainError):
    """The other side did not answer, or is not configured; worth another try in `retry_after` seconds."""

    code = "gateway_down"
    retry_after: int = 5
