"""Fills the demo shop with a month of customers and orders, through the services, and moves each to its time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from time import sleep

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from carts import guest_keys, services
from carts.exceptions import NotEnough
from carts.identity import CartOwner, CartRef
from carts.wishlist.services import add_to_wishlist
from core.actors import Actor
from core.countries import get_market_country
from core.markets import Market, get_markets
from orders import addresses
from orders.exceptions import CartChanged
from orders.payments import stripe_gateway
from orders.placement.cart_check import ExpectedCart
from orders.placement.place import place_order
from orders.placement.request import CheckoutRequest
from products.catalog import offers
from products.models import Variant
from store.demo import backdating, outcomes, provider
from store.demo.delivery import create_zones
from store.demo.people import CUSTOMERS, GUESTS, Person
from store.demo.plan import DAYS, SEED, PlannedOrder, plan_orders
from store.demo.promotions import create_promotions

OPEN_CARTS, WISHLISTS = 6, 7  # customers who have one
PAUSE = 0.12  # seconds after an order: on SQLite, others who wait to write look every 0.1 seconds whether they can
SPARE_UNITS = 4  # that orders leave of each variant


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer with an account, or a guest, and the market in which they buy."""

    person: Person
    market: Market
    user: User | None = None

    @property
    def actor(self) -> Actor:
        """Return them as the actor of a change."""
        return Actor(user_id=self.user.pk if self.user else None, kind="customer")


class Month:
    """Fills the shop once."""

    def __init__(self, staff: User, customer: User) -> None:
        self.now = timezone.now()
        self.rng = Random(SEED)  # noqa: S311 - for a demo that is the same everywhere
        self.staff = Actor(user_id=staff.pk, kind="staff")
        self.customer = customer
        self.buyers: list[Buyer] = []

    def fill(self, is_stopping: Callable[[], bool]) -> int:
        """Create everything, until `is_stopping`; return the number of orders. Raises what the functions of `provider` raise."""
        takes_cards = stripe_gateway.is_configured() and provider.is_emulator()
        if takes_cards:
            provider.wait_until_ready()
        self.buyers = [Buyer(Person(0, "Demo Customer"), self._choose_market(0), self.customer)]
        self.buyers += [self._create_customer(person) for person in CUSTOMERS]
        self._create_wishlists()
        create_zones(get_markets().values())
        create_promotions(self.now - timedelta(days=DAYS + 1))
        planned = plan_orders(self.now, customers=len(self.buyers), takes_cards=takes_cards)
        count = 0
        for order in planned:
            if is_stopping():
                return count
            count += self._create_order(order)
            sleep(PAUSE)
        self._create_open_carts()
        return count

    def _choose_market(self, number: int) -> Market:
        """Return the default market for most, and the others in turn for the rest."""
        default, *others = get_markets().values()
        return others[number % len(others)] if others and number > 0 and number % 4 == 0 else default

    @transaction.atomic
    def _create_customer(self, person: Person) -> Buyer:
        """Create an account with a saved address, some time before the first order."""
        first_name, _, last_name = person.name.partition(" ")
        since = timezone.now()
        user = User.objects.create_user(person.email, first_name=first_name, last_name=last_name, email_verified_at=since)
        buyer = Buyer(person, self._choose_market(person.number), user)
        address, is_text = person.get_address(get_market_country(buyer.market))
        if not is_text:
            addresses.add_address(user.pk, address, buyer.market)
        backdating.backdate_customer(user, since, self.now - timedelta(days=DAYS + 1 + person.number % 9, hours=person.number))
        return buyer

    @transaction.atomic
    def _create_order(self, planned: PlannedOrder) -> bool:
        """Place an order and bring it to its outcome; return False if nothing could be put into the cart, or it is refused.

        One transaction, in which the emulator is called: nobody sees the order before it is at its time, nor gets its e-mails.
        """
        buyer = self._get_buyer(planned)
        since = timezone.now()
        ref = self._fill_cart(buyer, planned.units)
        if ref is None:
            return False
        address, is_text = buyer.person.get_address(get_market_country(buyer.market))
        request = CheckoutRequest(planned.method, email=buyer.person.email, note=planned.note, codes=planned.codes)
        request = replace(request, is_email_verified=True, expected=ExpectedCart(accepts_increases=True))
        request = request.with_address(address, is_text=is_text)
        try:
            order = place_order(buyer.actor, self._get_owner(buyer, ref.key), request, numbered_at=planned.placed_at).order
        except CartChanged:  # more than is delivered for cash there
            return False
        backdating.backdate_order(order, since, planned.placed_at)
        backdating.backdate_delivery(order, planned.placed_at)
        outcomes.apply_outcome(order, planned, staff=self.staff, buyer=buyer.actor, now=self.now)
        return True

    def _get_buyer(self, planned: PlannedOrder) -> Buyer:
        if planned.customer is not None:
            return self.buyers[planned.customer]
        guest = self.rng.choice(GUESTS)
        return Buyer(guest, self._choose_market(guest.number))

    def _get_owner(self, buyer: Buyer, key: str | None = None) -> CartOwner:
        if buyer.user is None:
            return CartOwner(buyer.market, keys=(key or guest_keys.mint(),))
        return CartOwner(buyer.market, buyer.user.pk, str(buyer.user))

    def _fill_cart(self, buyer: Buyer, units: tuple[int, ...]) -> CartRef | None:
        """Add lines to the buyer's cart; return None if none of what they chose is left."""
        owner, ref = self._get_owner(buyer), None
        for variant_id, quantity in zip(self._choose_variants(buyer.market, len(units)), units, strict=False):
            try:
                _, _, ref = services.add_item(buyer.actor, owner, offers.get_offer(buyer.market, variant=variant_id), quantity)
            except NotEnough:
                continue
            owner = replace(owner, keys=(ref.key,) if ref.key else ())
        return ref

    def _choose_variants(self, market: Market, count: int) -> list[int]:
        left = Variant.objects.offered_in(market).filter(product__seller=None, stock__gte=SPARE_UNITS)
        ids = [variant.pk for variant in left.order_by("pk") if variant.available >= SPARE_UNITS]
        return self.rng.sample(ids, min(count, len(ids)))

    def _create_wishlists(self) -> None:
        for buyer in self.buyers[:WISHLISTS]:
            for variant_id in self._choose_variants(buyer.market, 3):
                product = Variant.objects.values_list("product", flat=True).get(pk=variant_id)
                self._add_to_wishlist(buyer, product)

    @transaction.atomic
    def _add_to_wishlist(self, buyer: Buyer, product: int) -> None:
        since = timezone.now()
        if buyer.user is not None:
            add_to_wishlist(buyer.user.pk, str(product), buyer.market)
            backdating.backdate_customer(buyer.user, since, self.now - timedelta(days=self.rng.randrange(1, DAYS)))

    def _create_open_carts(self) -> None:
        guests = [Buyer(guest, self._choose_market(guest.number)) for guest in GUESTS]
        for buyer in (*self.buyers[1:OPEN_CARTS], *guests):
            self._create_open_cart(buyer)

    @transaction.atomic
    def _create_open_cart(self, buyer: Buyer) -> None:
        since = timezone.now()
        ref = self._fill_cart(buyer, (1, 2))
        if ref is not None:
            backdating.backdate_cart(ref.pk, since, self.now - timedelta(hours=self.rng.randrange(1, 40)))
