"""What the page of a customer or guest shows below its fields. Staff see only what they may also see on other pages."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import sessions
from accounts.models import AccountNote, AuthEvent, Customer, User
from core.admin import format_time
from orders import addresses, blocked_contacts, customers
from orders.admin import badges
from orders.admin.columns import DASH, format_total, get_payment_badge
from orders.models import BlockedContact, Order

MAX_ROWS = 20  # of each card
Table = dict[str, Any]


def can_view_orders(request: HttpRequest) -> bool:
    """Return whether the user may view orders."""
    return can_view(request, "orders", "order")


def can_view_guests(request: HttpRequest) -> bool:
    """Return whether the user may view guests: they are customers, known by their orders."""
    return can_view_orders(request) and can_view(request, "accounts", "customer")


def can_view(request: HttpRequest, app: str, model: str) -> bool:
    """Return whether the user may view or change the rows of a model."""
    return any(request.user.has_perm(f"{app}.{right}_{model}") for right in ("view", "change"))


def build_customer_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Return what the page of a customer shows; a constant number of statements."""
    notes = list(customer.staff_notes.select_related("author")[: MAX_ROWS * 5])
    context: dict[str, Any] = {"notes": notes, "warnings": _describe_bans(request, customer, notes)}
    if can_view_orders(request):
        orders = Order.objects.filter(user=customer.pk)
        context |= {"orders": build_orders(orders), "all_orders": _build_url("orders_order", user__id__exact=customer.pk)}
        guest = customers.find_guest_orders_of(customer)
        context["guest_url"] = reverse("admin:orders_guest_change", args=[guest.pk]) if guest is not None else ""
    if can_view(request, "orders", "address"):
        context["addresses"] = addresses.list_addresses(customer.pk)
    if can_view(request, "accounts", "authsession"):
        context["sessions"] = _build_sessions(request, customer)
        context["all_sessions"] = _build_url("accounts_authsession", user__id__exact=customer.pk)
    if can_view(request, "accounts", "authevent"):
        context["events"] = _build_events(customer)
        context["all_events"] = _build_url("accounts_authevent", user__id__exact=customer.pk)
    if can_view(request, "accounts", "user"):
        context["rights_url"] = reverse("admin:accounts_user_change", args=[customer.pk])
    return context


def find_customer_url(request: HttpRequest, order: Order) -> str:
    """Return the address of the page of the customer or guest who placed an order, if there is one and the user may view it."""
    if order.user is None:
        is_shown = order.erased_at is None and can_view_guests(request)
        return reverse("admin:orders_guest_change", args=[order.pk]) if is_shown else ""
    is_shown = not order.user.is_privileged and can_view(request, "accounts", "customer")
    return reverse("admin:accounts_customer_change", args=[order.user.pk]) if is_shown else ""


def build_guest_context(request: HttpRequest, order: Order, blocked: Mapping[str, BlockedContact]) -> dict[str, Any]:
    """Return what the page of a guest shows, of whom this is an order; a constant number of statements."""
    contact = {"email__exact": order.email} if order.email else {"phone_e164__exact": order.phone_e164}
    account = customers.find_account_of(order)
    is_shown = account is not None and can_view(request, "accounts", "customer")
    return {
        "warnings": [_describe_block(request, contact, block) for contact, block in blocked.items()],
        "orders": build_orders(customers.list_orders_of_guest(order)),
        "all_orders": _build_url("orders_order", user__isnull=1, **contact) if any(contact.values()) else "",
        "account_url": reverse("admin:accounts_customer_change", args=[account.pk]) if account is not None and is_shown else "",
    }


def build_orders(orders: QuerySet[Order]) -> Table:
    """Return the table of the newest orders."""
    rows = [
        [
            _link("orders_order", order.pk, order.number),
            format_time(order.placed_at),
            format_total(order),
            badges.order_badge(order),
            get_payment_badge(order),
        ]
        for order in orders.prefetch_related("payments").order_by("-created_at", "-id")[:MAX_ROWS]
    ]
    return {"headers": ["Order", "Placed", "Total", "Status", "Payment"], "rows": rows}


def _describe_block(request: HttpRequest, contact: str, block: BlockedContact) -> str:
    """Return since when the shop takes no orders from a contact, and to staff who may view blocked contacts, why."""
    since = f"The shop has taken no orders from {contact} since "
    if not can_view(request, "orders", "blockedcontact"):
        return f"{since}{format_time(block.created_at)}."
    return f"{since}{_describe_act(block.created_at, block.created_by)}{_give(block.reason)}"


def _describe_bans(request: HttpRequest, customer: Customer, notes: Sequence[AccountNote]) -> list[str]:
    warnings = []
    if not customer.is_active:
        ban = next((note for note in notes if note.kind == AccountNote.Kind.BAN), None)
        since = f" since {_describe_act(ban.created_at, ban.author)}{_give(ban.text)}" if ban else "."
        warnings.append(f"This account has been banned{since}")
    if can_view_orders(request):
        blocked = blocked_contacts.find_blocked(blocked_contacts.list_account_contacts(customer.pk))
        warnings += [_describe_block(request, contact, block) for contact, block in blocked.items()]
    return warnings


def _describe_act(moment: Any, author: User | None) -> str:
    return format_time(moment) + (f", by {author}" if author else "")


def _give(reason: str) -> str:
    return f": {reason}" if reason else "."


def _build_sessions(request: HttpRequest, customer: Customer) -> Table:
    may_end = request.user.has_perm("accounts.change_customer")
    action = reverse("admin:accounts_customer_action", args=[customer.pk, "end_session"])
    rows = [
        [
            session.get_method_display(),
            format_time(session.last_seen_at),
            session.ip or DASH,
            session.user_agent or DASH,
            *([format_html('<a class="text-link" href="{}?sid={}">End</a>', action, session.pk)] if may_end else []),
        ]
        for session in sessions.get_live_sessions(customer.pk)[:MAX_ROWS]
    ]
    return {"headers": ["Signed in by", "Last seen", "Address", "Browser", *([""] if may_end else [])], "rows": rows}


def _build_events(customer: Customer) -> Table:
    rows = [
        [format_time(event.created_at), event.get_event_display(), event.ip or DASH]
        for event in AuthEvent.objects.filter(user=customer.pk).order_by("-id")[:MAX_ROWS]
    ]
    return {"headers": ["Time", "Event", "Address"], "rows": rows}


def _build_url(page: str, **query: Any) -> str:
    return f"{reverse(f'admin:{page}_changelist')}?{urlencode(query)}"


def _link(page: str, pk: Any, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), text)
