"""A naive model of delivery, written from its rules: which zone wins, which methods it has, and what an order costs with each.

Amounts are in minor units, weights in grams.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from core.currencies import exponent, get_step

STATES = {"IN": {"Maharashtra": "MH", "Karnataka": "KA"}, "US": {"California": "CA"}}
MARKETS = {"in": "INR", "jp": "JPY", "kw": "KWD"}
ROOT = {"in": "IN", "jp": "JP", "kw": "KW"}  # the country of each market


@dataclass(frozen=True)
class Method:
    """The columns of a shipping method."""

    code: str
    price: int = 0
    free_from: int | None = None
    price_per_kg: int = 0
    max_weight_grams: int | None = None
    days_min: int | None = None
    days_max: int | None = None
    cod: bool = True
    cod_fee: int = 0
    cod_max: int | None = None
    is_active: bool = True

    def get_price(self, weight: int, goods: int) -> int:
        """Return what it costs: each started kilogram counts, and goods of a value are free."""
        kilograms = 0
        while kilograms * 1000 < weight:
            kilograms += 1
        return 0 if self.free_from is not None and goods >= self.free_from else self.price + self.price_per_kg * kilograms


@dataclass(frozen=True)
class Zone:
    """The columns of a zone; of two with the same priority, the one earlier in the list is the older."""

    countries: Sequence[str] = ()
    states: Sequence[str] = ()
    postal_from: str = ""
    postal_to: str = ""
    postal_prefixes: Sequence[str] = ()
    priority: int = 0
    methods: Sequence[Method] = ()

    def list_failures(self, place: "Place") -> list[tuple[str, bool]]:
        """Return the parts of an address for which it does not fit, and whether they are only missing."""
        failures = []
        if self.countries and place.country not in self.countries:
            failures.append(("country", place.country == ""))
        names = STATES.get(self.countries[0], {}) if len(self.countries) == 1 else {}
        if self.states and get_code(place.country, place.state) not in [names.get(state, state) for state in self.states]:
            failures.append(("state", place.state == "" or place.country == ""))  # of no country, no state is known
        code, first, last = map(normalize, (place.postal_code, self.postal_from, self.postal_to))
        is_in_range = first != "" and len(first) == len(code) and first <= code <= last
        has_prefix = any(code.startswith(normalize(prefix)) for prefix in self.postal_prefixes)
        if (first or self.postal_prefixes) and not (code and (is_in_range or has_prefix)):
            failures.append(("postal_code", code == ""))
        return failures


@dataclass(frozen=True)
class Place:
    """What a buyer writes, the country as a code, or empty where it is not recognized."""

    country: str = ""
    postal_code: str = ""
    state: str = ""


@dataclass(frozen=True)
class Area:
    """A row of a carrier that serves a postal code."""

    country: str
    postal_code: str
    carrier: str = ""
    prepaid: bool = True
    cod: bool = True
    days: int | None = None


@dataclass(frozen=True)
class Promotion:
    """An automatic promotion: of a percentage, an amount, or free delivery."""

    on: str
    effect: str
    percent: int = 0
    amount: int = 0
    min_subtotal: int = 0
    payment_methods: Sequence[str] = ()

    def get_saving(self, price: int, currency: str) -> int:
        """Return what it takes off a price, half up in what can be charged."""
        step = get_step(currency)
        if self.effect == "free":
            return price
        if self.effect == "amount":
            return min(self.amount, price)
        whole, rest = divmod(price * self.percent, 100 * step)
        return min(price, (whole + (rest * 2 >= 100 * step)) * step)


@dataclass(frozen=True)
class Shop:
    """All that decides about delivery in a market, and the lines of a cart: price, weight and units of each."""

    market: str
    zones: Sequence[Zone]
    areas: Sequence[Area]
    promotions: Sequence[Promotion]
    lines: Sequence[tuple[int, int, int]]
    default: Method = field(default_factory=lambda: Method("standard"))

    @property
    def currency(self) -> str:
        """The currency of the market."""
        return MARKETS[self.market]

    @property
    def weight(self) -> int:
        """The weight of all units."""
        return sum(grams * units for _, grams, units in self.lines)

    def find_methods(self, place: Place) -> tuple[list[Method], set[str]]:
        """Return the methods that are offered at a place, or what may be said if there are none."""
        by_rank = sorted(enumerate(self.zones), key=lambda row: (-row[1].priority, row[0]))
        fitting = [zone for _, zone in by_rank if not zone.list_failures(place)]
        if self.zones and not fitting:
            failures = [zone.list_failures(place) for zone in self.zones]
            missing = {f"{name}_needed" for rows in failures if all(is_missing for _, is_missing in rows) for name, _ in rows}
            return [], missing or {"not_serviceable"}
        methods = [method for method in fitting[0].methods if method.is_active] if self.zones else [self.default]
        if methods and any(area.country == place.country for area in self.areas):
            if not place.postal_code:
                return [], {"postal_code_needed"}
            if not self.get_areas(place):
                return [], {"not_serviceable"}
        return methods, set() if methods else {"not_serviceable"}

    def get_areas(self, place: Place) -> list[Area]:
        """Return the rows of a place whose carriers bring anything."""
        code = normalize(place.postal_code)
        return [row for row in self.areas if (row.country, row.postal_code) == (place.country, code) and (row.prepaid or row.cod)]

    def takes(self, place: Place, payment_method: str) -> bool:
        """Return whether any carrier of a place takes a payment method; all do where there are no areas."""
        if not any(area.country == place.country for area in self.areas):
            return True
        return any(area.cod if payment_method == "cod" else area.prepaid for area in self.get_areas(place))

    def quote(self, method: Method, place: Place, payment_method: str | None) -> tuple[int, int, int] | None:
        """Return price before promotions, fee and total with a method, or None if it does not take the basket."""
        if method.max_weight_grams is not None and self.weight > method.max_weight_grams:
            return None
        payments = [name for name in ("stripe", "cod") if self.takes(place, name) and (name != "cod" or method.cod)]
        if payment_method not in payments if payment_method else not payments:
            return None
        goods = self.get_goods(payment_method)
        shipping = net = method.get_price(self.weight, goods)
        for promotion in self._list_promotions("shipping", payment_method):
            net -= promotion.get_saving(net, self.currency)
        total, fee = goods + net, 0
        if payment_method == "cod":
            if not method.cod or (method.cod_max is not None and total > method.cod_max):
                return None
            fee = method.cod_fee if total else 0
        return shipping, fee, total + fee

    def get_goods(self, payment_method: str | None) -> int:
        """Return what the goods cost after their discounts."""
        net = [price * units for price, _, units in self.lines]
        for promotion in self._list_promotions("items", payment_method):
            net = [price - promotion.get_saving(price, self.currency) for price in net]
        goods = sum(net)
        for promotion in self._list_promotions("order", payment_method):
            goods -= promotion.get_saving(goods, self.currency)
        return goods

    def _list_promotions(self, on: str, payment_method: str | None) -> list[Promotion]:
        subtotal = sum(price * units for price, _, units in self.lines)
        for promotion in self.promotions:
            if promotion.on == "items" and on != "items" and self._applies(promotion, subtotal, payment_method):
                subtotal = sum(price * n - promotion.get_saving(price * n, self.currency) for price, _, n in self.lines)
        return [row for row in self.promotions if row.on == on and self._applies(row, subtotal, payment_method)]

    def _applies(self, promotion: Promotion, subtotal: int, payment_method: str | None) -> bool:
        pays = not promotion.payment_methods or payment_method in promotion.payment_methods
        return pays and subtotal >= promotion.min_subtotal


def normalize(postal_code: str) -> str:
    """Return a postal code as it is compared."""
    return postal_code.upper().replace(" ", "").replace("-", "")


def get_code(country: str, state: str) -> str:
    """Return the code of a state that is written with its name."""
    return STATES.get(country, {}).get(state, state)


CODES = ["", "411001", "411 001", "411-999", "41100", "560001", "B5", "m1 1aa", "M111AA", "0"]
RANGES = [("", ""), ("", ""), ("411000", "411999"), ("41000", "42000"), ("A1", "C9"), ("411001", "411001"), ("0", "9")]
PREFIXES = ["41", "411", "411001", "56", "m1", "M 1-1", "B"]


def make_amounts(market: str, most: int = 20_000) -> st.SearchStrategy[int]:
    """Return amounts that can be charged in a market."""
    step = get_step(MARKETS[market])
    return st.integers(0, most // step).map(lambda count: count * step) | st.sampled_from([0, 1000, 5000])


@st.composite
def draw_method(draw: Any, market: str) -> dict[str, Any]:
    """Draw the columns of a method but its code."""
    amounts, days = make_amounts(market), sorted(draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))
    return {
        "price": draw(amounts),
        "free_from": draw(st.none() | amounts),
        "price_per_kg": draw(st.just(0) | make_amounts(market, 300)),
        "max_weight_grams": draw(st.none() | st.sampled_from([0, 999, 1000, 2500, 5000])),
        "days_min": draw(st.none() | st.just(days[0])),
        "days_max": draw(st.none() | st.just(days[1])),
        "cod": draw(st.sampled_from([True, True, False])),
        "cod_fee": draw(st.just(0) | amounts),
        "cod_max": draw(st.none() | make_amounts(market, 60_000)),
        "is_active": draw(st.sampled_from([True, True, True, False])),
    }


@st.composite
def draw_zones(draw: Any, market: str) -> list[Zone]:
    """Draw up to five zones."""
    zones = []
    for number in range(draw(st.integers(0, 5))):
        countries = draw(st.sampled_from([[], [], ["IN"], ["IN"], ["JP"], ["KW", "IN"], ["US"], ["GB", "US", "JP"]]))
        states = draw(st.sampled_from([[], [], ["Maharashtra"], ["KA", "Maharashtra"]])) if countries == ["IN"] else []
        first, last = draw(st.sampled_from(RANGES))
        columns = draw(st.lists(draw_method(market), max_size=3))
        zones.append(
            Zone(
                countries,
                states,
                first,
                last,
                draw(st.just([]) | st.lists(st.sampled_from(PREFIXES), max_size=2)),
                draw(st.integers(-1, 2)),
                [Method(f"method-{number}-{place}", **values) for place, values in enumerate(columns)],
            )
        )
    return zones


@st.composite
def draw_promotions(draw: Any, market: str) -> list[Promotion]:
    """Draw at most one promotion of each kind."""
    promotions = []
    for on, effects in (("items", ["percent"]), ("order", ["percent", "amount"]), ("shipping", ["percent", "amount", "free"])):
        if draw(st.booleans()):
            effect, payments = draw(st.sampled_from(effects)), draw(st.sampled_from([(), (), ("cod",), ("stripe",)]))
            amount = draw(make_amounts(market)) + get_step(MARKETS[market])
            least = draw(st.just(0) | make_amounts(market))
            promotions.append(Promotion(on, effect, draw(st.integers(1, 100)), amount, least, payments))
    return promotions


def to_major(amount: int | None, market: str) -> str | None:
    """Return an amount as the API has it."""
    digits = exponent(MARKETS[market])
    if amount is None or not digits:
        return None if amount is None else str(amount)
    return f"{amount // 10**digits}.{amount % 10**digits:0{digits}}"
