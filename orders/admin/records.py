"""Read-only admin pages for refunds, provider events and saved addresses."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core import money
from core.admin import ModelAdmin, ReadOnlyAdminMixin
from orders.admin import badges, permissions
from orders.models import Address, Refund, StripeEvent
from orders.payments import webhook_events


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdminMixin, ModelAdmin[Refund]):
    """Refunds."""

    list_display = ("created_at", "order", "amount_with_currency", "state_badge", "source", "reason", "failure_code", "created_by")
    list_filter = ("state", "source")
    list_select_related = ("payment__order", "created_by")
    search_fields = ("payment__order__number", "provider_id")
    fields = ("payment", "amount", "amount_minor", "state", "source", "reason", "failure_code", "provider_id", "created_by")
    ordering = ("-created_at",)

    @admin.display(description="Order")
    def order(self, refund: Refund) -> str:
        return refund.payment.order.number

    @admin.display(description="Amount", ordering="amount")
    def amount_with_currency(self, refund: Refund) -> str:
        return money.format_price(refund.amount, refund.payment.currency)

    @admin.display(description="State", ordering="state")
    def state_badge(self, refund: Refund) -> str:
        return badges.refund_badge(refund)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdminMixin, ModelAdmin[StripeEvent]):
    """Events received from the payment provider."""

    list_display = ("received_at", "type", "object_id", "status_badge", "tries", "last_error")
    list_filter = ("status", "type")
    search_fields = ("event_id", "object_id")
    fields = (
        *("event_id", "type", "api_version", "livemode", "created", "object_id", "status", "tries", "last_error"),
        *("received_at", "processed_at", "payload"),
    )
    ordering = ("-id",)
    actions = ("replay",)

    @admin.display(description="Status", ordering="status")
    def status_badge(self, event: StripeEvent) -> str:
        return badges.event_badge(event)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may replay events: they may capture or refund money."""
        return permissions.has_permission(request.user, permissions.REFUND)

    @admin.action(description="Process again", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Process the selected events again. Events that are already done change nothing."""
        results = [webhook_events.replay_events(event.event_id) for event in queryset]
        done, failed = sum(done for done, _ in results), sum(failed for _, failed in results)
        self.message_user(request, f"{done} done, {failed} failed", messages.WARNING if failed else messages.SUCCESS)


@admin.register(Address)
class AddressAdmin(ReadOnlyAdminMixin, ModelAdmin[Address]):
    """Saved addresses."""

    list_display = ("user", "full_name", "line1", "city", "country_name", "is_default")
    list_select_related = ("user",)
    search_fields = ("user__email", "full_name", "city")
    fields = ("user", "full_name", "phone", "line1", "line2", "city", "state", "postal_code", "country_name", "is_default")

    @admin.display(description="country", ordering="country")
    def country_name(self, address: Address) -> str:
        """Return the English name of the country."""
        return address.country_name
