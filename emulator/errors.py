"""What the API refuses, in the shape of https://docs.stripe.com/api/errors."""

from typing import Any


class ApiError(Exception):
    """An answer of status 400 or more."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str = "", kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.kind = status, message, code, param, kind

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        told = {"type": self.kind, "message": self.message, "code": self.code, "param": self.param}
        return {"error": {name: value for name, value in told.items() if value}}


def missing(what: str, name: str) -> ApiError:
    """Return the refusal of an id that is not there."""
    return ApiError(404, f"No such {what}: '{name}'", code="resource_missing", param="id")


def invalid(message: str, param: str, code: str = "") -> ApiError:
    """Return the refusal of a parameter."""
    return ApiError(400, message, code=code, param=param)
