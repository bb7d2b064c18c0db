"""The promotions of the demo: one with a code, which some orders use, and one on a category."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from pricing import rules
from pricing.models import Promotion, PromotionCode
from products.models import Category

WELCOME_CODE = "WELCOME10"
REDUCED_CATEGORY = "Stationery"  # of products.json


@transaction.atomic
def create_promotions(starts_at: datetime) -> None:
    """Create the promotions that the shop does not have yet; they have run since `starts_at`."""
    if not PromotionCode.objects.filter(code=WELCOME_CODE).exists():
        welcome = Promotion.objects.create(name="Welcome: 10 % off", percent=Decimal(10), usage_limit=200, starts_at=starts_at)
        PromotionCode.objects.create(promotion=welcome, code=WELCOME_CODE)
    category = Category.objects.filter(name=REDUCED_CATEGORY).first()
    if category is not None and not Promotion.objects.filter(kind=Promotion.Kind.AUTOMATIC).exists():
        reduced = Promotion.objects.create(
            name=f"{category.name}: 15 % off",
            kind=Promotion.Kind.AUTOMATIC,
            on=Promotion.On.ITEMS,
            percent=Decimal(15),
            all_products=False,
            starts_at=starts_at,
        )
        reduced.categories.add(category)
    rules.rebuild()
