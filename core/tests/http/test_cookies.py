"""The shop's cookies: names and attributes."""

from http.cookies import Morsel

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from core.http import cookies

ALL = [cookies.ACCESS, cookies.REFRESH, cookies.GUEST_READABLE, cookies.GUEST_HTTP_ONLY]
HIDDEN = [cookies.ACCESS, cookies.REFRESH, cookies.GUEST_HTTP_ONLY]


def get_attributes(response: HttpResponse, name: str) -> set[str]:
    """Return the attributes of a cookie as sent in the header."""
    morsel: Morsel[str] = response.cookies[name]
    _, *attributes = morsel.OutputString().split("; ")
    return set(attributes)


def configure_cookies(settings: Settings, *, secure: bool, samesite: str = "Lax") -> None:
    """Configure the cookies as in production, or not."""
    settings.AUTH_COOKIE_SECURE = secure
    settings.AUTH_COOKIE_SAMESITE = samesite


@pytest.mark.parametrize(
    ("header", "is_unreadable"),
    [
        (None, False),
        ("city=S\xe3o; cart_token=1", False),
        ("city=a,b; cart_token=1", False),
        ("cart_token=\xe3", True),
        ("access_token=1,city=Pune", True),
        ("city=Pune, sessionid=1", True),
        ("city=Pune,my_sessionid=1", False),
    ],
)
def test_a_cookie_of_ours_that_was_damaged_on_the_way_is_noticed(
    settings: Settings, header: str | None, is_unreadable: bool
) -> None:
    configure_cookies(settings, secure=False)
    request = RequestFactory().get("/")
    if header is not None:
        request.META["HTTP_COOKIE"] = header

    assert cookies.has_unreadable(request) is is_unreadable


@pytest.mark.parametrize(
    ("header", "value"),
    [
        *(("access_token=a; access_token=", "a"), ("access_token=; access_token=a", "a"), ('access_token=a; access_token=""', "a")),
        *(("access_token=a; access_token=b", "b"), ("access_token=a; access_token=b; access_token=", "b")),
        *(("access_token=a; access_token", "a"), ("access_token=a;access_token= ;access_token=\t", "a")),
        *(("access_token=; access_token=", ""), ("access_token=", ""), ("x_access_token=a; access_token=", "")),
        *(("other=access_token; access_token=", ""), ("other=a", ""), ("", "")),
        *(("access_token=S\xc3\xa3o; access_token=", "S\xe3o"), ("access_token=\xe3; access_token=", "\ufffd")),
    ],
)
def test_of_two_cookies_of_a_name_the_last_one_with_a_value_counts(settings: Settings, header: str, value: str) -> None:
    configure_cookies(settings, secure=False)
    request = RequestFactory().get("/", HTTP_COOKIE=header)

    assert cookies.read(request, cookies.ACCESS) == value


def test_an_empty_cookie_hides_no_damaged_one(settings: Settings) -> None:
    configure_cookies(settings, secure=False)

    assert cookies.has_unreadable(RequestFactory().get("/", HTTP_COOKIE="cart_token=\xe3; cart_token="))


@pytest.mark.parametrize("cookie", HIDDEN)
def test_in_development_no_script_reads_the_keys(settings: Settings, cookie: str) -> None:
    configure_cookies(settings, secure=False)
    response = HttpResponse()

    cookies.set_cookie(response, cookie, "v", 60)

    assert get_attributes(response, cookie) - {f for f in get_attributes(response, cookie) if f.startswith("expires=")} == {
        *("HttpOnly", "Max-Age=60", "Path=/", "SameSite=Lax"),
    }


def test_scripts_read_the_cart_token(settings: Settings) -> None:
    configure_cookies(settings, secure=False)
    response = HttpResponse()

    cookies.set_cookie(response, cookies.GUEST_READABLE, "v", 60)

    assert "HttpOnly" not in get_attributes(response, "cart_token")
    assert {"Max-Age=60", "Path=/", "SameSite=Lax"} < get_attributes(response, "cart_token")


@pytest.mark.parametrize("cookie", HIDDEN)
def test_in_production_the_hidden_ones_are_bound_to_the_host(settings: Settings, cookie: str) -> None:
    configure_cookies(settings, secure=True)
    response = HttpResponse()

    cookies.set_cookie(response, cookie, "v", 60)

    assert list(response.cookies) == [f"__Host-{cookie}"]
    assert {"HttpOnly", "Secure", "Max-Age=60", "Path=/", "SameSite=Lax"} < get_attributes(response, f"__Host-{cookie}")


def test_in_production_the_cart_token_keeps_its_name(settings: Settings) -> None:
    configure_cookies(settings, secure=True)
    response = HttpResponse()

    cookies.set_cookie(response, cookies.GUEST_READABLE, "v", 60)

    assert list(response.cookies) == ["cart_token"]
    assert {"Secure", "Path=/", "SameSite=Lax"} < get_attributes(response, "cart_token")
    assert "HttpOnly" not in get_attributes(response, "cart_token")


@pytest.mark.parametrize("cookie", ALL)
def test_for_a_shop_front_on_another_site_they_are_partitioned(settings: Settings, cookie: str) -> None:
    configure_cookies(settings, secure=True, samesite="None")
    response = HttpResponse()

    cookies.set_cookie(response, cookie, "v", 60)

    assert {"Secure", "SameSite=None", "Partitioned"} < get_attributes(response, cookies.get_wire_name(cookie))


@pytest.mark.parametrize("cookie", ALL)
@pytest.mark.parametrize(("secure", "samesite"), [(False, "Lax"), (True, "Lax"), (True, "None")])
def test_a_deletion_carries_what_the_setting_carried(settings: Settings, cookie: str, secure: bool, samesite: str) -> None:
    configure_cookies(settings, secure=secure, samesite=samesite)
    name = cookies.get_wire_name(cookie)
    setting, deletion = HttpResponse(), HttpResponse()
    cookies.set_cookie(setting, cookie, "v", 60)

    cookies.delete_cookies(deletion, cookie)

    def lasting(response: HttpResponse) -> set[str]:
        return {flag for flag in get_attributes(response, name) if not flag.startswith(("expires=", "Max-Age="))}

    assert deletion.cookies[name].value == ""
    assert lasting(deletion) == lasting(setting)
    assert {"Max-Age=0", "expires=Thu, 01 Jan 1970 00:00:00 GMT"} < get_attributes(deletion, name)


@pytest.mark.parametrize("cookie", ALL)
def test_no_cookie_names_a_domain(settings: Settings, cookie: str) -> None:
    configure_cookies(settings, secure=True, samesite="None")
    response = HttpResponse()

    cookies.set_cookie(response, cookie, "v", 60)

    assert not any(flag.lower().startswith("domain") for flag in get_attributes(response, cookies.get_wire_name(cookie)))


def test_in_production_a_cookie_that_a_sibling_may_have_planted_is_not_read(rf: RequestFactory, settings: Settings) -> None:
    configure_cookies(settings, secure=True)
    request = rf.get("/")
    request.COOKIES = {"access_token": "planted", "__Host-access_token": "ours", "sessionid": "planted"}

    assert cookies.read(request, cookies.ACCESS) == "ours"
    assert cookies.read(request, cookies.GUEST_HTTP_ONLY) == ""
