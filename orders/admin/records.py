"""What belongs to orders, for staff: refunds, the payment provider's events, address books. Records to look at."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core import money
from core.admin import ModelAdmin, ReadOnly
from orders.admin import badges
from orders.models import Address, Refund, StripeEvent
from orders.payments import webhook_events


@admin.register(Refund)
class RefundAdmin(ReadOnly, ModelAdmin[Refund]):
    """Money that goes back."""

    list_display = ("created_at", "order", "given_back", "shown_state", "source", "reason", "failure_code", "created_by")
    list_filter = ("state", "source")
    list_select_related = ("payment__order", "created_by")
    search_fields = ("payment__order__number", "provider_id")
    fields = ("payment", "amount", "amount_minor", "state", "source", "reason", "failure_code", "provider_id", "created_by")
    ordering = ("-created_at",)

    @admin.display(description="Order")
    def order(self, refund: Refund) -> str:
        return refund.payment.order.number

    @admin.display(description="Amount", ordering="amount")
    def given_back(self, refund: Refund) -> str:
        return f"{money.text(refund.amount, refund.payment.currency)} {refund.payment.currency}"

    @admin.display(description="State", ordering="state")
    def shown_state(self, refund: Refund) -> str:
        return badges.of_refund(refund)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, ModelAdmin[StripeEvent]):
    """What the payment provider has sent."""

    list_display = ("received_at", "type", "object_id", "shown_status", "tries", "last_error")
    list_filter = ("status", "type")
    search_fields = ("event_id", "object_id")
    fields = (
        *("event_id", "type", "api_version", "livemode", "created", "object_id", "status", "tries", "last_error"),
        *("received_at", "processed_at", "payload"),
    )
    ordering = ("-id",)
    actions = ("work_through",)

    @admin.display(description="Status", ordering="status")
    def shown_status(self, event: StripeEvent) -> str:
        return badges.of_event(event)

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Who may change orders may work events through."""
        return request.user.has_perm("orders.change_order")

    @admin.action(description="Work through again", permissions=["work"])
    def work_through(self, request: HttpRequest, chosen: QuerySet[StripeEvent]) -> None:
        """Do again what follows from the events; those that are done change nothing."""
        told = [webhook_events.replay(event.event_id) for event in chosen]
        done, failed = sum(one[0] for one in told), sum(one[1] for one in told)
        self.message_user(request, f"{done} done, {failed} failed", messages.WARNING if failed else messages.SUCCESS)


@admin.register(Address)
class AddressAdmin(ReadOnly, ModelAdmin[Address]):
    """Address books."""

    list_display = ("user", "full_name", "line1", "city", "country", "is_default")
    list_select_related = ("user",)
    search_fields = ("user__email", "full_name", "city")
    fields = ("user", "full_name", "phone", "line1", "line2", "city", "state", "postal_code", "country", "is_default")
