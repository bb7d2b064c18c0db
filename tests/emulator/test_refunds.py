"""The emulator's refunds and disputes"""

from typing import Any

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import ControlError, Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop
from tests.emulator.webhook_receivers import WebhookReceiver


def pay_session(emulator: Emulator, shop: StripeShop) -> tuple[str, str]:
    """Pay for a lamp of 20 USD; return the ids of the intent and its charge, once all events are delivered."""
    session = emulator.pay(shop.open_session().id)
    assert emulator.wait_for_deliveries()
    return session["payment_intent"], str(shop.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)


def test_all_is_given_back(emulator: Emulator, shop: StripeShop) -> None:
    intent, charge = pay_session(emulator, shop)

    refund = shop.refund(payment_intent=intent, metadata={"refund": "r-1"}, reason="requested_by_customer")

    assert refund.id.startswith("re_")
    assert (refund.amount, refund.currency, refund.status, refund.reason) == (2000, "usd", "succeeded", "requested_by_customer")
    assert (refund.charge, refund.payment_intent) == (charge, intent)
    assert refund.metadata is not None
    assert refund.metadata.to_dict() == {"refund": "r-1"}
    retrieved = shop.v1.charges.retrieve(charge)
    assert (retrieved.amount_refunded, retrieved.refunded) == (2000, True)
    assert shop.v1.refunds.retrieve(refund.id).to_dict() == refund.to_dict()


def test_a_part_is_given_back_and_then_the_rest(emulator: Emulator, shop: StripeShop) -> None:
    _, charge = pay_session(emulator, shop)

    shop.refund(charge=charge, amount=500)
    assert shop.v1.charges.retrieve(charge).refunded is False
    rest = shop.refund(charge=charge)

    assert rest.amount == 1500
    assert shop.v1.charges.retrieve(charge).refunded is True


def test_more_than_the_rest_is_refused(emulator: Emulator, shop: StripeShop) -> None:
    intent, charge = pay_session(emulator, shop)
    shop.refund(payment_intent=intent, amount=500)

    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.refund(payment_intent=intent, amount=1501)

    assert (excinfo.value.http_status, excinfo.value.param) == (400, "amount")
    assert shop.v1.charges.retrieve(charge).amount_refunded == 500


def test_what_was_given_back_is_not_given_back_again(emulator: Emulator, shop: StripeShop) -> None:
    intent, _ = pay_session(emulator, shop)
    shop.refund(payment_intent=intent)

    for amount in (1, 2000):
        with pytest.raises(stripe.InvalidRequestError) as excinfo:
            shop.refund(payment_intent=intent, amount=amount)
        assert (excinfo.value.http_status, excinfo.value.code) == (400, "charge_already_refunded")


@pytest.mark.parametrize("amount", [0, -5, "many"])
def test_an_amount_that_is_none_is_refused(emulator: Emulator, shop: StripeShop, amount: Any) -> None:
    intent, _ = pay_session(emulator, shop)

    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.refund(payment_intent=intent, amount=amount)

    assert excinfo.value.param == "amount"


def test_what_was_not_paid_is_not_given_back(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay_later(shop.open_session().id)

    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        shop.refund(payment_intent=session["payment_intent"])


@pytest.mark.parametrize("params", [{"charge": "ch_none"}, {"payment_intent": "pi_none"}])
def test_a_payment_that_does_not_exist_is_not_given_back(shop: StripeShop, params: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.refund(**params)

    assert (excinfo.value.http_status, excinfo.value.code) == (404, "resource_missing")


def test_a_refund_of_nothing_is_refused(shop: StripeShop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as excinfo:
        shop.refund(amount=5)

    assert excinfo.value.http_status == 400


def test_a_reason_that_stripe_does_not_know_is_refused() -> None:
    with run_emulator() as emulator, connect_shop(emulator.url) as shop:
        response = emulator.api("POST", "/v1/refunds", f"charge={pay_session(emulator, shop)[1]}&reason=whim")

    assert response.status == 400


def test_money_goes_back_in_the_dashboard_too(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    _, charge = pay_session(emulator, shop)
    webhooks.clear()

    part = emulator.refund_charge(charge, 300)
    rest = emulator.refund_charge(charge)

    assert (part["amount"], rest["amount"]) == (300, 1700)
    assert emulator.wait_for_deliveries()
    assert webhooks.types() == ["refund.created", "charge.refunded", "refund.updated"] * 2
    with pytest.raises(ControlError) as excinfo:
        emulator.refund_charge(charge)
    assert excinfo.value.status == 400


def test_a_refund_comes_back(emulator: Emulator, shop: StripeShop) -> None:
    intent, charge = pay_session(emulator, shop)
    refund = shop.refund(payment_intent=intent)

    emulator.fail_refund(refund.id)

    retrieved = shop.v1.refunds.retrieve(refund.id)
    assert retrieved.status == "failed"
    assert retrieved.failure_reason == "lost_or_stolen_card"
    assert shop.v1.charges.retrieve(charge).amount_refunded == 0
    assert shop.refund(payment_intent=intent).amount == 2000


def test_a_refund_comes_back_once(emulator: Emulator, shop: StripeShop) -> None:
    intent, charge = pay_session(emulator, shop)
    shop.refund(payment_intent=intent, amount=1500)
    refund = shop.refund(payment_intent=intent, amount=500)

    for _ in range(2):
        emulator.fail_refund(refund.id)

    assert shop.v1.charges.retrieve(charge).amount_refunded == 1500
    assert len(shop.v1.events.list({"type": "refund.failed"}).data) == 1


@pytest.mark.parametrize("end", ["won", "lost"])
def test_a_charge_is_disputed(emulator: Emulator, shop: StripeShop, end: str) -> None:
    intent, charge = pay_session(emulator, shop)

    opened = emulator.dispute(charge)
    assert shop.v1.charges.retrieve(charge).disputed is True
    closed = emulator.dispute(charge, end)

    assert (opened["status"], opened["amount"], opened["charge"], opened["payment_intent"]) == (
        "needs_response",
        2000,
        charge,
        intent,
    )
    retrieved = shop.v1.disputes.retrieve(opened["id"], {"expand": ["charge", "payment_intent"]})
    assert (closed["id"], retrieved.status) == (opened["id"], end)
    assert retrieved.to_dict()["charge"]["id"] == charge


@pytest.mark.parametrize("path", ["charges/ch_none/dispute", "charges/ch_none/refund", "refunds/re_none/fail"])
def test_what_does_not_exist_is_neither_disputed_nor_given_back(emulator: Emulator, path: str) -> None:
    with pytest.raises(ControlError) as excinfo:
        emulator.control("POST", path, {})

    assert excinfo.value.status == 404


def test_a_dispute_has_no_status_that_stripe_does_not_know() -> None:
    with run_emulator() as emulator, connect_shop(emulator.url) as shop, pytest.raises(ControlError):
        emulator.dispute(pay_session(emulator, shop)[1], "whim")


@pytest.mark.parametrize("reason", ["expired_or_canceled_card", "insufficient_funds", "charge_for_pending_refund_disputed"])
def test_a_refund_fails_at_once_for_a_reason(emulator: Emulator, shop: StripeShop, reason: str) -> None:
    intent, charge = pay_session(emulator, shop)
    emulator.set_faults({"match": {"method": "POST", "path": "refunds$"}, "do": {"refund_fails": reason}})

    refund = shop.refund(payment_intent=intent)

    assert (refund.status, refund.failure_reason) == ("failed", reason)
    assert shop.v1.charges.retrieve(charge).amount_refunded == 0


def test_a_refusal_with_a_code_is_repeated_for_its_key(emulator: Emulator, shop: StripeShop) -> None:
    intent, _ = pay_session(emulator, shop)
    call = {"match": {"method": "POST", "path": "refunds$"}, "do": {"status": 400, "code": "balance_insufficient"}}
    emulator.set_faults(call)

    codes = []
    for key in ("k-1", "k-1", "k-2"):
        try:
            codes.append(shop.refund(key, payment_intent=intent).status)
        except stripe.InvalidRequestError as error:
            codes.append(error.code)

    assert codes == ["balance_insufficient", "balance_insufficient", "succeeded"]


@pytest.mark.parametrize(
    ("statuses", "events"),
    [
        (["prevented"], ["created", "closed"]),
        (["warning_needs_response", "warning_closed"], ["created", "closed"]),
        (["warning_needs_response", "needs_response"], ["created", "updated"]),
    ],
)
def test_a_dispute_may_begin_as_an_inquiry_or_prevented(
    emulator: Emulator, shop: StripeShop, statuses: list[str], events: list[str]
) -> None:
    _, charge = pay_session(emulator, shop)

    for status in statuses:
        dispute = emulator.dispute(charge, status, 500)

    assert (dispute["status"], dispute["amount"]) == (statuses[-1], 500)
    sent = [event.type for event in shop.v1.events.list().data if event.type.startswith("charge.dispute")]
    assert sent[::-1] == [f"charge.dispute.{kind}" for kind in events]
