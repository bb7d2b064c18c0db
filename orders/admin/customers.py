"""The admin pages of customers: their accounts with what they have ordered, and actions that call the services."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from accounts.admin import MAX_SELECTED, AccountActionsAdmin, MarketingAdmin, list_selected
from accounts.api.access import get_client_info
from accounts.models import Customer
from core.admin import DANGER, INFO, SUCCESS, ReadOnlyAdminMixin, apply_widgets, format_date, get_staff_actor, render_badge
from orders import bans, customers
from orders.admin import customer_cards
from orders.admin.bulk_actions import MAX_ID_LENGTH
from orders.admin.columns import DASH, stack
from orders.admin.customer_actions import OF_CUSTOMERS, CustomerAction, CustomerActionsAdmin, SummarizedList
from orders.admin.customer_forms import BulkBanForm
from orders.customers import OrderSummary

NO_ORDERS = OrderSummary()
ORDER_COLUMNS = ("orders_column", "spent_column", "last_order_column")
BULK_BAN = CustomerAction("Ban", lambda request, subject, form: "", OF_CUSTOMERS["ban"].permission, form=BulkBanForm)


class SummaryColumns:
    """The columns of what a customer or guest has ordered; the summaries are added to the rows of the page."""

    @admin.display(description="Orders")
    def orders_column(self, row: Any) -> int:
        return get_summary(row).orders

    @admin.display(description="Spent")
    def spent_column(self, row: Any) -> str:
        return get_summary(row).describe_spent() or DASH

    @admin.display(description="Last order")
    def last_order_column(self, row: Any) -> str:
        last = get_summary(row).last_order_at
        return format_date(last) if last else DASH


def get_summary(row: Any) -> OrderSummary:
    """Return the summary of a row."""
    summary: OrderSummary = getattr(row, "summary", NO_ORDERS)
    return summary


@admin.register(Customer)
class CustomerAdmin(
    SummaryColumns, ReadOnlyAdminMixin, CustomerActionsAdmin[Customer], AccountActionsAdmin[Customer], MarketingAdmin
):
    """The accounts of customers and sellers. Rights are on the pages of staff."""

    list_display = ("customer_column", "contact_column", *ORDER_COLUMNS, "status_column", "joined_column")
    list_filter = ("is_active", "accepts_marketing", "is_seller", "market")
    ordering = ("-date_joined", "-id")
    actions = ("ban_selected", *AccountActionsAdmin.actions, "withdraw_consent", "export_recipients")
    customer_actions = OF_CUSTOMERS
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("customer_column", "status_column"),
                    ("email_column", "phone_column"),
                    ("orders_column", "spent_column"),
                    ("date_joined", "last_login"),
                    ("market", "last_order_column"),
                    ("accepts_marketing", "consent_history"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        """Return the accounts of customers; those of staff have pages of their own."""
        return customers.list_customers()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return SummarizedList

    def get_list_display(self, request: HttpRequest) -> Any:
        """Leave out what was ordered if the user may not view orders."""
        return [name for name in self.list_display if name not in ORDER_COLUMNS or customer_cards.can_view_orders(request)]

    def get_fieldsets(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """Leave out what was ordered if the user may not view orders."""
        if customer_cards.can_view_orders(request):
            return self.fieldsets
        rows = [[name for name in row if name not in ORDER_COLUMNS] for row in self.fieldsets[0][1]["fields"]]
        return ((None, {"fields": tuple(tuple(row) for row in rows if row)}),)

    def add_summaries(self, request: HttpRequest, rows: list[Customer]) -> None:
        """Add to each row what the customer has ordered."""
        if customer_cards.can_view_orders(request):
            summaries = customers.summarize_accounts([row.pk for row in rows])
            for row in rows:
                row.summary = summaries[row.pk]  # type: ignore[attr-defined]  # read by `get_summary`

    def describe(self, subject: Customer) -> str:
        """Return the name of a customer."""
        return subject.get_full_name() or str(subject)

    @admin.display(description="Customer", ordering="first_name")
    def customer_column(self, user: Customer) -> str:
        return self.describe(user)

    @admin.display(description="Contact", ordering="email")
    def contact_column(self, user: Customer) -> SafeString:
        return stack(user.email or user.phone or DASH, (user.phone or "") if user.email else "")

    @admin.display(description="E-mail")
    def email_column(self, user: Customer) -> str:
        return f"{user.email} ({'confirmed' if user.email_verified_at else 'not confirmed'})" if user.email else DASH

    @admin.display(description="Phone")
    def phone_column(self, user: Customer) -> str:
        return f"{user.phone} ({'confirmed' if user.phone_verified_at else 'not confirmed'})" if user.phone else DASH

    @admin.display(description="Status", ordering="is_active")
    def status_column(self, user: Customer) -> SafeString:
        if not user.is_active:
            return render_badge("banned", DANGER)
        return render_badge("seller", INFO) if user.is_seller else render_badge("active", SUCCESS)

    @admin.display(description="Joined", ordering="date_joined")
    def joined_column(self, user: Customer) -> str:
        return format_date(user.date_joined)

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which several customers are banned."""
        view = self.admin_site.admin_view(self.bulk_ban_view)
        return [path("ban/", view, name="accounts_customer_ban"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the customer with what they have ordered, what staff know about them, and the actions on them."""
        customer = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if customer is not None and self.has_view_permission(request, customer):
            context |= {
                "customer_actions": self.list_buttons(request, customer),
                **customer_cards.build_customer_context(request, customer),
            }
        return super().change_view(request, object_id, form_url, context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Customer | None:
        """Return the customer with what they have ordered."""
        customer = super().get_object(request, object_id, from_field)
        if customer is not None:
            self.add_summaries(request, [customer])
        return customer

    @admin.action(description="Ban", permissions=["act"])
    def ban_selected(self, request: HttpRequest, queryset: QuerySet[Customer]) -> HttpResponse | None:
        """Go to the page that asks for the reason."""
        customers_to_ban = list_selected(self, request, queryset)
        if customers_to_ban is None:
            return None
        ids = ",".join(str(customer.pk) for customer in customers_to_ban)
        return redirect(f"{reverse('admin:accounts_customer_ban')}?{urlencode({'ids': ids})}")

    def bulk_ban_view(self, request: HttpRequest) -> HttpResponse:
        """Ask why the customers whose ids the address lists are banned, and ban them."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        ids = request.GET.get("ids", "").split(",")[:MAX_SELECTED]
        found = self.get_queryset(request).in_bulk(
            [int(pk) for pk in ids if pk.isascii() and pk.isdecimal() and len(pk) < MAX_ID_LENGTH]
        )
        if not found:
            raise Http404
        back_url = reverse("admin:accounts_customer_changelist")
        form = BulkBanForm(None, request.user, request.POST if request.method == "POST" else None)
        apply_widgets(form.fields)
        if request.method == "POST" and form.is_valid():
            banned = sum(self._ban(request, customer, form) for customer in found.values())
            self.message_user(request, f"{banned} account(s) banned.", messages.SUCCESS)
            return redirect(back_url)
        return self.render_action(request, BULK_BAN, form, title=f"Ban {len(found)} customer(s)", back_url=back_url)

    def _ban(self, request: HttpRequest, customer: Customer, form: BulkBanForm) -> bool:
        contacts = [contact for contact in (customer.email, customer.phone) if contact]
        return bans.ban_customer(
            get_staff_actor(request),
            customer,
            get_client_info(request),
            reason=form.cleaned_data["reason"],
            contacts=contacts if form.cleaned_data.get("block_contacts") else [],
        )
