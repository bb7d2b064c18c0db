"""Receivers for signals from accounts: sign-in and account erasure."""

from typing import Any

from django.dispatch import receiver
from rest_framework.request import Request

from accounts.models import User
from accounts.signals import SignInExtra, account_erased, signed_in
from carts import merging, services
from carts.api import access
from core.actors import Actor
from core.http.client_ip import get_client_ip
from core.http.parsers import get_body


@receiver(signed_in)
def merge_guest_cart(sender: type[User], request: Request, user: User, **_: Any) -> SignInExtra | None:
    """Merge the first live guest cart of the request into the user's cart, and delete the cookies that hold nothing now."""
    actor = Actor(user.pk, get_client_ip(request._request), "customer")
    keys = access.get_guest_keys(request, get_body(request).get("cart_token"))
    result = merging.merge_first_live_cart(actor, user.pk, keys)
    if result is None:
        return None
    return SignInExtra({"cart_merge": result.as_dict()}, access.find_unused_cookies(request))


@receiver(account_erased)
def delete_carts(sender: type[User], user_id: int, is_locked: bool, **_: Any) -> None:
    """Delete the carts of an erased account."""
    services.delete_carts_of_user(user_id, wait=not is_locked)
