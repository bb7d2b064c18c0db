"""The answer to OPTIONS."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class NoMetadata(BaseMetadata):
    """Answers OPTIONS without a description: `Allow` lists the methods (RFC 9110 §9.3.7), `/api/schema/` describes them."""

    def determine_metadata(self, request: Request, view: Any) -> None:
        """Return no data."""
