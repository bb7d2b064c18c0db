"""What carts does when somebody signs in, or closes his account."""

from typing import Any

from django.dispatch import receiver
from rest_framework.request import Request

from accounts.models import User
from accounts.signals import Told, account_erased, signed_in
from carts import merging, services
from carts.api import access
from core.actors import Actor
from core.http import cookies
from core.http.client_ip import client_ip
from core.http.parsers import body_of


@receiver(signed_in)
def take_guest_cart_along(sender: type[User], request: Request, user: User, **_: Any) -> Told | None:
    """Merge the first live guest cart of the request into the user's; its cookies are over then."""
    actor = Actor(user.pk, client_ip(request._request), "customer")
    keys = access.guest_keys_of(request, body_of(request).get("cart_token"))
    told = merging.merge_first(actor, user.pk, keys)
    if told is None:
        return None
    return Told({"cart_merge": told.as_dict()}, (cookies.GUEST_READABLE, cookies.GUEST_HIDDEN))


@receiver(account_erased)
def forget_carts(sender: type[User], user_id: int, is_held: bool, **_: Any) -> None:
    """Delete the carts of an account that is closed."""
    services.forget_user(user_id, wait=not is_held)
