"""How many digits each currency has. Knows nothing of Django, so that settings can read it."""

# ISO 4217 (list one, 2024): the currencies whose exponent is not 2.
EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def exponent(currency: str) -> int:
    """Return the number of digits behind the point."""
    return EXPONENTS.get(currency, 2)
