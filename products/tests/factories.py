"""Products for tests."""

from decimal import Decimal

from products import services
from products.drafts import NewProduct, NewVariant, Price
from products.models import Category, Product, Variant
from store.core.actors import SYSTEM


def make_category(name: str = "Lighting", *parents: str) -> Category:
    """Make a category, inside of `parents` from the top down."""
    return services.category_of((*parents, name))


def make_product(
    name: str = "Lamp",
    *,
    price: str | Decimal = "20.00",
    stock: int = 10,
    sku: str | None = None,
    prices: dict[str, str] | None = None,
    variants: list[NewVariant] | None = None,
    category: Category | None = None,
    seller_id: int | None = None,
    description: str = "",
    is_active: bool = True,
) -> Product:
    """Make a product, simple unless `variants` are given."""
    if variants is None:
        sku = sku or f"SKU-{Variant.objects.count() + 1}"
        variants = [make_variant(sku, price=price, stock=stock, prices=prices)]
    given = NewProduct(
        name=name, variants=variants, category=category, seller_id=seller_id, description=description, is_active=is_active
    )
    return services.create(SYSTEM, given)


def make_variant(
    sku: str,
    *,
    name: str = "",
    price: str | Decimal = "20.00",
    stock: int = 10,
    prices: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> NewVariant:
    """Describe a variant for `make_product`."""
    others = {market: Price(Decimal(amount)) for market, amount in (prices or {}).items()}
    return NewVariant(sku=sku, name=name, price=Price(Decimal(price)), stock=stock, prices=others, options=options or {})


def variant_of(product: Product) -> Variant:
    """Return the only variant of a simple product, fresh from the database."""
    return Variant.objects.get(product=product)


def change_price(product: Product, price: str) -> None:
    """Change the price of a simple product in the default market."""
    Variant.objects.filter(product=product).update(price=Decimal(price))
    services.list_anew([product.pk])
