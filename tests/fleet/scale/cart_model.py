"""What a buyer's cart may hold, by what they were answered."""

from collections.abc import Callable

Units = dict[int, int]  # by variant
Change = Callable[[Units], Units]


class CartModel:
    """The states that a cart may have now, oldest first; one, unless the answer to a write was lost.

    A state that was shown ends those before it: a later answer with one of them is an older cart.
    """

    def __init__(self) -> None:
        self.states: list[Units] = [{}]

    def expect(self, change: Change) -> None:
        """Note that a change has certainly been made."""
        changed = [change(state) for state in self.states]
        self.states = [state for number, state in enumerate(changed) if state not in changed[:number]]

    def allow(self, change: Change) -> None:
        """Note that a change may have been made, or may still be."""
        changed = [change(state) for state in self.states]
        self.states += [state for state in changed if state not in self.states]

    def show(self, units: Units) -> bool:
        """Note what the buyer was shown; return whether it is what the cart may hold."""
        if units in self.states:
            self.states = self.states[self.states.index(units) :]
            return True
        self.states = [units]
        return False


def add(variant: int, quantity: int) -> Change:
    """Return the change that adds units of a variant."""
    return lambda units: {**units, variant: units.get(variant, 0) + quantity}


def put(variant: int, quantity: int) -> Change:
    """Return the change that sets the units of a variant."""
    return lambda units: {**units, variant: quantity} if variant in units else units


def remove(variant: int) -> Change:
    """Return the change that removes a variant."""
    return lambda units: {other: quantity for other, quantity in units.items() if other != variant}


def clear(units: Units) -> Units:
    """Remove everything."""
    return {}
