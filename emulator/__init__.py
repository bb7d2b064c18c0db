"""A local emulator of Stripe Checkout for demos and tests: a separate program that uses only the standard library.

The emulator and the shop do not import each other; they communicate only over HTTP.
"""
