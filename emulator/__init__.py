"""A local stand-in for Stripe Checkout, for demos and tests: a program of its own, of the standard library only.

It imports nothing of the shop, and the shop nothing of it; they meet over HTTP alone.
"""
