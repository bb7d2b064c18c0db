"""The emulator's lists: pages, filters, expanding"""

from typing import Any

import pytest

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop


def open_sessions(shop: StripeShop, number: int) -> list[str]:
    """Open this number of sessions and return their ids, newest first."""
    return [shop.open_session().id for _ in range(number)][::-1]


def test_sessions_are_listed_the_newest_first(shop: StripeShop) -> None:
    ids = open_sessions(shop, 3)

    listed = shop.sessions.list()

    assert [row.id for row in listed.data] == ids
    assert listed.has_more is False


def test_a_page_says_whether_another_follows(shop: StripeShop) -> None:
    ids = open_sessions(shop, 12)

    first = shop.sessions.list()
    second = shop.sessions.list({"starting_after": first.data[-1].id})

    assert ([row.id for row in first.data], first.has_more) == (ids[:10], True)
    assert ([row.id for row in second.data], second.has_more) == (ids[10:], False)


def test_all_pages_are_walked_through(shop: StripeShop) -> None:
    ids = open_sessions(shop, 5)

    assert [row.id for row in shop.sessions.list({"limit": 2}).auto_paging_iter()] == ids


def test_a_page_that_ends_with_the_list_is_the_last(shop: StripeShop) -> None:
    open_sessions(shop, 2)

    assert shop.sessions.list({"limit": 2}).has_more is False


def test_a_page_ends_before_another(shop: StripeShop) -> None:
    ids = open_sessions(shop, 4)

    near = shop.sessions.list({"ending_before": ids[3], "limit": 2})
    rest = shop.sessions.list({"ending_before": near.data[0].id, "limit": 2})

    assert ([row.id for row in near.data], near.has_more) == (ids[1:3], True)
    assert ([row.id for row in rest.data], rest.has_more) == (ids[:1], False)


def test_sessions_are_found_by_what_they_are(emulator: Emulator, shop: StripeShop) -> None:
    is_open, ended_order, paid = open_sessions(shop, 3)
    shop.sessions.expire(ended_order)
    intent = emulator.pay(paid)["payment_intent"]

    assert [row.id for row in shop.sessions.list({"status": "open"}).data] == [is_open]
    assert [row.id for row in shop.sessions.list({"status": "expired"}).data] == [ended_order]
    assert [row.id for row in shop.sessions.list({"status": "complete"}).data] == [paid]
    assert [row.id for row in shop.sessions.list({"payment_intent": intent}).data] == [paid]
    assert shop.sessions.list({"payment_intent": "pi_none"}).data == []


def test_sessions_are_found_by_when_they_were_opened(emulator: Emulator, shop: StripeShop) -> None:
    old = shop.open_session()
    emulator.advance_clock(100)
    new = shop.open_session()

    def found(**created: Any) -> list[str]:
        params: Any = {"created": created}
        return [row.id for row in shop.sessions.list(params).data]

    assert found(gte=new.created) == [new.id]
    assert found(gt=old.created) == [new.id]
    assert found(lt=new.created) == [old.id]
    assert found(lte=old.created) == [old.id]
    assert found(gte=old.created, lte=new.created) == [new.id, old.id]
    assert found(gt=new.created) == []
    assert [row.id for row in shop.sessions.list({"created": old.created}).data] == [old.id]


def test_events_are_found_by_type(emulator: Emulator, shop: StripeShop) -> None:
    paid, ended_order = open_sessions(shop, 2)
    emulator.pay(paid)
    shop.sessions.expire(ended_order)

    single = shop.v1.events.list({"type": "charge.succeeded"})
    two = shop.v1.events.list({"types": ["charge.succeeded", "checkout.session.expired"]})

    assert [row.type for row in single.data] == ["charge.succeeded"]
    assert [row.type for row in two.data] == ["checkout.session.expired", "charge.succeeded"]


def test_a_type_is_no_list_of_types(emulator: Emulator, shop: StripeShop) -> None:
    emulator.pay(shop.open_session().id)

    response = emulator.api("GET", "/v1/events?types=charge.succeeded,payment_intent.created")

    assert (response.status, response.json["error"]["param"]) == (400, "types")


def test_events_are_found_by_when_and_page(emulator: Emulator, shop: StripeShop) -> None:
    emulator.pay(shop.open_session().id)
    emulator.advance_clock(100)
    late = shop.open_session()
    emulator.pay(late.id)

    listed = shop.v1.events.list({"created": {"gte": late.created}, "limit": 3})

    assert [row.type for row in listed.data] == ["checkout.session.completed", "charge.succeeded", "payment_intent.succeeded"]
    assert listed.has_more is True
    assert len(list(shop.v1.events.list({"limit": 3}).auto_paging_iter())) == 8


def test_an_event_is_found_again_as_it_was(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session()
    emulator.pay(session.id)
    listed = shop.v1.events.list({"type": "charge.succeeded"}).data[0]
    emulator.refund_charge(listed.data.object["id"])

    event = shop.v1.events.retrieve(listed.id)

    assert event.data.object["amount_refunded"] == 0
    assert event.api_version == "2026-10-28.endive"
    assert event.livemode is False


def test_refunds_are_found_by_their_payment(emulator: Emulator, shop: StripeShop) -> None:
    first, second = (emulator.pay(shop.open_session().id)["payment_intent"] for _ in range(2))
    first_refund, two = shop.refund(payment_intent=first, amount=300), shop.refund(payment_intent=first, amount=200)
    other = shop.refund(payment_intent=second)

    assert [row.id for row in shop.v1.refunds.list().data] == [other.id, two.id, first_refund.id]
    assert [row.id for row in shop.v1.refunds.list({"payment_intent": first}).data] == [two.id, first_refund.id]
    assert [row.id for row in shop.v1.refunds.list({"charge": str(other.charge)}).data] == [other.id]
    assert [row.id for row in shop.v1.refunds.list({"limit": 1, "starting_after": other.id}).data] == [two.id]
    assert shop.v1.refunds.list({"created": {"gt": other.created}}).data == []


def test_payments_are_shown_in_lists(emulator: Emulator, shop: StripeShop) -> None:
    emulator.pay(shop.open_session().id)
    shop.open_session()

    rows = [row.to_dict() for row in shop.sessions.list({"expand": ["data.payment_intent.latest_charge"]}).data]

    assert rows[0]["payment_intent"] is None
    assert rows[1]["payment_intent"]["latest_charge"]["amount"] == 2000


def test_lines_are_shown_in_lists(emulator: Emulator, shop: StripeShop) -> None:
    shop.open_session()

    response = emulator.api("GET", "/v1/checkout/sessions?expand[]=data.line_items")

    assert [row["description"] for row in response.json["data"][0]["line_items"]["data"]] == ["Lamp"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", ""])
def test_a_page_has_1_to_100_rows(emulator: Emulator, limit: str) -> None:
    response = emulator.api("GET", f"/v1/events?limit={limit}")

    assert response.status == 400
    assert response.json["error"]["param"] == "limit"


def test_a_page_after_nothing_is_refused(emulator: Emulator) -> None:
    response = emulator.api("GET", "/v1/checkout/sessions?starting_after=cs_test_none")

    assert response.status == 400
    assert response.json["error"]["code"] == "resource_missing"


@pytest.mark.parametrize("created", ["created[after]=1", "created[gt]=soon", "created=soon"])
def test_a_time_that_is_none_is_refused(emulator: Emulator, shop: StripeShop, created: str) -> None:
    shop.open_session()

    response = emulator.api("GET", f"/v1/checkout/sessions?{created}")

    assert response.status == 400
    assert response.json["error"]["param"].startswith("created")
