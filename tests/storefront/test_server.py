"""serve.py: files, the page for every route, and 404"""

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.processes import ROOT
from tests.storefront.storefront_server import load_server, serve_storefront

pytestmark = pytest.mark.once
ROUTE = re.compile(r"^  \[/(\S+)/, \w+\],$", re.MULTILINE)


def test_the_server_knows_the_routes_of_the_page() -> None:
    routes = ROUTE.findall((ROOT / "examples" / "storefront" / "app.js").read_text())

    assert [route.replace(r"\/", "/") for route in routes] == list(load_server().PAGES)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/cart/", 200),
        ("/product/lamp", 200),
        ("/checkout/success", 200),
        ("/nowhere", 404),
        ("/cart/x", 404),
        ("/serve.py", 404),
    ],
)
def test_the_server_answers_404_where_there_is_no_page(path: str, status: int) -> None:
    with serve_storefront("http://localhost:8000") as storefront:
        connection = HTTPConnection(urlsplit(storefront.origin).netloc)
        connection.request("GET", path)
        response = connection.getresponse()

        assert response.status == status
        assert b'<main id="main"' in response.read()
        connection.close()
