"""What all callers of the shop share: a thread with dice of its own, and the catalog that they choose from."""

import random
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.fleet.scale.laws import Laws
from tests.fleet.scale.plan import MAX_CATALOG_AGE, Plan
from tests.fleet.scale.prices import PriceHistory
from tests.fleet.scale.traffic import Answer, Client, Json, Traffic

MAX_TRIES = 150  # of a request that must succeed in the end
RETRY_SECONDS = 0.4


@dataclass
class SharedState:
    """What all callers know: the products (as the API lists them), by kind, and the prices that staff have set."""

    traffic: Traffic
    laws: Laws
    products: dict[str, list[Json]]
    histories: dict[int, PriceHistory]  # by product
    is_over: threading.Event = field(default_factory=threading.Event)
    oldest: dict[int, float] = field(default_factory=dict)  # seconds, by law


class Person(threading.Thread):
    """Calls the shop again and again until the run is over. An error of its own is kept."""

    def __init__(self, shared: SharedState, plan: Plan, number: int, client: Client) -> None:
        super().__init__(daemon=True, name=f"{type(self).__name__} {number}")
        self.shared, self.laws, self.client, self.pause = shared, shared.laws, client, plan.pause
        self.dice = random.Random(plan.seed * 1000 + number)
        self.flows = 0
        self.error = ""

    def run(self) -> None:
        """Act until the run is over."""
        try:
            while not self.shared.is_over.is_set():
                self.act()
                self.flows += 1
        except Exception:  # noqa: BLE001 - reported at the end of the run
            self.error = traceback.format_exc()
        finally:
            self.client.close()

    def act(self) -> None:
        """Do one thing."""
        raise NotImplementedError

    def think(self) -> None:
        """Wait as long as a person may."""
        self.shared.is_over.wait(self.dice.expovariate(1 / self.pause))

    def send_until_answered(self, send: Callable[[], Answer]) -> Answer:
        """Send a request that may be repeated until the shop has answered it."""
        answer = send()
        for _ in range(MAX_TRIES):
            if not answer.is_unknown:
                break
            time.sleep(RETRY_SECONDS)
            answer = send()
        return answer

    def choose_product(self, kinds: Sequence[str] = ("Plain", "Plain", "Priced", "Scarce")) -> Json:
        """Return a product of one of these kinds."""
        product: Json = self.dice.choice(self.shared.products[self.dice.choice(kinds)])
        return product

    def browse(self, *, has_credentials: bool) -> None:
        """Read a page, a search or a product, and check how old its prices are."""
        product = self.choose_product(("Priced", "Priced", "Plain"))
        path = self.dice.choice(
            (
                "/api/products/",
                "/api/products/?search=lamp&category=priced",
                f"/api/products/{product['slug']}/",
                f"/api/products/{product['slug']}/",
            )
        )
        answer = self.client.send("GET", path)
        if answer.status == 200:
            data = answer.body["data"]
            for shown in data if isinstance(data, list) else [data]:
                self.check_price(shown, answer, has_credentials=has_credentials)

    def check_price(self, product: Json, answer: Answer, *, has_credentials: bool) -> None:
        """Check the price in an answer of the catalog; those with credentials are never old."""
        history = self.shared.histories.get(product["id"])
        if history is None:
            return
        law, limit = (5, 0.0) if has_credentials else (6, float(MAX_CATALOG_AGE))
        age = history.get_age(round(float(product["price"])), answer.started)
        message = f"{self.name} was shown {product['price']} for {product['name']}, replaced {age} s before"
        self.laws.check(law, age is not None and age <= limit, message)
        self.shared.oldest[law] = max(self.shared.oldest.get(law, 0.0), age or 0.0)


class Visitor(Person):
    """A visitor without credentials, who only looks."""

    def act(self) -> None:
        """Look at something."""
        self.browse(has_credentials=False)
        self.think()


class SeldomVisitor(Person):
    """A visitor without credentials who comes back to a page when all that a cache may still serve of it is too old.

    Nobody else asks for it at this address, so nothing has renewed the answer meanwhile.
    """

    def act(self) -> None:
        """Look at a product, and go away for a while."""
        product = self.shared.products["Priced"][0]
        answer = self.client.send("GET", f"/products/{product['slug']}/")
        if answer.status == 200:
            self.check_price(answer.body["data"], answer, has_credentials=False)
        self.shared.is_over.wait(MAX_CATALOG_AGE + 2)
