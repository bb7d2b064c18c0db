"""The emulator's payment pages"""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.emulator.processes import Emulator, Response
from tests.emulator.stripe_clients import StripeShop, make_line_item
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import WebhookReceiver

MARKUP = "<script>alert('x')</script> & \"quoted\""
FORM = "application/x-www-form-urlencoded"


class TagCollector(HTMLParser):
    """Collects the tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect a tag."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all tags with this name."""
        return [attributes for name, attributes in self.found if name == tag]


def open_page(emulator: Emulator, session: str, status: int = 200) -> TagCollector:
    """Open the payment page of a session."""
    response = emulator.request("GET", f"/pay/{session}")
    assert response.status == status
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    tags = TagCollector(response.text)
    assert "emulator – no money moves" in tags.words
    return tags


def press_button(emulator: Emulator, session: str, act: str, email: str = "") -> Response:
    """Press a button on that page."""
    return emulator.request("POST", f"/pay/{session}", f"act={act}&email={quote(email)}", Content_Type=FORM)


def test_the_page_shows_what_is_bought_and_every_way_on(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(line_items=[make_line_item("Lamp", 199_900, 2), make_line_item("Bulb", 5)])

    tags = open_page(emulator, session.id)

    for text in ("261121-ABCDEF", "3,998.05 USD", "Lamp", "2 × 1,999.00 USD", "3,998.00 USD", "Bulb", "0.05 USD"):
        assert text in tags.words
    assert "1 × " not in tags.words
    assert [button["value"] for button in tags.all("button")] == ["pay", "decline", "pay_later"]
    assert [field["value"] for field in tags.all("input")] == ["ann@example.com"]
    assert [link["href"] for link in tags.all("a")] == ["https://shop.example/cart"]


@pytest.mark.parametrize(
    ("currency", "amount", "displayed"), [("jpy", 1500, "1,500 JPY"), ("kwd", 1_500, "1.500 KWD"), ("inr", 99_999, "999.99 INR")]
)
def test_an_amount_has_the_digits_of_its_currency(
    emulator: Emulator, shop: StripeShop, currency: str, amount: int, displayed: str
) -> None:
    session = shop.open_session(line_items=[make_line_item("Lamp", amount, 1, currency)])

    assert displayed in open_page(emulator, session.id).words


def test_names_are_shown_as_they_are_written(emulator: Emulator, shop: StripeShop) -> None:
    address = "https://shop.example/cart?a=1&b=%22%3E"
    session = shop.open_session(
        line_items=[make_line_item(MARKUP)], client_reference_id=MARKUP, customer_email=MARKUP, cancel_url=address
    )

    tags = open_page(emulator, session.id)

    assert tags.words.count(MARKUP) == 2
    assert tags.all("script") == []
    assert tags.all("input")[0]["value"] == MARKUP
    assert tags.all("a")[0]["href"] == address


def test_the_page_loads_nothing_and_is_not_kept(emulator: Emulator, shop: StripeShop) -> None:
    response = emulator.request("GET", f"/pay/{shop.open_session().id}")

    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["Cache-Control"] == "no-store"
    assert re.findall(r"(?:src|href)=.", response.text) == ['href="'] * 2


def test_a_payment_returns_the_buyer_to_the_shop(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id

    response = press_button(emulator, session, "pay", "bob+1@example.com")

    assert response.status == 303
    assert response.headers["Location"] == f"https://shop.example/thanks?session_id={session}"
    retrieved = shop.sessions.retrieve(session)
    assert (retrieved.status, retrieved.payment_status) == ("complete", "paid")
    assert retrieved.customer_details is not None
    assert retrieved.customer_details.email == "bob+1@example.com"
    assert emulator.wait_for_deliveries()
    assert webhooks.types() == PAID


def test_an_address_without_a_place_for_the_session_stays_as_it_is(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(success_url="https://shop.example/thanks").id

    assert press_button(emulator, session, "pay").headers["Location"] == "https://shop.example/thanks"


def test_a_declined_card_is_shown_and_another_may_be_tried(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id

    response = press_button(emulator, session, "decline")

    assert response.status == 402
    assert "Your card was declined" in TagCollector(response.text).words
    assert len(TagCollector(response.text).all("button")) == 3
    assert emulator.wait_for_deliveries()
    assert webhooks.types()[-1] == "payment_intent.payment_failed"
    assert press_button(emulator, session, "pay").status == 303


@pytest.mark.parametrize(("act", "payment_status"), [("async_succeed", "paid"), ("async_fail", "unpaid")])
def test_money_that_comes_later_is_settled_on_the_page(emulator: Emulator, shop: StripeShop, act: str, payment_status: str) -> None:
    session = shop.open_session().id

    assert press_button(emulator, session, "pay_later").headers["Location"].endswith(session)
    tags = open_page(emulator, session)
    assert "The money is on its way" in tags.words
    assert [button["value"] for button in tags.all("button")] == ["async_succeed", "async_fail"]
    assert press_button(emulator, session, act).status == 200

    assert shop.sessions.retrieve(session).payment_status == payment_status


def test_the_page_says_that_the_money_never_came(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id
    press_button(emulator, session, "pay_later")
    press_button(emulator, session, "async_fail")

    assert open_page(emulator, session).all("button") == []


def test_a_paid_session_is_shown_as_paid_and_cannot_be_paid_again(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id
    press_button(emulator, session, "pay")

    for act in ("pay", "decline", "pay_later", "async_fail"):
        assert "Paid" in TagCollector(press_button(emulator, session, act).text).words
    tags = open_page(emulator, session)

    assert "Paid" in tags.words
    assert tags.all("button") == []
    assert [link["href"] for link in tags.all("a")] == [f"https://shop.example/thanks?session_id={session}"]
    assert emulator.ledger()[0]["captured"] == 2000
    assert len(shop.v1.events.list().data) == 4


def test_an_expired_session_is_shown_as_expired_and_cannot_be_paid(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id
    emulator.advance_clock(86_401)

    assert "expired" in TagCollector(press_button(emulator, session, "pay").text).words
    tags = open_page(emulator, session)

    assert "Nothing was charged" in tags.words
    assert tags.all("button") == []
    assert [link["href"] for link in tags.all("a")] == ["https://shop.example/cart"]
    assert emulator.ledger()[0]["captured"] == 0


@pytest.mark.parametrize("session", ["cs_test_none", "", "<script>", "../v1/events"])
def test_there_is_no_page_of_what_does_not_exist(emulator: Emulator, session: str) -> None:
    tags = open_page(emulator, quote(session), 404)

    assert "There is no such payment" in tags.words
    assert tags.all("script") == []


def test_a_session_without_a_way_back_has_no_link(emulator: Emulator, shop: StripeShop) -> None:
    response = emulator.api(
        *("POST", "/v1/checkout/sessions"),
        "mode=payment&success_url=https://shop.example/&line_items[0][price_data][currency]=usd"
        "&line_items[0][price_data][unit_amount]=2000&line_items[0][price_data][product_data][name]=Lamp",
    )

    assert open_page(emulator, response.json["id"]).all("a") == []


def test_a_button_that_there_is_not_does_nothing(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id

    press_button(emulator, session, "whim")

    assert shop.v1.events.list().data == []


def test_a_return_url_cannot_inject_headers(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(success_url="https://shop.example/\r\nX-Own: 1").id

    assert "X-Own" not in press_button(emulator, session, "pay").headers
