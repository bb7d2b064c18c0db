"""The admin pages of guests, who are known by the e-mail address or phone number of their orders only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from accounts.phones import list_searched_numbers
from core.admin import DANGER, ReadOnlyAdminMixin, UncountedPaginator, render_badge
from orders import blocked_contacts, customers
from orders.admin import customer_cards
from orders.admin.columns import DASH, stack
from orders.admin.customer_actions import OF_GUESTS, CustomerActionsAdmin, SummarizedList
from orders.admin.customers import ORDER_COLUMNS, SummaryColumns
from orders.models import Order


class Guest(Order):
    """The newest order of a guest, which stands for the guest."""

    class Meta:
        proxy = True
        app_label = "orders"
        default_permissions = ()

    def __str__(self) -> str:
        return self.email or self.phone or self.number


class GuestList(SummarizedList):
    """The list of guests: the newest order of each."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Restrict the list to the newest order of each guest."""
        return customers.restrict_to_newest(super().get_queryset(request, exclude_parameters))


@admin.register(Guest)
class GuestAdmin(SummaryColumns, ReadOnlyAdminMixin, CustomerActionsAdmin[Guest]):
    """Guests. The page of a guest is that of any of their orders."""

    list_display = ("guest_column", "contact_column", *ORDER_COLUMNS, "status_column")
    search_fields = ("email", "phone", "name")
    ordering = ("-id",)
    actions = None
    paginator = UncountedPaginator
    show_full_result_count = False
    customer_actions = OF_GUESTS
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("guest_column", "status_column"),
                    ("email", "phone"),
                    ("orders_column", "spent_column"),
                    ("last_order_column", "market"),
                )
            },
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff who may view customers and orders see guests."""
        return customer_cards.can_view_guests(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Guest]:
        """Return the orders of guests."""
        return Guest.objects.filter(customers.IS_GUEST)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return GuestList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Guest], search_term: str) -> tuple[QuerySet[Guest], bool]:
        """Find guests by what any of their orders names, and by phone number, however it is written."""
        if not search_term:
            return queryset, False
        found, _ = super().get_search_results(request, queryset, search_term)
        matches = found | queryset.filter(phone_e164__in=list_searched_numbers(search_term))
        return customers.search_guests(queryset, matches), False

    def add_summaries(self, request: HttpRequest, rows: list[Guest]) -> None:
        """Add to each row what the guest has ordered, and whether the shop takes orders from them."""
        summaries = customers.summarize_guests(rows)
        blocked = blocked_contacts.find_blocked({contact for row in rows for contact in (row.email, row.phone_e164)})
        for row in rows:
            row.summary = summaries[row.pk]  # type: ignore[attr-defined]  # read by `get_summary`
            row.is_blocked = row.email in blocked or row.phone_e164 in blocked  # type: ignore[attr-defined]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Guest | None:
        """Return the order with what its guest has ordered, their contacts, and which of these are blocked."""
        guest: Any = super().get_object(request, object_id, from_field)
        if guest is not None:
            guest.summary = customers.summarize_guests([guest])[guest.pk]
            guest.contacts = customers.list_guest_contacts(guest)
            guest.blocked = blocked_contacts.find_blocked(guest.contacts)
            guest.is_blocked = bool(guest.blocked)
        return guest  # type: ignore[no-any-return]  # a Guest with more attributes

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the guest with their orders and the actions on them."""
        guest: Any = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if guest is not None and self.has_view_permission(request, guest):
            context |= {
                "customer_actions": self.list_buttons(request, guest),
                "title": f"Guest {self.describe(guest)}",
                **customer_cards.build_guest_context(request, guest, guest.blocked),
                "contacts": guest.contacts,
            }
        return super().change_view(request, object_id, form_url, context)

    def describe(self, subject: Guest) -> str:
        """Return the name of a guest."""
        return subject.name or str(subject)

    @admin.display(description="Guest", ordering="name")
    def guest_column(self, guest: Guest) -> str:
        return self.describe(guest)

    @admin.display(description="Contact", ordering="email")
    def contact_column(self, guest: Guest) -> SafeString:
        return stack(guest.email or guest.phone or DASH, guest.phone if guest.email else "")

    @admin.display(description="Status")
    def status_column(self, guest: Any) -> SafeString | str:
        return render_badge("blocked", DANGER) if guest.is_blocked else DASH
