"""Following the pagination links of the product list."""

from tests.schema_client import SchemaClient

SITE = "http://testserver"


def follow_links(api: SchemaClient, start: str, direction: str = "next") -> tuple[list[list[int]], str]:
    """Follow the links from page to page; return the ids on each page, and the URL of the last page."""
    pages, url = [], start
    while True:
        body = api.get(url).json()
        pages.append([row["id"] for row in body["data"]])
        link = body["pagination"][direction]
        if link is None:
            return pages, url
        assert link.startswith(f"{SITE}/api/products/?")
        url = link.removeprefix(SITE)


def list_ids_both_ways(api: SchemaClient, query: str) -> list[int]:
    """Follow the links to the last page and back to the first; check that both ways agree, and return the ids in order."""
    forwards, last = follow_links(api, f"/api/products/?{query}")
    backwards, first = follow_links(api, last, "previous")
    assert backwards == forwards[::-1]
    assert follow_links(api, first) == (forwards, last)
    return [pk for page in forwards for pk in page]
