"""API errors in the format of https://docs.stripe.com/api/errors."""

from typing import Any


class ApiError(Exception):
    """An error response with status 400 or above."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str = "", kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param, self.kind = status, message, code, param, kind

    def body(self) -> dict[str, Any]:
        """Return the JSON body of the response."""
        error = {"type": self.kind, "message": self.message, "code": self.code, "param": self.param}
        return {"error": {name: value for name, value in error.items() if value}}


def not_found(kind: str, object_id: str) -> ApiError:
    """Return the error for an unknown id."""
    return ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")


def invalid(message: str, param: str, code: str = "") -> ApiError:
    """Return the error for an invalid parameter."""
    return ApiError(400, message, code=code, param=param)
