"""Where a market delivers, how, and at which price; derived for carts, and resolved for a place."""
