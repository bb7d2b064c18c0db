"""The books at the end: what the buyers were told, against the database, the provider and the e-mails."""

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from tests.emulator.processes import Emulator
from tests.fleet.scale.buyers import Buyer
from tests.fleet.scale.laws import Laws
from tests.fleet.scale.plan import SCARCE_STOCK, STOCK
from tests.fleet.scale.shop import Fleet
from tests.fleet.scale.staff import UNITS, Staff

CONFIRMATION = re.compile(r"^Subject: Your order (\S+)$", re.MULTILINE)
JOB_SECONDS = 60
# What a killed worker had begun waits for the end of its lease of 5 minutes, and what failed for its next attempt. Not here.
HASTEN_JOBS = """
UPDATE outbox_job SET leased_until = NULL, run_at = now()
WHERE done_at IS NULL AND failed_at IS NULL AND (leased_until < now() + interval '4 minutes 45 seconds' OR run_at > now())
"""
PENDING_JOBS = "SELECT count(*) FROM outbox_job WHERE done_at IS NULL"
ORDERS = "SELECT number, idempotency_key, status, payment_method FROM orders_order"
CAPTURED = """
SELECT number, sum(captured_minor - refunded_minor)::bigint FROM orders_order JOIN orders_payment ON order_id = orders_order.id
WHERE payment_method = 'stripe' GROUP BY number
"""
STOCK_BOOKS = """
SELECT sku, variant.id, stock, (
    SELECT coalesce(sum(quantity - restocked_quantity), 0)::bigint FROM orders_orderitem AS item
    JOIN orders_order AS placed ON placed.id = item.order_id
    WHERE item.variant_id = variant.id AND placed.stock_state = 'committed'
) FROM products_variant AS variant
"""
ATTEMPTS = """
SELECT number, max(attempts) FROM outbox_job JOIN orders_order ON orders_order.id = (payload->>'order')::bigint
WHERE kind = 'order_mail' AND payload->>'kind' IN ('placed', 'paid') GROUP BY number
"""
RECEIVED = "SELECT reference, count(*) FROM products_stockmovement WHERE reference LIKE 'scale-%' GROUP BY reference"


class Books:
    """The database of the shop, asked past PgBouncer."""

    def __init__(self, fleet: Fleet, laws: Laws) -> None:
        self.fleet, self.laws = fleet, laws

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows."""
        with psycopg.connect(self.fleet.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def settle(self) -> None:
        """Let events, payments and jobs come to rest."""
        self.fleet.emulator.wait_for_deliveries(20)
        self.fleet.manage("sync_payments")
        end = time.monotonic() + JOB_SECONDS
        while self.select(PENDING_JOBS) != [(0,)] and time.monotonic() < end:
            self.select(HASTEN_JOBS)
            time.sleep(1)

    def check_stock(self, staff: Staff) -> None:
        """Check law 1: what was there, what was received and what was sold make what is left."""
        booked = dict(self.select(RECEIVED))
        received: Counter[int] = Counter()
        for delivery in staff.deliveries:
            count = booked.get(delivery.reference, 0)
            holds = count == 1 if delivery.is_acknowledged else count <= 1
            self.laws.check(1, holds, f"the delivery {delivery.reference} is booked {count} times")
            received[delivery.variant] += count * UNITS
        sold_out = 0
        for sku, variant, left, sold in self.select(STOCK_BOOKS):
            initial = SCARCE_STOCK if sku.startswith("Scarce") else STOCK
            holds = left == initial + received[variant] - sold
            self.laws.check(1, holds, f"{sku}: {initial} and {received[variant]} received, {sold} sold, {left} left")
            sold_out += left == 0
        self.laws.notes[1] = f"{len(staff.deliveries)} deliveries by staff, {sold_out} products sold out at the end"

    def check_orders(self, buyers: Sequence[Buyer]) -> None:
        """Check law 2."""
        rows = self.select(ORDERS)
        counts = Counter(number for number, *_ in rows)
        by_key: dict[str, list[str]] = {}
        live = {number for number, _, status, _ in rows if status not in ("cancelled", "expired")}
        for number, key, *_ in rows:
            by_key.setdefault(key, []).append(number)
        order_attempts = [attempt for buyer in buyers for attempt in buyer.attempts]
        for attempt in order_attempts:
            found = by_key.pop(attempt.key, [])
            self.laws.check(2, len(found) <= 1, f"{attempt.key} has the orders {found}")
            if attempt.numbers:
                # Without a row of its own, the key got the open order of the same cart: a double click.
                holds = len(set(attempt.numbers)) == 1 and (found or [attempt.numbers[0]]) == [attempt.numbers[0]]
                self.laws.check(2, holds, f"{attempt.key}: told of {attempt.numbers}, found {found}")
                count = counts[attempt.numbers[0]]
                self.laws.check(2, count == 1, f"{attempt.numbers[0]} exists {count} times")
            elif attempt.refusal:
                self.laws.check(2, not live.intersection(found), f"{attempt.key} was refused ({attempt.refusal}), found {found}")
        self.laws.check(2, not by_key, f"orders that nobody asked for: {by_key}")
        repeated = sum(len(attempt.numbers) > 1 for attempt in order_attempts)
        refusals = Counter(attempt.refusal for attempt in order_attempts if attempt.refusal)
        self.laws.notes[2] = f"{len(rows)} orders, {repeated} asked for again; refused: {dict(refusals)}"

    def check_payments(self, buyers: Sequence[Buyer]) -> None:
        """Check law 3: for each order, the shop and the provider have the same amount, from one session."""
        theirs, sessions = read_ledger(self.fleet.emulator)
        ours = {number: amount for number, amount in self.select(CAPTURED) if amount}
        for number in theirs.keys() | ours.keys():
            amounts = theirs.get(number, 0), ours.get(number, 0)
            self.laws.check(3, amounts[0] == amounts[1], f"{number}: the provider has {amounts[0]}, the shop {amounts[1]}")
            self.laws.check(3, sessions[number] == 1, f"{number} was paid in {sessions[number]} sessions")
        for attempt in (attempt for buyer in buyers for attempt in buyer.attempts if attempt.is_paid):
            self.laws.check(3, any(number in ours for number in attempt.numbers), f"{attempt.numbers} was paid, and is not")
        self.laws.notes[3] = f"{len(ours)} payments"

    def check_mails(self) -> None:
        """Check law 8: each confirmed order has one e-mail.

        A job is done at least once: a second e-mail is allowed where a worker was killed, or lost the database, after it had sent
        the first and before it had noted that.
        """
        sent = Counter(number for path in (self.fleet.folder / "mails").iterdir() for number in CONFIRMATION.findall(_read(path)))
        confirmed = {
            number for number, _, status, method in self.select(ORDERS) if method == "cod" or status in ("processing", "shipped")
        }
        attempts = dict(self.select(ATTEMPTS))
        for number in sorted(confirmed | sent.keys()):
            allowed = range(1, attempts.get(number, 0) + 1) if number in confirmed else range(1)
            message = f"{number}: {sent[number]} e-mails, of a job that was begun {attempts.get(number, 0)} times"
            self.laws.check(8, sent[number] in allowed, message)
        repeated = sum(count > 1 for count in attempts.values())
        twice = sum(count > 1 for count in sent.values())
        self.laws.notes[8] = f"{sent.total()} confirmations, {repeated} of them begun more than once, {twice} sent more than once"

    def check_integrity(self) -> None:
        """Check law 9."""
        done = self.fleet.manage("check_integrity", direct=True)
        self.laws.check(9, done.returncode == 0, f"check_integrity: {(done.stdout + done.stderr)[-500:]}")


def _read(path: Path) -> str:
    return path.read_text(errors="replace")


def read_ledger(emulator: Emulator) -> tuple[dict[str, int], Counter[str]]:
    """Return the amount that the provider keeps for each order, and in how many sessions money was captured."""
    amounts: Counter[str] = Counter()
    sessions: Counter[str] = Counter()
    for row in emulator.ledger():
        amounts[row["order"]] += row["captured"] - row["refunded"]
        sessions[row["order"]] += row["captured"] > 0
    return {number: amount for number, amount in amounts.items() if amount}, sessions


def check_logs(fleet: Fleet, laws: Laws) -> Counter[str]:
    """Check law 10, and return how often each message was logged."""
    messages: Counter[str] = Counter()
    for name, text in fleet.iter_logs():
        laws.check(10, "Traceback (most recent call last)" not in text, f"{name}: {_cut_traceback(text)}")
        for line in text.splitlines():
            messages[_summarize(name.partition("-")[0], line)] += 1
    return messages


def _cut_traceback(text: str) -> str:
    place = text.find("Traceback (most recent call last)")
    return text[max(0, place - 300) : place + 1500]


def _summarize(program: str, line: str) -> str:
    """Return a line of a log without what differs from time to time."""
    try:
        record = json.loads(line)
        text = f"{record['level']} {record['logger']}: {record['message']}"
    except (ValueError, KeyError, TypeError):
        text = re.sub(r"^\[.*?\] \[\d+\] ", "", line)
    return f"{program}: {re.sub(r'[0-9]+', 'N', text)[:160]}"
