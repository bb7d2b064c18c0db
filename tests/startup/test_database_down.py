"""The database is unavailable: the shop reports it, and keeps running."""

from pathlib import Path
from typing import Any

import pytest

from tests.processes import PRODUCTION, run_script

ASK = """
from django.test import Client
client = Client(SERVER_NAME="shop.example", raise_request_exception=False)
answers = {}
for url in ("/healthz", "/readyz", "/api/products/", "/api/products/7/", "/api/config/", "/api/nothing/"):
    response = client.get(url, secure=True)
    answers[url] = [response.status_code, response.json().get("code"), response.headers.get("Retry-After")]
response = client.post("/api/cart/add/", {"product_id": 1}, content_type="application/json", secure=True)
answers["POST"] = [response.status_code, response.json().get("code"), response.headers.get("Retry-After")]
print(json.dumps(answers))
"""
BUSY = [503, "database_unavailable", "2"]


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/shop.sqlite3", "postgres://ada:pw@127.0.0.1:1/shop"], ids=["file", "server"]
)
def test_what_needs_it_is_a_503_and_what_does_not_is_answered(project: Path, url: str) -> None:
    answers: dict[str, Any] = run_script(project, ASK, **PRODUCTION, DATABASE_URL=url, LOG_LEVEL="ERROR")

    assert answers == {
        "/healthz": [200, None, None],
        "/readyz": [503, "not_ready", None],
        "/api/products/": BUSY,
        "/api/products/7/": BUSY,
        "/api/config/": [200, None, None],
        "/api/nothing/": [404, "not_found", None],
        "POST": BUSY,
    }
