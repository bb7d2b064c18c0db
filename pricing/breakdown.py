"""What a basket or an order costs. Every amount of either is computed here, and nowhere else.

Pure: the same input gives the same amounts, without a query. Amounts are integers in minor units of the market's currency, computed
in a fixed order: prices, promotions on items, promotions on the order, shipping, promotions on shipping, fees, tax.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from core import money
from core.markets import Market
from pricing.discounts import Basket, Discount, GoodsLine, Reason, Rule
from pricing.shares import divide

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class DeliveryRate:
    """What delivery costs, and the value of the goods, after discounts, from which it is free (None: never)."""

    price: int = 0
    free_from: int | None = None

    def get_price(self, goods: int) -> int:
        """Return what it costs to deliver goods of this value."""
        return 0 if self.free_from is not None and goods >= self.free_from else self.price


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax on everything, as a percentage; included in the prices, or added to them."""

    label: str
    percent: Decimal
    is_included: bool = True


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount besides goods and shipping."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """What a line costs: `net` is its price without its discounts; `tax` is its share of the tax."""

    subtotal: int
    discount: int
    tax: int

    @property
    def net(self) -> int:
        """The price without the discounts."""
        return self.subtotal - self.discount


@dataclass(frozen=True, slots=True)
class TaxAmounts:
    """A tax, by what it is on."""

    rate: TaxRate
    items: int = 0
    shipping: int = 0
    fee: int = 0

    @property
    def total(self) -> int:
        """The whole tax."""
        return self.items + self.shipping + self.fee


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What a basket costs. `shipping` is before discounts; `reasons` say, by promotion, why it takes nothing off."""

    market: Market
    lines: Mapping[int, LineAmounts]
    discounts: Sequence[Discount]
    shipping: int
    fees: Sequence[Fee]
    taxes: Sequence[TaxAmounts]
    reasons: Mapping[int, Reason] = field(default_factory=dict)

    @property
    def subtotal(self) -> int:
        """The price of all lines."""
        return sum(line.subtotal for line in self.lines.values())

    @property
    def goods(self) -> int:
        """The value of the goods, after discounts on items and on the order."""
        return sum(line.net for line in self.lines.values())

    @property
    def discount(self) -> int:
        """All that is taken off items and shipping."""
        return sum(discount.amount for discount in self.discounts)

    @property
    def fee(self) -> int:
        """All fees."""
        return sum(fee.amount for fee in self.fees)

    @property
    def tax(self) -> int:
        """All taxes, included or not."""
        return sum(tax.total for tax in self.taxes)

    @property
    def total(self) -> int:
        """The amount to pay."""
        added_tax = sum(tax.total for tax in self.taxes if not tax.rate.is_included)
        return self.subtotal - self.discount + self.shipping + self.fee + added_tax

    def to_major(self, amount_minor: int) -> Decimal:
        """Return an amount of this breakdown in major units."""
        return money.to_major(amount_minor, self.market.currency)

    def format(self, amount_minor: int) -> str:
        """Return an amount of this breakdown as the API writes it."""
        return money.format_minor(amount_minor, self.market.currency)


def compute(
    lines: Sequence[GoodsLine],
    market: Market,
    *,
    rules: Iterable[Rule] = (),
    delivery: DeliveryRate = DeliveryRate(),
    taxes: Sequence[TaxRate] = (),
    fees: Sequence[Fee] = (),
    payment_method: str | None = None,
) -> Breakdown:
    """Compute what these lines cost in a market. Without a payment method, promotions that need one do not apply.

    There is nothing to deliver without lines.
    """
    rules = list(rules)
    basket = Basket(lines, money.get_step(market.currency), payment_method)
    basket.apply(rules, "items")
    basket.apply(rules, "order")
    shipping = basket.shipping = delivery.get_price(basket.goods) if lines else 0
    basket.apply(rules, "shipping")
    tax_of_line = dict.fromkeys(basket.net, 0)
    tax_amounts = []
    for rate in taxes:
        parts = _divide_tax(rate, [*basket.net.values(), basket.shipping, sum(fee.amount for fee in fees)], basket.step)
        *of_lines, of_shipping, of_fees = parts
        for line, tax in zip(basket.net, of_lines, strict=True):
            tax_of_line[line] += tax
        tax_amounts.append(TaxAmounts(rate, sum(of_lines), of_shipping, of_fees))
    amounts = {line.id: LineAmounts(line.total, line.total - basket.net[line.id], tax_of_line[line.id]) for line in lines}
    return Breakdown(market, amounts, basket.discounts, shipping, fees, tax_amounts, basket.reasons)


def _divide_tax(rate: TaxRate, bases: Sequence[int], step: int) -> list[int]:
    """Return the tax on these amounts, rounded once, half up. Tax that is included in the prices is not charged, so has no step."""
    step = 1 if rate.is_included else step
    base = Decimal(sum(bases))
    tax = base * rate.percent / (HUNDRED + rate.percent if rate.is_included else HUNDRED)
    return divide(int((tax / step).quantize(Decimal(1), ROUND_HALF_UP)) * step, bases, step)


def get_tax_rates(market: Market) -> list[TaxRate]:
    """Return the tax of this market, which its prices include."""
    percent = settings.TAX_RATES.get(market.code, Decimal(0))
    return [TaxRate("Tax", percent)] if percent else []
