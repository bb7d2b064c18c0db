"""The OpenAPI document: `api_schema` describes a view method, `auto_schema` writes the operation, `hooks` the whole document."""

from core.http.openapi.operation import api_schema
from core.http.openapi.responses import CountedPaginationResponse, PaginationResponse

__all__ = ["CountedPaginationResponse", "PaginationResponse", "api_schema"]
