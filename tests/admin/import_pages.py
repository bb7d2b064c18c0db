"""Imports in the admin for tests: upload a file, run the jobs, read the pages."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import outbox
from products.models import ImportRun

PAGE = "/admin/products/importrun/"
CSV = "sku,name,price,stock\nL-1,Brass lamp,25.00,7\nM-1,Mug,4.50,3\nX-1,Broken,x,1\n"


def make_file(content: str | bytes | Sequence[Any], name: str = "products.csv") -> SimpleUploadedFile:
    """Return a file to upload; a list of rows becomes JSON."""
    if not isinstance(content, str | bytes):
        content, name = json.dumps(content), "products.json"
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def upload(client: Client, content: str | bytes | Sequence[Any] = CSV, *, name: str = "products.csv", **fields: str) -> ImportRun:
    """Upload a file, and return its run before any job has run."""
    response = client.post(f"{PAGE}upload/", {"file": make_file(content, name), **fields})
    assert response.status_code == 302, response.content.decode()
    run = ImportRun.objects.first()
    assert run is not None
    assert response["Location"] == f"{PAGE}{run.pk}/change/"
    return run


def upload_and_check(client: Client, content: str | bytes | Sequence[Any] = CSV, **fields: str) -> ImportRun:
    """Upload a file and have it checked."""
    run = upload(client, content, **fields)
    run_jobs()
    run.refresh_from_db()
    return run


def confirm(client: Client, run: ImportRun) -> None:
    """Press *Import now*."""
    assert client.post(f"{PAGE}{run.pk}/confirm/").status_code == 302


def confirm_and_import(client: Client, run: ImportRun) -> None:
    """Press *Import now*, and have the file imported."""
    confirm(client, run)
    run_jobs()
    run.refresh_from_db()


def run_jobs() -> None:
    """Run the background jobs that are due, none of which may fail."""
    assert outbox.run_due()[1] == 0


def get_page(client: Client, run: ImportRun) -> str:
    """Return the text of a run's page."""
    response = client.get(f"{PAGE}{run.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def get_counts(run: ImportRun) -> tuple[int, int, int, int, int]:
    """Return the counts of a run: created, changed, unchanged, failed, deactivated."""
    return run.created_count, run.changed_count, run.unchanged_count, run.failed_count, run.deactivated_count


def read_report(client: Client, run: ImportRun) -> list[list[str]]:
    """Download the report and return its lines."""
    response: Any = client.get(f"{PAGE}{run.pk}/report/")
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(content.decode("utf-8-sig"))))
