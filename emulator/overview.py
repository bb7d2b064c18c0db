"""The first page: the latest checkout sessions, and the events with their deliveries."""

import time
from html import escape
from itertools import islice
from typing import Any

from emulator.deliveries import MAX_ATTEMPTS
from emulator.emulator import Emulator
from emulator.pages import format_amount, render_page

Json = dict[str, Any]
LIMIT = 50  # rows of each table
DROPPED = "dropped"  # the status that the log gives an event which a fault rule drops


def render_overview(emulator: Emulator) -> str:
    """Return the page that `/` shows."""
    with emulator.lock:
        sessions, events = emulator.state.list_objects("checkout.session"), emulator.state.list_objects("event")
        orders = {session["_intent"]: session["client_reference_id"] for session in sessions.values()}
        refunded = {row["session"]: row["refunded"] for row in emulator.state.ledger()}
        deliveries = DeliveryStates(emulator)
        session_rows = [_render_session(session, refunded[session["id"]]) for session in _get_latest(sessions)]
        event_rows = [_render_event(event, orders, deliveries) for event in _get_latest(events)]
    session_table = _render_table(("Order", "Amount", "State", "Created"), session_rows, "No order has been placed by card yet.")
    event_table = _render_table(("Event", "Order", "Delivery", "Created", "Action"), event_rows, "Nothing has happened yet.")
    return render_page(
        "Payments",
        '<h1>Payments</h1><p class="soft">A stand-in for Stripe Checkout. <a href="/">Reload</a></p>'
        f"<h2>Checkout sessions</h2>{session_table}"
        f'<h2 id="events">Events</h2><p class="soft">{_describe_webhook(deliveries.url)}</p>{event_table}',
        is_wide=True,
    )


class DeliveryStates:
    """The state of each event's delivery, as text."""

    def __init__(self, emulator: Emulator) -> None:
        log = emulator.deliveries.to_dict()
        self.url = emulator.deliveries.url
        self.pending, self.failed = set(log["open"]), set(log["given_up"])
        self.last_attempts: dict[str, Json] = {row["event"]: row for row in log["deliveries"]}

    def describe(self, event_id: str) -> str:
        """Return whether the shop has accepted the event, and what it answered last."""
        last = self.last_attempts.get(event_id)
        if last is not None and last["status"] == DROPPED:
            return "Dropped by a fault rule"
        answer = f" ({last['status']}, attempt {last['try']} of {MAX_ATTEMPTS})" if last else ""
        if event_id in self.pending:
            return f"Not delivered yet{answer}"
        if event_id in self.failed:
            return f"Given up{answer}"
        if last is None:
            return "No record since the restart" if self.url else "Not sent"
        return f"Delivered ({last['status']})"


def _get_latest(rows: dict[str, Json]) -> list[Json]:
    return list(islice(reversed(rows.values()), LIMIT))


def _render_session(session: Json, refunded: int) -> str:
    order = escape(session["client_reference_id"] or session["id"])
    state = _describe_session(session) + (f", {format_amount(refunded, session['currency'])} refunded" if refunded else "")
    return _render_row(
        f'<a href="/pay/{session["id"]}">{order}</a>',
        format_amount(session["amount_total"], session["currency"]),
        state,
        _format_time(session["created"]),
    )


def _describe_session(session: Json) -> str:
    if session["status"] != "complete":
        return "Open" if session["status"] == "open" else "Expired"
    if session["payment_status"] == "paid":
        return "Paid"
    return "The money is on its way" if session["_awaits_money"] else "The money did not arrive"


def _render_event(event: Json, orders: dict[str, str | None], deliveries: DeliveryStates) -> str:
    subject = event["data"]["object"]
    intent = subject["id"] if subject["object"] == "payment_intent" else subject.get("payment_intent")
    order = subject.get("client_reference_id") or orders.get(intent) or ""
    button = f'<button aria-label="Send again: {event["type"]}">Send again</button>'
    return _render_row(
        escape(event["type"]),
        escape(order),
        escape(deliveries.describe(event["id"])),
        _format_time(event["created"]),
        f'<form method="post" action="/events/{event["id"]}/send">{button}</form>' if deliveries.url else "",
    )


def _render_row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _render_table(headers: tuple[str, ...], rows: list[str], empty: str) -> str:
    if not rows:
        return f"<p>{empty}</p>"
    head = "".join(f'<th scope="col">{header}</th>' for header in headers)
    table = f'<table class="list"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _describe_webhook(url: str) -> str:
    return f"Sent to {escape(url)}; the newest is first." if url else "Not sent: the emulator was started without --webhook."


def _format_time(at: int) -> str:
    return time.strftime("%d %b %H:%M:%S", time.localtime(at))
