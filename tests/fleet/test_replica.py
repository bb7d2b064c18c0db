"""The catalog with a streaming replica: who reads from it, and what happens while it is paused, behind or down"""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from accounts.tests.factories import make_access_token, make_user
from core import replica
from products.models import Product
from products.tests.factories import make_category, make_product
from tests.concurrent_requests import Caller
from tests.crashes import make_environment
from tests.fleet.servers import Replica, execute, make_production_variables, named_replica, streaming_replica
from tests.processes import serving

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.fleet,
    pytest.mark.django_db(transaction=True, databases=["default", replica.REPLICA_ALIAS]),
]
MAX_LAG = 3  # seconds
MAX_TRIES = 300  # a tenth of a second apart
LIST = "/api/products/"


class Fleet(NamedTuple):
    """A server of the shop, and the replica that it reads from."""

    url: str
    replica: Replica

    def get(self, path: str, **headers: str) -> Any:
        """Return the `data` of an answer."""
        response = Caller(self.url, {name.replace("_", "-"): value for name, value in headers.items()}).send("GET", path, {})
        assert response.status == 200, response
        return response.body["data"]

    def get_names(self, **headers: str) -> list[str]:
        """Return the names of the products that a caller sees."""
        return [product["name"] for product in self.get(LIST, **headers)]

    def is_replica_used(self) -> bool:
        """Read once, and return whether the server uses the replica then."""
        self.get_names()
        degraded: list[str] = self.get("/readyz")["degraded"]
        return degraded == []


@pytest.fixture(scope="module")
def started(django_db_setup: None) -> Iterator[Fleet]:
    """A replica of the database of the tests, and a server of the shop that reads from it."""
    environment = make_environment(**make_production_variables(), DATABASE_REPLICA_MAX_LAG=str(MAX_LAG))
    with (
        streaming_replica(environment["DATABASE_URL"]) as second,
        serving({**environment, "DATABASE_REPLICA_URL": second.url}) as port,
        named_replica(PORT=urlsplit(second.url).port),
    ):
        yield Fleet(f"http://127.0.0.1:{port}", second)


@pytest.fixture
def fleet(started: Fleet) -> Fleet:
    """The fleet with a lamp, which the replica has too, and the replica in use."""
    make_product("Lamp", category=make_category("Lighting"))
    started.replica.catch_up()
    wait_until(started.is_replica_used)
    return started


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is met."""
    for _ in range(MAX_TRIES):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it has not come to this within 30 seconds")


def rename_on_primary_only(fleet: Fleet) -> None:
    """Rename the lamp, so that the two databases differ."""
    fleet.replica.pause()
    Product.objects.update(name="Lantern")


def test_callers_without_credentials_read_from_the_replica_and_all_others_from_the_primary(fleet: Fleet) -> None:
    token = f"Bearer {make_access_token(make_user())}"
    fleet.replica.catch_up()
    rename_on_primary_only(fleet)

    anonymous = [
        *fleet.get_names(),
        *fleet.get_names(X_Market="in"),
        fleet.get("/api/products/lamp/")["name"],
        *(product["name"] for product in fleet.get(f"{LIST}?search=lmap&category=lighting&count=true")),
    ]
    others = [
        *fleet.get_names(Authorization=token),
        *fleet.get_names(Cookie="cart_token=x"),
        *fleet.get_names(X_Cart_Token="550e8400-e29b-41d4-a716-446655440000"),
        fleet.get("/api/products/lamp/", Authorization=token)["name"],
    ]
    fleet.replica.resume()

    assert anonymous == ["Lamp"] * 4
    assert others == ["Lantern"] * 4
    assert fleet.get_names() == ["Lantern"]


def test_a_replica_that_is_too_far_behind_is_skipped_until_it_has_caught_up(fleet: Fleet) -> None:
    rename_on_primary_only(fleet)
    seen = fleet.get_names()
    wait_until(lambda: fleet.get_names() == ["Lantern"])
    degraded = fleet.get("/readyz")["degraded"]
    fleet.replica.resume()
    wait_until(fleet.is_replica_used)
    rename_on_primary_only(fleet)
    Product.objects.update(name="Lampion")
    seen += fleet.get_names()
    fleet.replica.resume()

    assert seen == ["Lamp", "Lantern"]
    assert degraded == ["replica"]


def test_no_request_fails_while_the_replica_is_killed_and_it_is_used_again_when_it_is_back(fleet: Fleet) -> None:
    statuses: list[int] = []
    is_over = threading.Event()

    def browse() -> None:
        while not is_over.is_set():
            statuses.append(Caller(fleet.url, {}).send("GET", LIST, {}).status)

    shoppers = [threading.Thread(target=browse) for _ in range(4)]
    for shopper in shoppers:
        shopper.start()
    time.sleep(0.5)
    fleet.replica.cluster.stop()
    time.sleep(1)
    during, degraded = len(statuses), fleet.get("/readyz")["degraded"]
    fleet.replica.cluster.start()
    wait_until(fleet.is_replica_used)
    is_over.set()
    for shopper in shoppers:
        shopper.join()
    rename_on_primary_only(fleet)
    afterwards = fleet.get_names()
    fleet.replica.resume()

    assert during > 20
    assert set(statuses) == {200}
    assert degraded == ["replica"]
    assert afterwards == ["Lamp"]


def test_a_long_transaction_is_no_lag(fleet: Fleet) -> None:
    health = replica.ReplicaHealth()
    fleet.replica.pause()
    replayed = execute(fleet.replica.url, "SELECT pg_last_wal_replay_lsn()::text")
    time.sleep(1)
    Product.objects.update(name="Lantern")

    health._received = (time.monotonic(), replayed)  # all that had been received a moment ago is replayed
    lags = [health._measure_lag() or 0.0, health._measure_lag() or 0.0]
    fleet.replica.resume()

    assert 0 < lags[0] < 1 < lags[1]
