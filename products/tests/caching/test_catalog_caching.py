"""The catalog and HTTP caches: ETag and 304 (RFC 9110)"""

from typing import Any

import pytest
from django.test import Client

from products.tests.factories import make_category, make_product, set_price, update_variant
from tests.schema_client import SchemaClient

URLS = [
    "/api/products/",
    "/api/products/lamp/",
    "/api/products/categories/",
    "/products/lamp",
    "/api/products/?search=lamp&count=1",
]
REVALIDATION_HEADERS = ("ETag", "Cache-Control", "Vary")
SHOP_FRONT = "http://localhost:5173"


@pytest.fixture(autouse=True)
def catalog(db: None) -> None:
    make_product("Lamp", sku="L-1", price="20.00", prices={"us": "2.00"}, category=make_category())


def revalidate(url: str, etag: str, method: str = "GET", **headers: Any) -> Any:
    """Revalidate a cached response, without the schema client: a 304 has no body that a schema could describe."""
    return Client().generic(method, url, HTTP_IF_NONE_MATCH=etag, **headers)


@pytest.mark.parametrize("url", URLS)
def test_what_the_caller_has_already_is_not_sent_again(api: SchemaClient, url: str) -> None:
    first = api.get(url)

    revalidated = revalidate(url, first["ETag"])

    assert (revalidated.status_code, revalidated.content) == (304, b"")
    assert {name: revalidated[name] for name in REVALIDATION_HEADERS} == {name: first[name] for name in REVALIDATION_HEADERS}
    assert first["ETag"].startswith('"')
    assert "X-Request-ID" in revalidated.headers
    assert "Content-Length" not in revalidated.headers


@pytest.mark.parametrize("url", URLS)
def test_the_same_answer_has_the_same_tag(api: SchemaClient, url: str) -> None:
    assert api.get(url)["ETag"] == api.get(url)["ETag"]


@pytest.mark.sampled
@pytest.mark.parametrize("value", ["*", "W/{}", "{}, {}", '"other", {}', 'W/"other", W/{}'])
def test_any_tag_that_is_the_same_will_do_also_a_weak_one(api: SchemaClient, value: str) -> None:
    etag = api.get("/api/products/")["ETag"]

    assert revalidate("/api/products/", value.replace("{}", etag)).status_code == 304


@pytest.mark.sampled
@pytest.mark.parametrize(
    "value", ['W/"{}"', '"{}-gzip"', '"{}-br"', '"{}-zstd"', '"{}--gzip"', 'W/"{}-gzip"', '"other-gzip", "{}-gzip"', ',W/"{}" ,']
)
@pytest.mark.parametrize("url", URLS)
def test_a_tag_that_a_proxy_rewrote_when_it_compressed_will_do(api: SchemaClient, url: str, value: str) -> None:
    etag = api.get(url)["ETag"]

    revalidated = revalidate(url, value.replace("{}", etag.strip('"')))

    assert (revalidated.status_code, revalidated["ETag"]) == (304, etag)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "value",
    [
        "",
        '"{bare}-"',
        '"{bare}-other"',
        '"{bare}-gzip-gzip"',
        '"{bare}0-gzip"',
        "{bare}-gzip",
        '"other"',
        'W/"other"',
        "nonsense",
        '"',
        "{bare}",
        '"*"',
        "W/*",
        ",",
        "\xff",
        '"' + "x" * 10_000,
    ],
)
def test_any_other_tag_is_answered_whole(api: SchemaClient, value: str) -> None:
    etag = api.get("/api/products/")["ETag"]

    response = revalidate("/api/products/", value.replace("{bare}", etag.strip('"')))

    assert response.status_code == 200
    assert response["ETag"] == etag
    assert response.json()["data"][0]["name"] == "Lamp"


@pytest.mark.parametrize("value", ['"other"', "*", "nonsense"])
def test_if_match_is_no_condition_of_a_read(value: str) -> None:
    assert Client().get("/api/products/", HTTP_IF_MATCH=value).status_code == 200


@pytest.mark.parametrize("url", URLS)
def test_head_says_what_get_says_without_a_body(api: SchemaClient, url: str) -> None:
    read, head = api.get(url), api.head(url)

    assert (head.status_code, head.content) == (200, b"")
    assert {name: head[name] for name in REVALIDATION_HEADERS} == {name: read[name] for name in REVALIDATION_HEADERS}
    assert revalidate(url, read["ETag"], "HEAD").status_code == 304


@pytest.mark.parametrize("url", ["/api/products/", "/api/products/lamp/"])
def test_a_change_of_price_or_stock_changes_the_tag(api: SchemaClient, url: str) -> None:
    tags = [api.get(url)["ETag"]]

    update_variant("L-1", stock=3)
    tags.append(api.get(url)["ETag"])
    update_variant("L-1", reserved=1)
    tags.append(api.get(url)["ETag"])
    update_variant("L-1", price="25.00")
    tags.append(api.get(url)["ETag"])

    assert len(set(tags)) == 4
    assert revalidate(url, tags[0]).status_code == 200
    assert revalidate(url, tags[3]).status_code == 304


def test_a_price_that_comes_back_has_its_tag_back(api: SchemaClient) -> None:
    lamp = make_product("Mug", price="5.00")
    before = api.get("/api/products/")["ETag"]
    set_price(lamp, "6.00")
    changed = api.get("/api/products/")["ETag"]
    set_price(lamp, "5.00")

    assert changed != before
    assert revalidate("/api/products/", before).status_code == 304


def test_a_new_category_changes_the_tag_of_the_tree(api: SchemaClient) -> None:
    before = api.get("/api/products/categories/")["ETag"]
    make_category("Candles", "Lighting")

    assert revalidate("/api/products/categories/", before).status_code == 200


@pytest.mark.parametrize("url", ["/api/products/", "/api/products/lamp/"])
def test_each_market_has_a_tag_of_its_own(api: SchemaClient, url: str) -> None:
    home_etag, us_etag = (api.get(url, headers={"X-Market": code})["ETag"] for code in ("in", "us"))

    assert home_etag != us_etag
    assert revalidate(url, home_etag, HTTP_X_MARKET="us").status_code == 200
    assert revalidate(url, us_etag, HTTP_X_MARKET="us").status_code == 304


@pytest.mark.parametrize("url", URLS)
def test_vary_names_all_that_an_answer_depends_on(api: SchemaClient, url: str) -> None:
    names = [name.strip().lower() for name in api.get(url)["Vary"].split(",")]

    assert sorted(names) == ["authorization", "cookie", "origin", "x-market"]


@pytest.mark.parametrize("url", URLS)
def test_the_shop_front_reads_a_304_too(api: SchemaClient, url: str) -> None:
    first = api.get(url, HTTP_ORIGIN=SHOP_FRONT)

    revalidated = revalidate(url, first["ETag"], HTTP_ORIGIN=SHOP_FRONT)

    assert revalidated.status_code == 304
    for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"):
        assert revalidated[name] == first[name]
    assert revalidated["Access-Control-Allow-Origin"] == SHOP_FRONT
    assert "Access-Control-Allow-Origin" not in revalidate(url, first["ETag"], HTTP_ORIGIN="http://evil.com").headers


REFUSED = [
    ("GET", "/api/products/?page_size=x", 400),
    ("GET", "/api/products/?in_stock=x", 400),
    ("GET", "/api/products/nothing/", 404),
    ("HEAD", "/api/products/nothing/", 404),
    ("GET", "/api/products/categories/9/", 405),
    ("PUT", "/api/products/", 405),
    ("POST", "/api/products/", 401),
    ("GET", "/api/products/lamp/stock/", 401),
]


@pytest.mark.parametrize(("method", "url", "status"), REFUSED)
def test_a_refusal_is_never_kept(method: str, url: str, status: int) -> None:
    response = revalidate(url, "*", method)

    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"X-Market": "zz"}])
def test_a_refused_token_and_an_unknown_market_are_never_kept(api: SchemaClient, headers: dict[str, str]) -> None:
    response = api.get("/api/products/", headers=headers)

    assert response.status_code in (400, 401)
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
