"""`manage.py write_error_reference`: write docs/errors.md."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from drf_spectacular.generators import SchemaGenerator

from core.http.openapi.error_reference import build_error_reference


class Command(BaseCommand):
    """Write the reference of all refusals, with the codes of the OpenAPI document."""

    help = "Write the reference of all error codes (docs/errors.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write the file."""
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        file.write_text(build_error_reference(document["components"]["schemas"]["KnownRefusalCode"]["enum"]))
