"""A local emulator of Stripe Checkout and of a carrier, for demos and tests: a program that uses only the standard library.

The emulator and the shop do not import each other; they communicate only over HTTP.
"""
