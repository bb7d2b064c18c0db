"""Guests and customers who fill carts and order, and remember what they were told."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from benchmarks.flows import ADDRESS
from tests.emulator.processes import Emulator
from tests.fleet.scale.cart_model import CartModel, Change, Units, add, clear, put, remove
from tests.fleet.scale.people import Person, SharedState
from tests.fleet.scale.plan import Plan
from tests.fleet.scale.shop import PASSWORD
from tests.fleet.scale.traffic import Answer, Json

CREATE = "/api/orders/create/"
POLL_SECONDS = 0.2
SETTLE_SECONDS = 60  # within which the event of a payment, or sync_payments, has settled it


@dataclass
class OrderAttempt:
    """What a buyer was told about an order that they asked for."""

    key: str  # Idempotency-Key
    method: str
    numbers: list[str] = field(default_factory=list)  # of each answer that named an order
    refusal: str = ""
    is_paid: bool = False  # at the provider


def get_units(cart: Json) -> Units:
    """Return the units of each variant in a cart."""
    return {line["sku_id"]: line["quantity"] for line in cart["items"]}


class Buyer(Person):
    """A guest. They do one thing after the other, so that they know what their cart must hold."""

    is_customer = False

    def __init__(self, shared: SharedState, plan: Plan, number: int, emulator: Emulator) -> None:
        super().__init__(shared, plan, number, shared.traffic.make_client(number))
        self.number, self.emulator, self.cart = number, emulator, CartModel()
        self.email = f"buyer-{plan.seed}-{number}@example.com"
        self.attempts: list[OrderAttempt] = []

    def sign_in(self) -> None:
        """Get the key of a cart."""
        answer = self.send_until_answered(lambda: self.client.send("GET", "/api/cart/"))
        self.client.headers["X-Cart-Token"] = answer.body["cart_token"]

    def act(self) -> None:
        """Look, change the cart some times, and perhaps order."""
        self.browse(has_credentials=self.is_customer)
        for _ in range(self.dice.randint(1, 3)):
            self._change_cart()
            self.think()
            self._read_cart()
        if any(self.cart.states) and self.dice.random() < 0.7:
            self._order(self.dice.choice(("cod", "stripe")))
            self._read_cart()

    def _change_cart(self) -> None:
        held = list(self.cart.states[-1])
        what = self.dice.random()
        if held and what < 0.2:
            variant, quantity = self.dice.choice(held), self.dice.randint(1, 4)
            self._write("PATCH", "/api/cart/update/", {"sku_id": variant, "quantity": quantity}, put(variant, quantity))
        elif held and what < 0.35:
            variant = self.dice.choice(held)
            self._write("DELETE", f"/api/cart/remove/?sku_id={variant}", None, remove(variant))
        else:
            variant, quantity = self.choose_product()["sku_id"], self.dice.randint(1, 2)
            self._write("POST", "/api/cart/add/", {"sku_id": variant, "quantity": quantity}, add(variant, quantity))

    def _write(self, method: str, path: str, body: Json | None, change: Change) -> None:
        answer = self.client.send(method, path, body)
        if answer.is_success:
            self.cart.expect(change)
            self._show(get_units(answer.body["cart"]), f"{method} {path}")
        elif answer.is_unknown or (method == "DELETE" and answer.status == 404):  # nginx may have repeated it
            self.cart.allow(change)

    def _read_cart(self) -> None:
        answer = self.client.send("GET", "/api/cart/")
        if answer.status == 200:
            self._show(get_units(answer.body["data"]), "GET")

    def _show(self, units: Units, request: str) -> None:
        states = list(self.cart.states)
        holds = self.cart.show(units)
        for law in (4, 5) if self.is_customer else (4,):
            self.laws.check(law, holds, f"{self.name} was shown {units} by {request}, where the cart may hold {states}")

    def _empty_cart(self) -> None:
        self.send_until_answered(lambda: self.client.send("DELETE", "/api/cart/clear/"))
        self.cart.expect(clear)

    def _order(self, method: str) -> None:
        """Order the cart under a key of its own, and ask again with it until there is an answer."""
        attempt = OrderAttempt(str(UUID(int=self.dice.getrandbits(128), version=4)), method)
        self.attempts.append(attempt)
        phone = f"+9198765{self.number:05d}"
        body = {
            "payment_method": method,
            "address": {**ADDRESS, "phone": phone},
            "name": "Ada",
            "email": self.email,
            "phone": phone,
        }
        if self.dice.random() < 0.08:
            self.client.send_and_hang_up("POST", CREATE, body, headers={"Idempotency-Key": attempt.key})
        answer = self.send_until_answered(lambda: self._place(attempt, body))
        if answer.is_success and self.dice.random() < 0.15:
            self._place(attempt, body)  # as if the answer had been lost
        if not answer.is_success:
            attempt.refusal = f"{answer.status} {answer.code}"
            self._empty_cart()  # sold out, or dearer
        elif method == "cod":
            self.cart.expect(clear)
            self._after_order(answer.body["data"])
            if self.dice.random() < 0.1:
                self._cancel(answer.body["data"])
        else:
            self._after_order(answer.body["data"])
            self._end_card_order(attempt, answer.body["data"])

    def _place(self, attempt: OrderAttempt, body: Json) -> Answer:
        answer = self.client.send("POST", CREATE, body, headers={"Idempotency-Key": attempt.key})
        if answer.is_success:
            attempt.numbers.append(answer.body["data"]["number"])
        return answer

    def _after_order(self, order: Json) -> None:
        """Check that the order is found at once."""
        answer = self.client.send("GET", f"/api/orders/{order['number']}/", headers=self._get_order_headers(order))
        if answer.status in (200, 404):
            self.laws.check(2, answer.status == 200, f"{self.name} does not find the order {order['number']}")

    def _get_order_headers(self, order: Json) -> dict[str, str]:
        return {"X-Order-Token": order["order_token"]}

    def _cancel(self, order: Json) -> None:
        headers = self._get_order_headers(order)
        self.send_until_answered(lambda: self.client.send("POST", f"/api/orders/{order['number']}/cancel/", {}, headers=headers))

    def _end_card_order(self, attempt: OrderAttempt, order: Json) -> None:
        what = self.dice.random()
        if "session_id" not in order or what < 0.1:  # it is paid already, or the buyer leaves; the next order replaces it
            return
        if what < 0.25:
            self._cancel(order)
            return
        if self.emulator.request("POST", f"/pay/{order['session_id']}", "act=pay").status >= 400:
            return
        attempt.is_paid = True
        self.cart.allow(clear)
        headers = self._get_order_headers(order)
        asks_provider = self.dice.random() < 0.4
        path = (
            f"/api/orders/verify-payment/?session_id={order['session_id']}" if asks_provider else f"/api/orders/{order['number']}/"
        )
        end = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < end:
            answer = self.client.send("GET", path, headers=headers)
            data = answer.body.get("data", {})
            if answer.status == 200 and data.get("order", data)["payment_status"] == "paid":
                self.cart.expect(clear)
                break
            time.sleep(POLL_SECONDS)
        else:
            self.laws.check(3, False, f"{self.name} paid {order['number']}, which is not settled after {SETTLE_SECONDS} s")


class Customer(Buyer):
    """A customer with an account, signed in by a token."""

    is_customer = True

    def sign_in(self) -> None:
        """Register, and get a token."""
        account = {"email": self.email, "password": PASSWORD, "first_name": "Ada", "mode": "token"}
        answer = self.send_until_answered(lambda: self.client.send("POST", "/api/auth/register/", account))
        if "access_token" not in answer.body.get("data", {}):
            credentials = {"email": self.email, "password": PASSWORD, "mode": "token"}
            answer = self.send_until_answered(lambda: self.client.send("POST", "/api/auth/login/", credentials))
        self.client.headers["Authorization"] = f"Bearer {answer.body['data']['access_token']}"

    def _after_order(self, order: Json) -> None:
        """Check that the order is the newest of their own."""
        answer = self.client.send("GET", "/api/orders/my/")
        if answer.status == 200:
            numbers = [mine["number"] for mine in answer.body["data"]]
            self.laws.check(5, order["number"] in numbers, f"{self.name} does not find {order['number']} among their orders")

    def _get_order_headers(self, order: Json) -> dict[str, str]:
        return {}
