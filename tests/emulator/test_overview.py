"""The emulator's first page: sessions, events and their deliveries"""

import re
from pathlib import Path

import pytest

from tests.emulator.processes import Emulator, Response, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop, make_line_item
from tests.emulator.test_events import PAID
from tests.emulator.test_pages import MARKUP, TagCollector
from tests.emulator.webhook_receivers import WebhookReceiver, run_receiver

EXPIRED = {"type": "checkout.session.expired"}
ROW = re.compile(r"<tr>(<td>.*?)</tr>")
CELL = re.compile(r"<td>(.*?)</td>")


def open_overview(emulator: Emulator) -> str:
    """Return the page."""
    response = emulator.request("GET", "/")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<script" not in response.text
    return response.text


def read_rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of a table as text, without the time."""
    table = page.partition(f">{heading}</h2>")[2].partition("<h2")[0]
    return [[TagCollector(cell).words for cell in CELL.findall(row)] for row in ROW.findall(table)]


def send_again(emulator: Emulator, event: str) -> Response:
    """Press the button of an event."""
    return emulator.request("POST", f"/events/{event}/send")


def test_nothing_is_listed_before_the_first_order(emulator: Emulator) -> None:
    page = open_overview(emulator)

    assert "No order has been placed by card yet." in page
    assert "Nothing has happened yet." in page


def test_each_session_is_listed_with_its_state_and_a_link_to_its_page(emulator: Emulator, shop: StripeShop) -> None:
    names = ("open", "paid", "later", "failed", "expired", "refunded")
    sessions = {name: shop.open_session(client_reference_id=name).id for name in names}
    emulator.pay(sessions["paid"])
    emulator.pay_later(sessions["later"])
    emulator.pay_later(sessions["failed"])
    emulator.async_fail(sessions["failed"])
    shop.sessions.expire(sessions["expired"])
    intent = emulator.pay(sessions["refunded"])["payment_intent"]
    emulator.refund_charge(str(shop.v1.payment_intents.retrieve(intent).latest_charge), 500)

    page = open_overview(emulator)

    assert [row[:3] for row in read_rows(page, "Checkout sessions")] == [
        ["refunded", "20.00 USD", "Paid, 5.00 USD refunded"],
        ["expired", "20.00 USD", "Expired"],
        ["failed", "20.00 USD", "The money did not arrive"],
        ["later", "20.00 USD", "The money is on its way"],
        ["paid", "20.00 USD", "Paid"],
        ["open", "20.00 USD", "Open"],
    ]
    links = [link["href"] for link in TagCollector(page).all("a")]
    assert links == ["/", *(f"/pay/{session}" for session in reversed(sessions.values()))]


def test_fifty_sessions_are_listed_the_newest_first(emulator: Emulator, shop: StripeShop) -> None:
    for number in range(51):
        shop.open_session(client_reference_id=f"order-{number}")

    rows = read_rows(open_overview(emulator), "Checkout sessions")

    assert [row[0] for row in rows] == [f"order-{number}" for number in range(50, 0, -1)]


def test_each_event_is_listed_with_its_order_and_the_answer_of_the_shop(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver
) -> None:
    webhooks.answers = [200, 204]
    emulator.pay(shop.open_session(client_reference_id="order-1").id)
    assert emulator.wait_for_deliveries()

    rows = read_rows(open_overview(emulator), "Events")

    answers = ["Delivered (200)", "Delivered (200)", "Delivered (204)", "Delivered (200)"]
    assert [row[:3] for row in rows] == [[kind, "order-1", answer] for kind, answer in zip(reversed(PAID), answers, strict=True)]
    assert [row[4] for row in rows] == ["Send again"] * 4


def test_what_is_not_delivered_is_told_apart() -> None:
    with run_receiver() as receiver, run_emulator(receiver.url, pace=0.0) as emulator, connect_shop(emulator.url) as shop:
        receiver.answers = [503] * 20
        shop.sessions.expire(shop.open_session(client_reference_id="refused").id)
        assert not emulator.wait_for_deliveries()
        emulator.set_faults({"match": EXPIRED, "times": 1, "do": {"drop": True}})
        shop.sessions.expire(shop.open_session(client_reference_id="dropped").id)
        emulator.set_faults({"match": EXPIRED, "times": 1, "do": {"delay_ms": 60_000}})
        shop.sessions.expire(shop.open_session(client_reference_id="delayed").id)

        rows = read_rows(open_overview(emulator), "Events")

    assert [row[1:3] for row in rows] == [
        ["delayed", "Not delivered yet"],
        ["dropped", "Dropped by a fault rule"],
        ["refused", "Given up (503, attempt 20 of 20)"],
    ]


def test_an_event_is_sent_again_and_the_page_shows_the_answer(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver
) -> None:
    shop.sessions.expire(shop.open_session().id)
    (sent,) = [received.event for received in webhooks.wait_for(1)]
    assert emulator.wait_for_deliveries()
    webhooks.answers = [202]

    response = send_again(emulator, sent["id"])

    assert (response.status, response.headers["Location"]) == (303, "/#events")
    assert [event["id"] for event in webhooks.events()] == [sent["id"]] * 2
    (row,) = read_rows(open_overview(emulator), "Events")
    assert row[2] == "Delivered (202)"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/events/evt_1/send", 405), ("POST", "/events/evt_1/send", 404)])
def test_only_an_event_that_exists_is_sent(
    emulator: Emulator, webhooks: WebhookReceiver, method: str, path: str, status: int
) -> None:
    response = emulator.request(method, path)

    assert response.status == status
    assert webhooks.received == []


def test_without_a_webhook_no_event_can_be_sent() -> None:
    with run_emulator() as emulator, connect_shop(emulator.url) as shop:
        shop.sessions.expire(shop.open_session().id)

        page = open_overview(emulator)

    assert "started without --webhook" in page
    assert [row[2] for row in read_rows(page, "Events")] == ["Not sent"]
    assert TagCollector(page).all("button") == []


def test_an_event_of_an_earlier_run_has_no_record(tmp_path: Path) -> None:
    file = ("--file", str(tmp_path / "state"))
    with run_receiver() as receiver:
        with run_emulator(receiver.url, *file) as emulator, connect_shop(emulator.url) as shop:
            shop.sessions.expire(shop.open_session(client_reference_id="order-1").id)
            assert emulator.wait_for_deliveries()
        with run_emulator(receiver.url, *file) as emulator:
            page = open_overview(emulator)

    assert [row[1:3] for row in read_rows(page, "Events")] == [["order-1", "No record since the restart"]]
    assert [row[0] for row in read_rows(page, "Checkout sessions")] == ["order-1"]


def test_names_are_shown_as_they_are_written(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(client_reference_id=MARKUP, line_items=[make_line_item(MARKUP, 500)])
    shop.sessions.expire(session.id)

    page = open_overview(emulator)

    assert read_rows(page, "Checkout sessions")[0][0] == read_rows(page, "Events")[0][1] == MARKUP
