"""What holds of delivery whatever the zones, methods, areas, promotions and currency: the shop does what the model does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carts import quotes
from carts.tests.factories import add_to_cart
from core import markets
from core.currencies import exponent, get_step
from core.markets import Market
from core.states import normalize_state
from orders.tests.delivery import model
from orders.tests.delivery.model import Area, Method, Place, Promotion, Shop, Zone, to_major
from orders.tests.factories import ADDRESS, order_body
from orders.tests.payments.card_payments import CardPayments
from pricing import rules
from pricing.delivery.methods import AreaService, DeliveryOptions, resolve
from pricing.delivery.places import build_place
from pricing.discounts import Rule
from pricing.models import Promotion as PromotionRow
from pricing.models import PromotionAmount, ServiceArea, ShippingMethod
from pricing.models import Zone as ZoneRow
from pricing.rules import MarketRule, Selection
from products.models import Product, Variant
from products.tests.factories import make_product
from tests.profile import IS_SOAK
from tests.schema_client import SchemaClient

PURE = settings(max_examples=2_000 if IS_SOAK else 200, deadline=None, derandomize=True, database=None)
STORED = settings(
    PURE,
    max_examples=300 if IS_SOAK else 25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
COUNTRIES = {"": None, "IN": "IN", "India": "IN", "japan": "JP", "US": "US", "GB": "GB", "Atlantis": ""}
STATES = ["", "", "Maharashtra", "MH", "KARNATAKA", "Goa"]
ADDRESSES = [("IN", "411001", "MH"), ("IN", "411 001", "Maharashtra"), ("IN", "560001", "KA"), ("IN", "411999", "Maharashtra")]
ADDRESSES += [("GB", "M1 1AA", "Greater Manchester"), ("JP", "100-0001", "Tokyo"), ("US", "94103", "CA")]


@st.composite
def draw_shop(draw: Any, *, everywhere: bool = False) -> Shop:
    """Draw a shop and the lines of a cart; one that delivers `everywhere` has a zone without conditions, and methods."""
    market = draw(st.sampled_from(list(model.MARKETS)))
    codes = st.sampled_from(["411001", "411999", "560001", "M11AA", "1000001", "94103"])
    area = st.builds(
        Area,
        st.sampled_from(["IN", "IN", "GB", "JP"]),
        codes,
        st.sampled_from(["Post", "Van"]),
        st.booleans(),
        st.sampled_from([True, True, False]),
        st.none() | st.integers(0, 9),
    )
    rows = draw(st.just([]) | st.lists(area, max_size=6, unique_by=lambda row: (row.country, row.postal_code, row.carrier)))
    prices = draw(st.sampled_from([model.make_amounts(market)] * 4 + [st.just(0)]))
    line = st.tuples(prices, st.sampled_from([0, 1, 400, 999, 1000, 1001]), st.integers(1, 3))
    lines = draw(st.lists(line, min_size=1, max_size=3))
    shop = Shop(market, draw(model.draw_zones(market)), rows, draw(model.draw_promotions(market)), lines)
    if not everywhere:
        return shop
    columns = draw(st.lists(model.draw_method(market), min_size=1, max_size=3))
    methods = [draw_limits(draw, shop, Method(f"open-{number}", **values)) for number, values in enumerate(columns)]
    return replace(shop, zones=[*shop.zones, Zone(priority=3, methods=methods)])


def draw_limits(draw: Any, shop: Shop, method: Method) -> Method:
    """Return the method, often with limits close to what the cart weighs and costs."""
    step = get_step(shop.currency)
    weight, goods, cash = (draw(st.none() | st.sampled_from([-1, 0, 0, 1])) for _ in range(3))
    if weight is not None:
        method = replace(method, max_weight_grams=max(0, shop.weight + weight))
    if goods is not None:
        method = replace(method, free_from=max(0, shop.get_goods("cod") + goods * step))
    quote = shop.quote(replace(method, cod=True, cod_max=None, cod_fee=0), Place("XX"), "cod")
    return method if cash is None or quote is None else replace(method, cod_max=max(0, quote[2] + cash * step))


any_shop = draw_shop() | draw_shop(everywhere=True)


def derive(shop: Shop) -> dict[str, Any]:
    """Return the zones as they are derived for carts."""
    ranked = sorted(enumerate(shop.zones), key=lambda row: (-row[1].priority, row[0]))
    return {"zones": [_derive_zone(zone) for _, zone in ranked], "area_countries": sorted({row.country for row in shop.areas})}


def _derive_zone(zone: Zone) -> dict[str, Any]:
    methods = [_derive_method(method) for method in sorted(zone.methods, key=lambda method: method.price) if method.is_active]
    country = zone.countries[0] if len(zone.countries) == 1 else ""
    return {
        "countries": zone.countries,
        "states": [normalize_state(country, state) for state in zone.states],
        "postal_from": model.normalize(zone.postal_from),
        "postal_to": model.normalize(zone.postal_to),
        "postal_prefixes": [model.normalize(prefix) for prefix in zone.postal_prefixes],
        "methods": methods,
    }


def _derive_method(method: Method) -> dict[str, Any]:
    columns = {name: getattr(method, name) for name in ("code", "price", "free_from", "price_per_kg", "days_min", "days_max")}
    limits = {"max_weight": method.max_weight_grams, "allows_cod": method.cod}
    return {**columns, **limits, "name": method.code, "cod_fee": method.cod_fee, "cod_max": method.cod_max}


def resolve_in(shop: Shop, text: Mapping[str, str], place: Place) -> DeliveryOptions:
    """Return how the shop delivers to a place, with what its carriers do there."""
    market = Market(shop.market, shop.currency, True)
    rows = shop.get_areas(place) if place.postal_code else []
    days = min((row.days for row in rows if row.days is not None), default=None)
    service = AreaService(any(row.prepaid for row in rows), any(row.cod for row in rows), days)
    return resolve(derive(shop), market, build_place(market, **text), service)


def build_rules(shop: Shop) -> dict[int, MarketRule]:
    """Return the promotions as the breakdown takes them."""
    found = {}
    for pk, row in enumerate(shop.promotions, 1):
        rule = Rule(
            pk,
            row.on,
            row.on,  # type: ignore[arg-type]
            row.effect,  # type: ignore[arg-type]
            basis_points=row.percent * 100,
            amount=row.amount,
            min_subtotal=row.min_subtotal,
            payment_methods=frozenset(row.payment_methods),
            all_products=True,
        )
        found[pk] = MarketRule(rule, is_automatic=True)
    return found


def build_units(shop: Shop) -> list[tuple[Any, int]]:
    """Return the lines of the cart as quotes take them."""
    digits = Decimal(1).scaleb(-exponent(shop.currency))
    columns = {"category_id": None, "is_reduced": False}
    return [
        (SimpleNamespace(id=pk, product_id=pk, price=price * digits, weight_grams=grams or None, **columns), units)
        for pk, (price, grams, units) in enumerate(shop.lines, 1)
    ]


@PURE
@pytest.mark.once
@given(draw_shop(), st.sampled_from(list(COUNTRIES)), st.sampled_from(model.CODES), st.sampled_from(STATES))
def test_the_winning_zone_and_the_areas_decide_about_the_methods(shop: Shop, country: str, code: str, state: str) -> None:
    known = COUNTRIES[country]
    place = Place(model.ROOT[shop.market] if known is None else known, code, state)

    options = resolve_in(shop, {"country": country, "postal_code": code, "state": state}, place)

    methods, problems = shop.find_methods(place)
    assert {method.code for method in options.methods} == {method.code for method in methods}
    assert options.problem in problems if problems else options.problem is None
    if methods:
        assert (options.takes_prepaid, options.takes_cod) == (shop.takes(place, "stripe"), shop.takes(place, "cod"))


@PURE
@pytest.mark.once
@given(draw_shop(everywhere=True), st.sampled_from(ADDRESSES), st.sampled_from([None, "cod", "cod", "stripe"]), st.data())
def test_every_method_has_its_price_fee_and_total_and_the_cheapest_comes_first(
    shop: Shop, address: tuple[str, str, str], payment_method: str | None, data: Any
) -> None:
    country, code, state = address
    place, market = Place(country, code, state), Market(shop.market, shop.currency, True)
    options = resolve_in(shop, {"country": country, "postal_code": code, "state": state}, place)
    wanted = data.draw(st.sampled_from(["", "standard", "gone", *(row.code for zone in shop.zones for row in zone.methods)]))

    *offers, last = quotes.iter_quotes(
        build_units(shop), market, Selection(build_rules(shop), (), {}, options), payment_method, method=wanted
    )

    methods, _ = shop.find_methods(place)
    expected = {method.code: shop.quote(method, place, payment_method) for method in methods}
    expected = {code: quote for code, quote in expected.items() if quote is not None}
    found = {offer.method.code: (offer.costs.shipping, offer.costs.fee, offer.costs.total) for offer in offers if offer.method}
    assert (found, last.method) == (expected, None)
    prices = [offer.costs.shipping for offer in offers if offer.method and offer.method.code != wanted]
    assert prices == sorted(prices)
    if wanted in expected:
        assert offers[0].method is not None
        assert offers[0].method.code == wanted


@pytest.fixture
def goods(db: None, settings: Any) -> Iterator[list[Product]]:
    """Three products, in a shop that sells in India, Japan and Kuwait."""
    settings.MARKETS = model.MARKETS
    markets.get_markets.cache_clear()
    yield [make_product(f"Lamp {number}", prices={"jp": "1", "kw": "1"}) for number in range(3)]
    markets.get_markets.cache_clear()


def store(shop: Shop, goods: list[Product]) -> None:
    """Write the shop to the database."""
    amounts = ("price", "free_from", "price_per_kg", "cod_fee", "cod_max")
    for number, zone in enumerate(shop.zones):
        columns = {name: getattr(zone, name) for name in ("postal_from", "postal_to", "priority")}
        lists = {name: list(getattr(zone, name)) for name in ("countries", "states", "postal_prefixes")}
        row = ZoneRow.objects.create(name=f"Zone {number}", market=shop.market, **columns, **lists)
        for method in zone.methods:
            values = vars(method) | {name: to_major(getattr(method, name), shop.market) for name in amounts}
            ShippingMethod.objects.create(zone=row, name=method.code, **values)
    ServiceArea.objects.bulk_create(ServiceArea(market=shop.market, **vars(area)) for area in shop.areas)
    for promotion in shop.promotions:
        _store_promotion(promotion, shop.market)
    for (price, grams, _), product in zip(shop.lines, goods, strict=False):
        variant = product.variants.get()
        variant.market_prices.filter(market=shop.market).update(price=to_major(price, shop.market))
        columns = {"price": to_major(price, shop.market)} if shop.market == "in" else {}
        Variant.objects.filter(pk=variant.pk).update(weight_grams=grams or None, **columns)
    rules.rebuild()


def _store_promotion(promotion: Promotion, market: str) -> None:
    columns = {"on": promotion.on, "effect": promotion.effect, "payment_methods": list(promotion.payment_methods)}
    percent = promotion.percent if promotion.effect == "percent" else None
    row = PromotionRow.objects.create(name=promotion.on, kind="automatic", percent=percent, all_products=True, **columns)
    amount = to_major(promotion.amount, market) if promotion.effect == "amount" else None
    PromotionAmount.objects.create(
        promotion=row, market=market, amount=amount, min_subtotal=to_major(promotion.min_subtotal, market)
    )


@contextmanager
def undone() -> Iterator[None]:
    """Undo what the block does to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def check_product(client: SchemaClient, query: Mapping[str, str], product: Product | None) -> Any:
    """Return the answer of `delivery/check/`."""
    return client.get("/api/delivery/check/", {**query, **({"product_id": str(product.pk)} if product else {})})


@STORED
@pytest.mark.usefixtures("unthrottled")
@given(shop=any_shop, address=st.sampled_from(ADDRESSES), data=st.data())
def test_check_cart_and_order_agree(
    goods: list[Product], card_payments: CardPayments, shop: Shop, address: tuple[str, str, str], data: Any
) -> None:
    place = Place(*address)
    query = dict(zip(("country", "postal_code", "state"), address, strict=True))
    client = SchemaClient()
    client.credentials(HTTP_X_MARKET=shop.market)
    methods, _ = shop.find_methods(place)
    with undone():
        store(shop, goods)
        for (_, _, units), product in zip(shop.lines, goods, strict=False):
            key = add_to_cart(client, product, units)["cart_token"]

        alone = Shop(shop.market, shop.zones, shop.areas, [], [(*shop.lines[0][:2], 1)])
        nothing = Shop(shop.market, shop.zones, shop.areas, [], [])
        checks: list[tuple[Product | None, Shop]] = [(None, nothing), (goods[0], alone)]
        for asked, seen in checks:
            checked = check_product(client, query, asked).json()["data"]
            offered = {method.code: seen.quote(method, place, None) for method in methods}
            prices = {code: to_major(quote[0], shop.market) for code, quote in offered.items() if quote is not None}
            assert {method["code"]: method["price"] for method in checked["methods"]} == prices
            takes_cash = any(method.cod and offered[method.code] for method in methods) and shop.takes(place, "cod")
            assert (checked["serviceable"], checked["cod"]) == (bool(prices), takes_cash)

        response = client.post("/api/cart/delivery/", query)
        assert response.status_code == 200, response.json()
        shown = client.get("/api/cart/delivery/").json()["data"]
        offered = {method.code: shop.quote(method, place, None) for method in methods}
        prices = {code: to_major(quote[0], shop.market) for code, quote in offered.items() if quote is not None}
        assert {method["code"]: method["price"] for method in shown["methods"]} == prices
        by_code = {method.code: method for method in methods}
        for entry in shown["methods"]:
            for payment in entry["payments"]:
                quote = shop.quote(by_code[entry["code"]], place, payment["payment_method"])
                order_as_shown(shop, key, query, entry["code"], payment, quote)


def order_as_shown(
    shop: Shop, key: str, query: Mapping[str, str], code: str, payment: Mapping[str, Any], quote: tuple[int, int, int] | None
) -> None:
    """Order with a method as it was shown, and undo that: the order costs exactly what was shown, or is refused."""
    client = SchemaClient()
    client.credentials(HTTP_X_CART_TOKEN=key, HTTP_X_MARKET=shop.market)
    name, total = payment["payment_method"], None if quote is None else to_major(quote[2], shop.market)
    is_uncharged = not payment["available"] and payment["reason"]["code"] == "amount_not_chargeable"
    assert is_uncharged or (payment["total"], payment["available"]) == (total, quote is not None)
    body = order_body(payment_method=name, address={**ADDRESS, **query}, shipping_method=code, expected_total=total)
    with undone():
        response = client.post("/api/orders/create/", body)

        if quote is None:
            assert response.status_code == 409, response.json()
            changes = {change["code"] for change in response.json()["details"]["changes"]}
            assert changes & {"cod_unavailable", "not_serviceable"}
        elif response.status_code == 400:
            assert (name, response.json()["code"] in ("amount_too_small", "amount_not_chargeable")) == ("stripe", True)
        else:
            assert response.status_code == 201, response.json()
            order = response.json()["data"]
            fee = to_major(quote[1], shop.market)
            fees = [] if not quote[1] else [{"label": "Cash on Delivery", "amount": fee}]
            assert (order["total"], order["shipping_total"], order["fees"]) == (total, to_major(quote[0], shop.market), fees)
            assert (order["shipping"]["code"], response.json()["warnings"]) == (code, [])
