"""The URL configuration: one router for all viewsets, mounted at `/api/` and at `/`, with an optional trailing slash."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from accounts.api.credential_views import CredentialsViewSet
from accounts.api.views import AuthViewSet
from carts.api.code_views import CartCodeViewSet
from carts.api.views import CartViewSet
from carts.api.wishlist_views import WishlistViewSet
from core.http import handlers
from orders.api.address_views import AddressViewSet
from orders.api.delivery_views import CartDeliveryViewSet
from orders.api.personal_data_views import PersonalDataViewSet
from orders.api.phone_views import PhoneConfirmationViewSet
from orders.api.views import OrderViewSet
from orders.api.webhook_view import StripeWebhook
from pricing.api.views import DeliveryViewSet
from products.api.part_views import ProductPartsViewSet
from products.api.views import ProductViewSet
from store.metrics import metrics
from store.probes import healthz, readyz
from store.views import ConfigViewSet, DocsView, SchemaView, serve_media

admin.site.index_title = "The shop"

handler400 = handlers.bad_request
handler404 = handlers.not_found
handler500 = handlers.server_error


class SlashOptionalRouter(SimpleRouter):
    """A router with an optional trailing slash, because a redirect would lose the body of a POST."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


def alias(route: str, viewset: type[ViewSetMixin], **actions: Any) -> URLPattern:
    """Return a route that is another name of the viewset's actions, given by method; the schema leaves it out."""
    decorated = [getattr(getattr(viewset, action), "kwargs", {}) for action in actions.values()]
    options = {name: value for kwargs in decorated for name, value in kwargs.items() if name not in ("name", "description")}
    view = viewset.as_view(actions, **options)
    view.is_alias = True  # type: ignore[attr-defined]  # read by openapi.hooks
    return re_path(route, view)


router = SlashOptionalRouter()
router.register("products", ProductViewSet, basename="products")
router.register("products", ProductPartsViewSet, basename="product-parts")
router.register("cart/wishlist", WishlistViewSet, basename="wishlist")
router.register("cart/codes", CartCodeViewSet, basename="cart-code")
router.register("cart/delivery", CartDeliveryViewSet, basename="cart-delivery")
router.register("cart", CartViewSet, basename="cart")
router.register("delivery", DeliveryViewSet, basename="delivery")
router.register("orders/addresses", AddressViewSet, basename="addresses")
router.register("orders", OrderViewSet, basename="orders")
router.register("orders", PhoneConfirmationViewSet, basename="phone-confirmation")
router.register("auth", AuthViewSet, basename="auth")
router.register("auth", CredentialsViewSet, basename="credentials")
router.register("auth", PersonalDataViewSet, basename="personal-data")
router.register("config", ConfigViewSet, basename="config")

ALIASES = [
    alias(r"^products/create/?$", ProductViewSet, post="create"),
    alias(r"^cart/?$", CartViewSet, get="list", post="create", delete="clear"),
    alias(r"^cart/current/?$", CartViewSet, get="list"),
    alias(r"^cart/items/?$", CartViewSet, post="add"),
    alias(r"^cart/items/(?P<item_id>[0-9]{1,18})/?$", CartViewSet, patch="update_by_id", delete="remove_by_id"),
    alias(r"^order/create/?$", OrderViewSet, post="place"),
]
api: list[URLPattern | URLResolver] = [*ALIASES, *router.urls, re_path(r"^orders/webhook/?$", StripeWebhook.as_view())]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include(api)),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", DocsView.as_view(url_name="schema"), name="docs"),
    re_path(r"^healthz/?$", healthz),
    re_path(r"^readyz/?$", readyz),
    re_path(r"^metrics/?$", metrics),
    re_path(rf"^{settings.ADMIN_PATH[:-1]}$", RedirectView.as_view(url=f"/{settings.ADMIN_PATH}")),
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include(api)),
]
if settings.DEBUG and not settings.CLOUDINARY_ON and not settings.MEDIA_S3:  # in production, the proxy serves local media
    urlpatterns.append(re_path(r"^media/(?P<path>.*)$", serve_media))
urlpatterns.append(re_path(r"", handlers.not_found))  # so that unknown URLs return JSON with DEBUG on too
