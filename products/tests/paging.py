"""Following the links of a list from page to page."""

from tests.schema_client import SchemaClient

SITE = "http://testserver"


def walk(api: SchemaClient, start: str, way: str = "next") -> tuple[list[list[int]], str]:
    """Follow the links from page to page; return the ids on each page, and the address of the last."""
    pages, address = [], start
    while True:
        body = api.get(address).json()
        pages.append([shown["id"] for shown in body["data"]])
        link = body["pagination"][way]
        if link is None:
            return pages, address
        assert link.startswith(f"{SITE}/api/products/?")
        address = link.removeprefix(SITE)


def there_and_back(api: SchemaClient, query: str) -> list[int]:
    """Follow the links to the last page, and back to the first; return the ids in their order, which both ways agree on."""
    forwards, last = walk(api, f"/api/products/?{query}")
    backwards, first = walk(api, last, "previous")
    assert backwards == forwards[::-1]
    assert walk(api, first) == (forwards, last)
    return [pk for page in forwards for pk in page]
