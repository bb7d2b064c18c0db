"""Products for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import cast

from django.core.files.base import ContentFile
from PIL import Image

from core.actors import SYSTEM
from products.models import Category, Product, ProductImage, StockMovement, Variant
from products.services import categories, listings
from products.services import products as product_services
from products.services.commands import NewProduct, NewVariant, Price, ProductColumns


def make_category(name: str = "Lighting", *parents: str) -> Category:
    """Make a category under `parents`, which are listed from the root down."""
    return categories.get_or_create_by_path((*parents, name))


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
    new_product = NewProduct(
        name=name, variants=variants, category=category, seller_id=seller_id, description=description, is_active=is_active
    )
    return product_services.create(SYSTEM, new_product)


def make_variant(
    sku: str,
    *,
    name: str = "",
    price: str | Decimal = "20.00",
    stock: int = 10,
    prices: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
    compare_at: str | None = None,
    weight_grams: int | None = None,
) -> NewVariant:
    """Return a variant for `make_product`."""
    before = None if compare_at is None else Decimal(compare_at)
    others = {market: Price(Decimal(amount)) for market, amount in (prices or {}).items()}
    return NewVariant(
        sku=sku,
        name=name,
        price=Price(Decimal(price), before),
        stock=stock,
        prices=others,
        options=options or {},
        weight_grams=weight_grams,
    )


def get_only_variant(product: Product) -> Variant:
    """Return the only variant of a simple product, fresh from the database."""
    return Variant.objects.get(product=product)


def set_price(product: Product, price: str) -> None:
    """Change the price of a simple product in the default market."""
    Variant.objects.filter(product=product).update(price=Decimal(price))
    listings.rebuild_listings([product.pk])


def make_products(*names: str, price: str = "20.00", us: str = "2.00") -> list[Product]:
    """Make simple products in bulk, on sale in both markets; each is a second newer than the previous one."""
    start = Variant.objects.count()
    new_products = [
        NewProduct(name=name, variants=[make_variant(f"SKU-{start + number}", price=price, prices={"us": us})])
        for number, name in enumerate(names, 1)
    ]
    products = product_services.create_many(SYSTEM, new_products, reason=StockMovement.Reason.INITIAL)
    for number, product in enumerate(products):
        product.created_at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    Product.objects.bulk_update(products, ["created_at"])
    listings.rebuild_listings([product.pk for product in products])
    return products


def update_product(product: Product, **columns: object) -> None:
    """Update columns of a product and rebuild its listings."""
    product_services.save_columns(Product.objects.get(pk=product.pk), cast(ProductColumns, columns))
    listings.rebuild_listings([product.pk])


def update_variant(sku: str, **columns: object) -> None:
    """Update columns of a variant and rebuild its product's listings."""
    Variant.objects.filter(sku=sku).update(**columns)
    listings.rebuild_listings([Variant.objects.get(sku=sku).product_id])


def add_picture(product: Product, *, position: int = 0, alt: str = "A lamp", colour: str = "red") -> ProductImage:
    """Add an image of 2 by 1 pixels to a product."""
    file = ContentFile(make_png(colour), "lamp.png")
    return ProductImage.objects.create(product=product, image=file, width=2, height=1, position=position, alt=alt)


def make_png(colour: str = "red") -> bytes:
    """Return a PNG file of 2 by 1 pixels."""
    buffer = BytesIO()
    Image.new("RGB", (2, 1), colour).save(buffer, "PNG")
    return buffer.getvalue()
