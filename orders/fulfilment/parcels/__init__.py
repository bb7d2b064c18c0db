"""Parcels of orders: packed, sent, delivered, or come back. Each service locks the order, which covers its parcels."""
