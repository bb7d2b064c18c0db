"""The number of decimal digits of each currency. Independent of Django, so that settings can import it."""

# ISO 4217 (list one, 2024): the currencies whose exponent is not 2.
EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def exponent(currency: str) -> int:
    """Return the number of digits after the decimal point."""
    return EXPONENTS.get(currency, 2)


# Cards are charged in steps of 10 minor units in these (https://docs.stripe.com/currencies); other payments count in them, too.
STEPS_OF_TEN = ("BHD", "JOD", "KWD", "OMR", "TND")


def get_step(currency: str) -> int:
    """Return the smallest amount that can be charged, in minor units."""
    return 10 if currency in STEPS_OF_TEN else 1
