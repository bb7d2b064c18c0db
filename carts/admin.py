"""Read-only admin for carts, their audit log and wishlists."""

import re

from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest

from carts.models import Cart, CartAuditLog, CartItem, WishlistItem
from core.admin import ModelAdmin, ReadOnlyAdminMixin, TabularInline
from core.admin_filters import MarketFilter, PeriodFilter

GUEST_LABEL = re.compile(r"(?:guest )?([0-9a-f]{8})")  # the start of a guest's key hash, as the list shows it


class CartItemInline(ReadOnlyAdminMixin, TabularInline[CartItem, Cart]):
    """The lines of a cart."""

    model = CartItem
    fields = ("variant", "quantity", "price_at_addition", "held", "created_at", "updated_at")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartItem]:
        """Fetch the products in the same query."""
        return super().get_queryset(request).select_related("variant__product")


class CartAuditLogInline(ReadOnlyAdminMixin, TabularInline[CartAuditLog, Cart]):
    """The audit log of a cart."""

    model = CartAuditLog
    fields = ("timestamp", "action", "product_name", "changes", "user", "ip_address")
    ordering = ("-id",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[CartAuditLog]:
        """Fetch the users in the same query."""
        return super().get_queryset(request).select_related("user")


@admin.register(Cart)
class CartAdmin(ReadOnlyAdminMixin, ModelAdmin[Cart]):
    """Carts of users and guests."""

    list_display = ("id", "owner", "market", "lines", "units", "updated_at", "expires_at")
    list_filter = (("created_at", PeriodFilter), ("market", MarketFilter), ("user", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("user__email", "user__phone", "id")
    ordering = ("-updated_at",)
    fields = ("owner", "market", "merged_into", "created_at", "updated_at", "expires_at")
    inlines = (CartItemInline, CartAuditLogInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cart]:
        """Count the lines in the same query."""
        carts: QuerySet[Cart] = super().get_queryset(request)
        return carts.annotate(line_count=Count("items"), unit_count=Sum("items__quantity"))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Cart], search_term: str) -> tuple[QuerySet[Cart], bool]:
        """Find a guest's cart by its label in the list; the rest of the hash is never compared."""
        label = GUEST_LABEL.fullmatch(search_term.strip().lower())
        if label is None:
            return super().get_search_results(request, queryset, search_term)
        by_id = Q(pk=int(label[1])) if label[1].isdecimal() else Q()
        return queryset.filter(Q(key_hash__startswith=label[1]) | by_id), False

    @admin.display(description="Owner")
    def owner(self, cart: Cart) -> str:
        if cart.user is not None:
            return str(cart.user)
        return f"guest {cart.key_hash[:8]}" if cart.key_hash else f"merged into cart {cart.merged_into_id}"

    @admin.display(description="Lines", ordering="line_count")
    def lines(self, cart: Cart) -> int:
        return getattr(cart, "line_count", 0)

    @admin.display(description="Units", ordering="unit_count")
    def units(self, cart: Cart) -> int:
        return getattr(cart, "unit_count", None) or 0


@admin.register(CartAuditLog)
class CartAuditLogAdmin(ReadOnlyAdminMixin, ModelAdmin[CartAuditLog]):
    """The audit log of all carts."""

    list_display = ("timestamp", "cart", "action", "product_name", "changes", "user", "ip_address")
    list_filter = (("timestamp", PeriodFilter), "action")
    list_select_related = ("user", "cart")
    search_fields = ("product_name", "user__email", "ip_address")
    ordering = ("-id",)


@admin.register(WishlistItem)
class WishlistItemAdmin(ReadOnlyAdminMixin, ModelAdmin[WishlistItem]):
    """Wishlist items of all users."""

    list_display = ("user", "product", "created_at")
    list_select_related = ("user", "product")
    search_fields = ("user__email", "product__name")
    fields = list_display
    ordering = ("-created_at",)
