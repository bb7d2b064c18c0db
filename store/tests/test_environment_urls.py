"""Origins, header names and the pages after paying: what the shop reads from the environment, and what it rejects"""

import pytest
from environs import EnvError

from store.environment import ShopEnv
from store.environment_urls import (
    DEFAULT_HEADERS,
    parse_cancel_url,
    parse_header_names,
    parse_origins,
    parse_success_url,
    parse_web_origin,
)

NO_ORIGIN = "{} must hold origins like https://shop.example, without a path or a wildcard."
FRONTEND = "https://shop.example"
BOTH = "session_id={CHECKOUT_SESSION_ID}&order={ORDER}"


def read_origins(monkeypatch: pytest.MonkeyPatch, listed: str) -> list[str]:
    """Return the origins that CORS_ALLOWED_ORIGINS lists."""
    monkeypatch.setenv("CORS_ALLOWED_ORIGINS", listed)
    return parse_origins(ShopEnv(), "CORS_ALLOWED_ORIGINS", "http://localhost:5173")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        (" http://localhost:5173 ", "http://localhost:5173"),
        ("https://Shop.Example", "https://shop.example"),
        ("http://[::1]:5173", "http://[::1]:5173"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    assert parse_web_origin("FRONTEND_URL", text) == expected
    assert read_origins(monkeypatch, text) == ["http://localhost:5173", expected]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "*",
            "null",
            "shop.example",
            "//shop.example",
            "https://",
            "https://*",
            "https://*.shop.example",
            "capacitor://localhost",
        ),
        *("https://shop.example/path", "ftp://shop.example", "javascript:alert(1)", "file:///etc", "http://[", "http://[::1"),
        *(
            "https://ada:pw-4711@shop.example",
            "https://ada@shop.example",
            "https://shop.example?x=4711",
            "https://shop.example#4711",
        ),
        *("https://shop.example:port", "https://shop.example:99999", "https://shop .example", "https://shop.example\nx"),
    ],
)
def test_another_shop_front_is_refused(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_web_origin("FRONTEND_URL", text)

    assert str(error.value) == NO_ORIGIN.format("FRONTEND_URL")


def test_listed_origins_come_after_the_shop_front(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "https://a.example,https://b.example/,capacitor://localhost,ionic://localhost,tauri://localhost,app://-"

    assert read_origins(monkeypatch, listed) == [
        *("http://localhost:5173", "https://a.example", "https://b.example"),
        *("capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://-"),
    ]
    assert read_origins(monkeypatch, "Chrome-Extension://abcDEF, http://tauri.localhost, app://Shop:8080") == [
        *("http://localhost:5173", "chrome-extension://abcDEF", "http://tauri.localhost", "app://Shop:8080"),
    ]


@pytest.mark.parametrize(
    "listed",
    [
        *(
            "*",
            "https://a.example,*",
            "https://*.a.example",
            "https://a.example/x",
            "null",
            "capacitor://*",
            "capacitor://",
            "*://localhost",
        ),
        *(
            "capacitor://localhost/x",
            "capacitor://a@localhost",
            "capacitor://localhost:99999",
            "capacitor:localhost",
            "file:///etc",
        ),
        *("capacitor://localhost?x", "javascript:alert(1)", "9app://localhost", "app://a b", "https://a_b*", "app://localhost\nx"),
    ],
)
def test_a_star_or_a_path_is_no_origin(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    with pytest.raises(EnvError) as error:
        read_origins(monkeypatch, listed)

    assert str(error.value) == NO_ORIGIN.format("CORS_ALLOWED_ORIGINS")


def test_listed_headers_come_after_the_usual_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ALLOWED_HEADERS", "X-Datadog-Trace-Id, x-datadog-origin,accept")

    names = parse_header_names(ShopEnv(), "CORS_ALLOWED_HEADERS")

    assert names == [*DEFAULT_HEADERS, "x-datadog-trace-id", "x-datadog-origin"]
    assert names[:2] == ["accept", "authorization"]


@pytest.mark.parametrize("listed", ["*", "x-a,*", "x-*", "x a", "x:a", "x-a\ny", "é", "x-a;y-b", "x-a,,y-b"])
def test_what_is_no_name_of_a_header_stops_the_start(monkeypatch: pytest.MonkeyPatch, listed: str) -> None:
    monkeypatch.setenv("CORS_ALLOWED_HEADERS", listed)

    with pytest.raises(EnvError, match="CORS_ALLOWED_HEADERS must hold names of headers"):
        parse_header_names(ShopEnv(), "CORS_ALLOWED_HEADERS")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"{FRONTEND}/checkout/success?{BOTH}"),
        ("https://other.example/thanks", f"https://other.example/thanks?{BOTH}"),
        ("https://other.example/thanks?", f"https://other.example/thanks?{BOTH}"),
        ("https://other.example/thanks?lang=en", f"https://other.example/thanks?lang=en&{BOTH}"),
        ("https://other.example/thanks?lang=en&", f"https://other.example/thanks?lang=en&{BOTH}"),
        ("https://other.example/thanks#top", f"https://other.example/thanks?{BOTH}#top"),
        ("https://other.example/?lang=en#/thanks?x=1", f"https://other.example/?lang=en&{BOTH}#/thanks?x=1"),
        (
            "https://other.example/thanks?s={CHECKOUT_SESSION_ID}",
            "https://other.example/thanks?s={CHECKOUT_SESSION_ID}&order={ORDER}",
        ),
        ("https://other.example/{ORDER}", "https://other.example/{ORDER}?session_id={CHECKOUT_SESSION_ID}"),
        ("https://other.example/#/{ORDER}/{CHECKOUT_SESSION_ID}", "https://other.example/#/{ORDER}/{CHECKOUT_SESSION_ID}"),
    ],
)
def test_the_page_after_paying_learns_session_and_order(text: str, expected: str) -> None:
    assert parse_success_url(text, FRONTEND) == expected


def test_the_page_of_a_cancelled_payment_is_kept_as_it_is() -> None:
    assert parse_cancel_url("", FRONTEND) == f"{FRONTEND}/checkout/cancel?order={{ORDER}}"
    assert parse_cancel_url("http://localhost/x", FRONTEND) == "http://localhost/x"


@pytest.mark.parametrize(
    "url", ["/thanks", "shop.example/thanks", "javascript:alert(1)", "ftp://x", "//shop.example", " https://x"]
)
def test_a_page_that_is_no_whole_address_stops_the_start(url: str) -> None:
    with pytest.raises(EnvError, match="CHECKOUT_SUCCESS_URL"):
        parse_success_url(url, FRONTEND)
    with pytest.raises(EnvError, match="CHECKOUT_CANCEL_URL"):
        parse_cancel_url(url, FRONTEND)
