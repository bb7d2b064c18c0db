"""deploy/: nginx with its configuration in front of two processes of the shop"""

import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings

from accounts.tests.factories import make_access_token, make_user
from products.models import Product
from products.tests.factories import make_product
from tests.crashes import make_environment
from tests.nginx import HOST, nginx
from tests.processes import PRODUCTION, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.proxy]
MAX_TRIES = 300  # a tenth of a second apart
OTHER_HOST = "www.shop.example"
METRICS_TOKEN = "a-token-of-the-monitoring"


class Answer(NamedTuple):
    """The answer of nginx."""

    status: int
    headers: Any
    body: bytes

    @property
    def data(self) -> Any:
        """The `data` of the envelope."""
        return json.loads(self.body)["data"]


class Site:
    """A client of the site that nginx serves."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.context = ssl._create_unverified_context()  # noqa: S323 - the certificate is made for the test

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method, headers={"Host": HOST, **named})
        try:
            with urllib.request.urlopen(request, timeout=20, context=self.context) as response:  # noqa: S310 - https
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@pytest.fixture(scope="module")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of nginx before two processes of the shop."""
    tmp_path = tmp_path_factory.mktemp("nginx")
    served = {**PRODUCTION, "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY, "TRUSTED_PROXIES": "1", "CATALOG_MAX_AGE": "2"}
    served |= {"METRICS_TOKEN": METRICS_TOKEN, "ALLOWED_HOSTS": f"{HOST},{OTHER_HOST}"}
    variables = make_environment(**served)
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "lamp.png").write_bytes(b"picture")
    with serving(variables) as first, serving(variables) as second, nginx(tmp_path, [first, second]) as port:
        yield Site(port)


def test_the_catalog_is_kept_for_callers_without_credentials(site: Site) -> None:
    lamp = make_product("Lamp")
    user = make_user()
    token = f"Bearer {make_access_token(user)}"
    path = f"/api/products/{lamp.pk}/"

    first = site.get(path)
    Product.objects.update(name="Lantern")
    again, other_market = site.get(path), site.get(path, X_Market="us")
    signed_in, with_cookie = site.get(path, Authorization=token), site.get(path, Cookie="cart_token=x")

    assert [answer.headers["X-Cache"] for answer in (first, again, other_market)] == ["MISS", "HIT", "MISS"]
    assert [answer.headers["X-Cache"] for answer in (signed_in, with_cookie)] == ["BYPASS", "BYPASS"]
    assert [answer.data["name"] for answer in (first, again)] == ["Lamp", "Lamp"]
    assert [answer.data["name"] for answer in (signed_in, with_cookie)] == ["Lantern", "Lantern"]
    assert other_market.status == 404  # it has no price there

    later = [site.get(path)]
    while later[-1].data["name"] == "Lamp" and len(later) < MAX_TRIES:
        time.sleep(0.1)
        later.append(site.get(path))

    assert later[-1].data["name"] == "Lantern"
    assert later[-2].headers["X-Cache"] in ("STALE", "UPDATING")  # the old answer, while nginx asks for the new one


def test_an_answer_is_not_older_than_the_shop_allows_when_nobody_has_asked_for_it_meanwhile(site: Site) -> None:
    path = f"/api/products/{make_product('Lamp').pk}/"
    first = site.get(path)
    (age, extension) = re.findall(r"=(\d+)", first.headers["Cache-Control"])

    Product.objects.update(name="Lantern")
    time.sleep(int(age) + int(extension) + 1.5)  # nginx counts whole seconds
    later = site.get(path)

    assert (first.data["name"], first.headers["X-Cache"]) == ("Lamp", "MISS")
    assert (later.data["name"], later.headers["X-Cache"]) == ("Lantern", "EXPIRED")


def test_answers_are_kept_for_the_host_whose_addresses_they_hold(site: Site) -> None:
    path = f"/api/products/{make_product('Lamp').pk}/"

    answers = [site.get(path, Host=host).headers["X-Cache"] for host in (HOST, OTHER_HOST, OTHER_HOST)]

    assert answers == ["MISS", "MISS", "HIT"]


def test_carts_and_orders_are_never_kept(site: Site) -> None:
    first, second = site.get("/api/cart/"), site.get("/api/cart/")

    assert [answer.headers["X-Cache"] for answer in (first, second)] == [None, None]
    assert json.loads(first.body)["cart_token"] != json.loads(second.body)["cart_token"]


def test_images_come_from_the_disk_for_pages_of_every_origin(site: Site) -> None:
    answer = site.get("/media/lamp.png")

    assert (answer.status, answer.body) == (200, b"picture")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert site.get("/media/../nginx.conf").status in (400, 404)


def test_the_metrics_are_not_for_the_world(site: Site) -> None:
    answers = [site.get(path, Authorization=f"Bearer {METRICS_TOKEN}") for path in ("/metrics", "/metrics/")]

    assert [answer.status for answer in answers] == [404, 404]


def test_the_shop_learns_the_callers_address_and_scheme(site: Site) -> None:
    answer = site.get("/api/products/", X_Forwarded_For="203.0.113.7", X_Forwarded_Proto="http")

    assert answer.status == 200  # http would have been redirected
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
