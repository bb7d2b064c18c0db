"""Staff who change prices and stock through the API."""

import time
from dataclasses import dataclass

from tests.fleet.scale.people import Person, SharedState
from tests.fleet.scale.plan import BASE_PRICE, Plan
from tests.fleet.scale.shop import PASSWORD, STAFF

PAUSE = 0.5  # seconds between changes
UNITS = 3  # of a delivery


@dataclass
class Delivery:
    """Units that staff received: whether they were told that the shop has booked them."""

    reference: str
    variant: int
    is_acknowledged: bool


class Staff(Person):
    """A member of staff."""

    def __init__(self, shared: SharedState, plan: Plan, number: int) -> None:
        super().__init__(shared, plan, number, shared.traffic.make_client(number))
        self.deliveries: list[Delivery] = []

    def sign_in(self) -> None:
        """Get a token."""
        credentials = {"email": STAFF, "password": PASSWORD, "mode": "token"}
        answer = self.send_until_answered(lambda: self.client.send("POST", "/api/auth/login/", credentials))
        self.client.headers["Authorization"] = f"Bearer {answer.body['data']['access_token']}"

    def act(self) -> None:
        """Change a price, or receive some units."""
        if self.dice.random() < 0.7:
            self._change_price()
        else:
            self._receive_units()
        self.shared.is_over.wait(PAUSE)

    def _change_price(self) -> None:
        """Change a price, read it at once, and repeat a change whose answer was lost."""
        product = self.choose_product(("Priced",))
        history = self.shared.histories[product["id"]]
        amount = BASE_PRICE + len(history.prices)
        path = f"/api/products/{product['id']}/"
        history.send(amount, time.monotonic())
        answer = self.send_until_answered(lambda: self.client.send("PATCH", path, {"price": f"{amount}.00"}))
        if not answer.is_success:
            self.laws.check(5, answer.is_unknown, f"the price of {product['name']} was refused: {answer.status} {answer.code}")
            return
        history.acknowledge(time.monotonic())
        answer = self.client.send("GET", path)
        if answer.status == 200:
            self.check_price(answer.body["data"], answer, has_credentials=True)

    def _receive_units(self) -> None:
        """Book a delivery once; whether a lost answer was a success is found out at the end."""
        product = self.choose_product(("Scarce",))
        delivery = Delivery(f"scale-{len(self.deliveries)}", product["sku_id"], is_acknowledged=False)
        self.deliveries.append(delivery)
        body = {"sku_id": product["sku_id"], "delta": UNITS, "reason": "received", "reference": delivery.reference}
        answer = self.client.send("POST", f"/api/products/{product['id']}/stock/", body)
        delivery.is_acknowledged = answer.is_success
