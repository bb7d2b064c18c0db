"""The shop's cookies: names and attributes."""

from http.cookies import Morsel

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from core.http import cookies

ALL = [cookies.ACCESS, cookies.REFRESH, cookies.GUEST_READABLE, cookies.GUEST_HIDDEN]
HIDDEN = [cookies.ACCESS, cookies.REFRESH, cookies.GUEST_HIDDEN]


def flags(response: HttpResponse, name: str) -> set[str]:
    """Return the attributes of a cookie as they go over the wire."""
    morsel: Morsel[str] = response.cookies[name]
    _, *attributes = morsel.OutputString().split("; ")
    return set(attributes)


def use(settings: Settings, *, secure: bool, samesite: str = "Lax") -> None:
    """Run the shop in production, or not."""
    settings.AUTH_COOKIE_SECURE = secure
    settings.AUTH_COOKIE_SAMESITE = samesite


@pytest.mark.parametrize("cookie", HIDDEN)
def test_in_development_no_script_reads_the_keys(settings: Settings, cookie: str) -> None:
    use(settings, secure=False)
    response = HttpResponse()

    cookies.put(response, cookie, "v", 60)

    assert flags(response, cookie) - {f for f in flags(response, cookie) if f.startswith("expires=")} == {
        *("HttpOnly", "Max-Age=60", "Path=/", "SameSite=Lax"),
    }


def test_scripts_read_the_cart_token(settings: Settings) -> None:
    use(settings, secure=False)
    response = HttpResponse()

    cookies.put(response, cookies.GUEST_READABLE, "v", 60)

    assert "HttpOnly" not in flags(response, "cart_token")
    assert {"Max-Age=60", "Path=/", "SameSite=Lax"} < flags(response, "cart_token")


@pytest.mark.parametrize("cookie", HIDDEN)
def test_in_production_the_hidden_ones_are_bound_to_the_host(settings: Settings, cookie: str) -> None:
    use(settings, secure=True)
    response = HttpResponse()

    cookies.put(response, cookie, "v", 60)

    assert list(response.cookies) == [f"__Host-{cookie}"]
    assert {"HttpOnly", "Secure", "Max-Age=60", "Path=/", "SameSite=Lax"} < flags(response, f"__Host-{cookie}")


def test_in_production_the_cart_token_keeps_its_name(settings: Settings) -> None:
    use(settings, secure=True)
    response = HttpResponse()

    cookies.put(response, cookies.GUEST_READABLE, "v", 60)

    assert list(response.cookies) == ["cart_token"]
    assert {"Secure", "Path=/", "SameSite=Lax"} < flags(response, "cart_token")
    assert "HttpOnly" not in flags(response, "cart_token")


@pytest.mark.parametrize("cookie", ALL)
def test_for_a_shop_front_on_another_site_they_are_partitioned(settings: Settings, cookie: str) -> None:
    use(settings, secure=True, samesite="None")
    response = HttpResponse()

    cookies.put(response, cookie, "v", 60)

    assert {"Secure", "SameSite=None", "Partitioned"} < flags(response, cookies.name_of(cookie))


@pytest.mark.parametrize("cookie", ALL)
@pytest.mark.parametrize(("secure", "samesite"), [(False, "Lax"), (True, "Lax"), (True, "None")])
def test_a_deletion_carries_what_the_setting_carried(settings: Settings, cookie: str, secure: bool, samesite: str) -> None:
    use(settings, secure=secure, samesite=samesite)
    name = cookies.name_of(cookie)
    setting, deletion = HttpResponse(), HttpResponse()
    cookies.put(setting, cookie, "v", 60)

    cookies.drop(deletion, cookie)

    def lasting(response: HttpResponse) -> set[str]:
        return {flag for flag in flags(response, name) if not flag.startswith(("expires=", "Max-Age="))}

    assert deletion.cookies[name].value == ""
    assert lasting(deletion) == lasting(setting)
    assert {"Max-Age=0", "expires=Thu, 01 Jan 1970 00:00:00 GMT"} < flags(deletion, name)


@pytest.mark.parametrize("cookie", ALL)
def test_no_cookie_names_a_domain(settings: Settings, cookie: str) -> None:
    use(settings, secure=True, samesite="None")
    response = HttpResponse()

    cookies.put(response, cookie, "v", 60)

    assert not any(flag.lower().startswith("domain") for flag in flags(response, cookies.name_of(cookie)))


def test_in_production_a_cookie_that_a_sibling_may_have_planted_is_not_read(rf: RequestFactory, settings: Settings) -> None:
    use(settings, secure=True)
    request = rf.get("/")
    request.COOKIES = {"access_token": "planted", "__Host-access_token": "ours", "sessionid": "planted"}

    assert cookies.read(request, cookies.ACCESS) == "ours"
    assert cookies.read(request, cookies.GUEST_HIDDEN) == ""
