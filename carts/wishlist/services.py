"""Changing a wishlist."""

from django.db import transaction

from accounts.models import User
from carts import services
from carts.exceptions import WishlistFull, WishNotFound
from carts.identity import CartOwner, CartRef
from carts.models import MAX_WISHES, WishlistItem
from core import markets, money
from core.actors import Actor
from core.markets import Market
from products.catalog import offers
from products.exceptions import ProductNotFound
from products.models import Listing
from products.slugs import product_ref


@transaction.atomic
def add(user_id: int, ref: str, market: Market) -> tuple[int, bool]:
    """Wish for the product with this id or uuid, at today's prices; returns the wish's id and whether it is new.

    Raises ProductNotFound, also for a new wish that is not for sale in the market; WishlistFull.
    """
    kind, value = product_ref(ref)
    User.objects.select_for_update(no_key=True).filter(pk=user_id).first()  # so that the limit holds for many calls at once
    wishes = WishlistItem.objects.filter(user=user_id)
    there = wishes.filter(**{f"product__{kind}": value}).values_list("pk", flat=True).first()
    if there is not None:
        return there, False
    listed = {
        listing.market: listing for listing in Listing.objects.filter(**{f"product__{kind}": value}, product__deleted_at=None)
    }
    if market.code not in listed:
        raise ProductNotFound
    here = listed[market.code]
    if wishes.count() >= MAX_WISHES:
        raise WishlistFull(f"A wishlist holds at most {MAX_WISHES} products")
    table = markets.table()
    prices = {code: money.text(row.price, table[code].currency) for code, row in listed.items() if code in table}
    wish = WishlistItem.objects.create(user_id=user_id, product_id=here.product_id, prices=prices, was_in_stock=here.in_stock)
    return wish.pk, True


def remove(user_id: int, wish_id: int) -> None:
    """Take a product off the user's wishlist. Raises WishNotFound."""
    if not WishlistItem.objects.filter(user=user_id, pk=wish_id).delete()[0]:
        raise WishNotFound


@transaction.atomic
def move_to_cart(actor: Actor, caller: CartOwner, wish_id: int, *, variant: int | None, quantity: int) -> tuple[int, bool, CartRef]:
    """Put a product of the wishlist into the cart and take it off; returns what `services.add_item` does.

    All or nothing: raises WishNotFound, and what `offers.find` and `services.add_item` raise.
    """
    wishes = WishlistItem.objects.filter(user=caller.user_id, pk=wish_id)
    product = wishes.values_list("product", flat=True).first()
    if product is None:
        raise WishNotFound
    moved = services.add_item(actor, caller, offers.find(caller.market, product=product, variant=variant), quantity)
    if not wishes.delete()[0]:  # moved by another call, while this one waited for the cart
        raise WishNotFound
    return moved
