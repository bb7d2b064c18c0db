"""What customers have ordered and spent: of accounts, and of guests, who are known by e-mail address or phone number only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Cast

from accounts.models import Customer, User
from core import money
from orders import minor_units
from orders.erasure import IS_FINISHED
from orders.models import Order, Payment

MAX_ORDERS_READ = 200  # of one guest, for their contacts
IS_GUEST = Q(user__isnull=True, erased_at__isnull=True)  # those of closed accounts are not orders of guests
AnyOrder = TypeVar("AnyOrder", bound=Order)


@dataclass(slots=True)
class OrderSummary:
    """The number of a customer's orders, the time of the last one, and by currency the money that came less what went back."""

    orders: int = 0
    last_order_at: datetime | None = None
    spent: dict[str, Decimal] = field(default_factory=dict)

    def describe_spent(self) -> str:
        """Return the amounts as people read them; empty if nothing was paid."""
        return ", ".join(money.format_price(amount, currency) for currency, amount in sorted(self.spent.items()) if amount)


def list_customers() -> QuerySet[Customer]:
    """Return the accounts of customers: all but those of staff."""
    accounts: QuerySet[Any] = Customer.objects.filter(is_staff=False, is_superuser=False)
    return accounts


def list_guest_orders() -> QuerySet[Order]:
    """Return the orders without an account."""
    return Order.objects.filter(IS_GUEST)


def list_orders_of_guest(order: Order) -> QuerySet[Order]:
    """Return the guest orders with the e-mail address of this one; without an address, those with its phone number."""
    if order.email:
        return list_guest_orders().filter(email=order.email)
    return list_guest_orders().filter(**{"email": "", "phone_e164": order.phone_e164} if order.phone_e164 else {"pk": order.pk})


def restrict_to_newest(orders: QuerySet[AnyOrder]) -> QuerySet[AnyOrder]:
    """Restrict guest orders to the newest of each guest: a list of guests that needs only as many rows as it shows."""
    newer = list_guest_orders().filter(pk__gt=OuterRef("pk"))
    by_email = newer.filter(email=OuterRef("email")).exclude(email="")
    # An equation would make SQLite read all guests without an address, instead of those with this number.
    by_phone = newer.filter(email__lte="", phone_e164=OuterRef("phone_e164")).exclude(phone_e164="")
    return orders.filter(~Exists(by_email), Q(email__gt="") | ~Exists(by_phone))


def search_guests(orders: QuerySet[AnyOrder], matches: QuerySet[AnyOrder]) -> QuerySet[AnyOrder]:
    """Restrict guest orders to the guests of whom any order matches."""
    by_email = matches.exclude(email="").order_by().values("email")
    by_phone = matches.filter(email="").exclude(phone_e164="").order_by().values("phone_e164")
    return orders.filter(Q(email__in=by_email) | Q(email="", phone_e164__in=by_phone) | Q(pk__in=matches.order_by().values("pk")))


def list_guest_contacts(order: Order) -> list[str]:
    """Return the e-mail addresses and phone numbers in the orders of the guest of this one, normalized, newest first."""
    rows = list_orders_of_guest(order).order_by("-pk").values_list("email", "phone_e164")[:MAX_ORDERS_READ]
    return list(dict.fromkeys(contact for row in rows for contact in row if contact))


def find_guest_orders_of(user: User) -> Order | None:
    """Return the newest guest order with the e-mail address or phone number of an account."""
    contacts = Q(email=user.email) if user.email else Q()
    contacts |= Q(phone_e164=user.phone) if user.phone else Q()
    return list_guest_orders().filter(contacts).order_by("-pk").first()  # an account has one or both


def find_account_of(order: Order) -> Customer | None:
    """Return the account with the e-mail address or phone number of a guest's order."""
    contacts = Q(email=order.email) if order.email else Q()
    contacts |= Q(phone=order.phone_e164) if order.phone_e164 else Q()
    return list_customers().filter(contacts).order_by("pk").first() if contacts else None


def count_unfinished_orders(user_id: int) -> int:
    """Return how many orders of an account are still to be paid, shipped or delivered."""
    return Order.objects.filter(user=user_id).exclude(IS_FINISHED).count()


def summarize_accounts(user_ids: Collection[int]) -> dict[int, OrderSummary]:
    """Return the summary of each of these accounts; two statements."""
    summaries = _summarize(Order.objects.filter(user__in=user_ids), F("user_id"), F("order__user_id"))
    return {pk: summaries.get(pk, OrderSummary()) for pk in user_ids}


def summarize_guests(orders: Sequence[Order]) -> dict[int, OrderSummary]:
    """Return the summary of the guest of each of these orders, by the order's id; two statements."""
    emails = {order.email for order in orders if order.email}
    phones = {order.phone_e164 for order in orders if not order.email and order.phone_e164}
    others = [order.pk for order in orders if not order.email and not order.phone_e164]
    of_guests = list_guest_orders().filter(Q(email__in=emails) | Q(email="", phone_e164__in=phones) | Q(pk__in=others))
    summaries = _summarize(of_guests, _name_guest(), _name_guest("order__"))
    return {order.pk: summaries.get(order.email or order.phone_e164 or str(order.pk), OrderSummary()) for order in orders}


def _name_guest(prefix: str = "") -> Case:
    """Return what tells guests apart: the e-mail address, else the phone number, else the order itself."""
    email, phone = f"{prefix}email", f"{prefix}phone_e164"
    has_neither = When(Q((email, ""), (phone, "")), then=Cast(f"{prefix}pk", CharField()))
    return Case(has_neither, When(Q((email, "")), then=F(phone)), default=F(email), output_field=CharField())


def _summarize(orders: QuerySet[Order], owner: Any, owner_of_payment: Any) -> dict[Any, OrderSummary]:
    counts = orders.order_by().values(owner=owner).annotate(orders=Count("pk"), last=Max("placed_at"))
    summaries = {row["owner"]: OrderSummary(row["orders"], row["last"]) for row in counts}
    paid = Payment.objects.filter(captured_minor__gt=0, order__in=orders.order_by().values("pk")).order_by()
    sums = paid.values("provider", "currency", owner=owner_of_payment).annotate(
        minor=Sum(F("captured_minor") - F("refunded_minor"))
    )
    for row in sums:
        spent = summaries.setdefault(row["owner"], OrderSummary()).spent
        amount = minor_units.to_major(row["minor"], row["provider"], row["currency"])
        spent[row["currency"]] = spent.get(row["currency"], Decimal(0)) + amount
    return summaries
