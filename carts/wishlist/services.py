"""Changes to a wishlist."""

from django.db import transaction

from accounts.models import User
from carts import services
from carts.exceptions import WishlistFull, WishlistItemNotFound
from carts.identity import CartOwner, CartRef
from carts.models import MAX_WISHLIST_ITEMS, WishlistItem
from core import markets, money
from core.actors import Actor
from core.markets import Market
from products.catalog import offers
from products.exceptions import ProductNotFound
from products.models import Listing
from products.slugs import parse_product_ref


@transaction.atomic
def add_to_wishlist(user_id: int, ref: str, market: Market) -> tuple[int, bool]:
    """Add the product with this id, uuid or slug to the user's wishlist, at current prices.

    Returns the item's id and whether it is new.
    Raises ProductNotFound, also if a product to add is not for sale in the market; WishlistFull.
    """
    kind, value = parse_product_ref(ref)
    User.objects.select_for_update(no_key=True).filter(pk=user_id).first()  # enforces the limit for concurrent calls
    items = WishlistItem.objects.filter(user=user_id)
    existing_id = items.filter(**{f"product__{kind}": value}).values_list("pk", flat=True).first()
    if existing_id is not None:
        return existing_id, False
    listings = {
        listing.market: listing for listing in Listing.objects.filter(**{f"product__{kind}": value}, product__deleted_at=None)
    }
    if market.code not in listings:
        raise ProductNotFound
    listing = listings[market.code]
    if items.count() >= MAX_WISHLIST_ITEMS:
        raise WishlistFull(f"A wishlist holds at most {MAX_WISHLIST_ITEMS} products")
    known_markets = markets.get_markets()
    prices = {
        code: money.format_amount(row.price, known_markets[code].currency)
        for code, row in listings.items()
        if code in known_markets
    }
    item = WishlistItem.objects.create(user_id=user_id, product_id=listing.product_id, prices=prices, was_in_stock=listing.in_stock)
    return item.pk, True


def remove_from_wishlist(user_id: int, item_id: int) -> None:
    """Remove an item from the user's wishlist. Raises WishlistItemNotFound."""
    if not WishlistItem.objects.filter(user=user_id, pk=item_id).delete()[0]:
        raise WishlistItemNotFound


@transaction.atomic
def move_to_cart(actor: Actor, owner: CartOwner, item_id: int, *, variant: int | None, quantity: int) -> tuple[int, bool, CartRef]:
    """Move a product from the wishlist to the cart; return the result of `services.add_item`.

    Atomic. Raises WishlistItemNotFound, and what `offers.get_offer` and `services.add_item` raise.
    """
    items = WishlistItem.objects.filter(user=owner.user_id, pk=item_id)
    product = items.values_list("product", flat=True).first()
    if product is None:
        raise WishlistItemNotFound
    moved = services.add_item(actor, owner, offers.get_offer(owner.market, product=product, variant=variant), quantity)
    if not items.delete()[0]:  # a concurrent call moved it while this one waited for the cart
        raise WishlistItemNotFound
    return moved
