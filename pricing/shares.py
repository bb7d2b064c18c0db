"""Dividing amounts, in minor units, so that the parts add up to the whole."""

from collections.abc import Sequence


def divide(amount: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """Divide an amount in proportion to the weights, by largest remainder; of equal remainders, the first gets more.

    The parts are multiples of `step` as far as the weights are. No part exceeds its weight, unless the amount exceeds their sum.
    """
    total = sum(weights)
    if not total or not amount:
        return [0] * len(weights)
    parts = [amount * weight // total // step * step for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: parts[index] * total - amount * weights[index])
    rest = amount - sum(parts)
    while rest:
        for index in by_remainder:
            room = weights[index] - parts[index] if amount <= total else rest
            more = min(step, rest, room)
            parts[index] += more
            rest -= more
    return parts


def get_part(paid: int, units: int, quantity: int, step: int = 1) -> int:
    """Return what the first `units` of a line's `quantity` cost, of what was paid for all, rounded down to the step."""
    return paid if units >= quantity else paid * units // quantity // step * step


def take_percent(amount: int, basis_points: int, step: int = 1) -> int:
    """Return a percentage of an amount, in hundredths of a percent, rounded half up to the step and never more than the amount."""
    if basis_points >= 10_000:
        return amount
    return min(amount, (2 * amount * basis_points + 10_000 * step) // (20_000 * step) * step)
