"""The demo shop: a catalog that fits the configured markets, and a month of customers and orders."""
