"""Spellings of a password: the same characters typed on another system may be other code points.

macOS may send "é" as two code points and Windows as one; a Japanese keyboard may send full-width letters. NIST SP 800-63B
§5.1.1.2 therefore asks for NFKC or NFKD before hashing. NFKC is chosen because it leaves composed text, as nearly all systems
send it, unchanged. Code points that this Python does not know yet stay as they are (UAX 15, §12.1: stabilized strings); if a
newer one decomposes them, the password as typed still opens the account.
"""

import unicodedata

from django.contrib.auth.hashers import make_password


def normalize_password(password: str) -> str:
    """Return the form of a password that is hashed (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def list_spellings(password: str) -> tuple[str, ...]:
    """Return what a stored hash may be of: the normalized password, then the password as typed, if it differs.

    Hashes from before the normalization are of the password as typed.
    """
    return tuple(dict.fromkeys((normalize_password(password), password)))


def spend_check_time(password: str) -> None:
    """Hash as often as the check of a wrong password does, so that timing does not reveal which accounts exist."""
    for spelling in list_spellings(password):
        make_password(spelling)
