"""Sales: select the prices at the start, reduce them, and restore them at the end."""
