"""products.text_folding: folding text for search and sorting"""

import pytest

from products.text_folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("  Desk\t lamp \n", "desk lamp"),
        ("Crème BRÛLÉE", "creme brulee"),
        ("Cre\u0300me", "creme"),
        ("\u00c5ngström, \u212b", "angstrom a"),
        ("Straße STRA\u1e9eE", "strasse strasse"),
        ("ЁЛКА й", "елка и"),
        (
            "\u03a3\u039f\u03a6\u039f\u03a3 \u03c3\u03bf\u03c6\u03cc\u03c2",
            "\u03c3\u03bf\u03c6\u03bf\u03c3 \u03c3\u03bf\u03c6\u03bf\u03c3",
        ),
        ("\u0130\u0131I", "iii"),
        ("हिन्दी", "हिन्दी"),
        ("手机壳", "手机壳"),
        ("\uff76\uff9e\uff97\uff7d", "ガラス"),
        ("한국어", "한국어"),
        ("\ufb01ne \uff21\uff22 \u2460 \u2163 \u338f", "fine ab 1 iv kg"),
        ("USB-C 3.0 (500_GB)", "usb c 3 0 500 gb"),
        ("a'b\"c\\d/e%f:*g|h&i!j", "a b c d e f g h i j"),
        ("\uff07\uff05\u2026", ""),
        ("lamp\x00desk", "lamp desk"),
        ("".join(map(chr, range(32, 127))), "0123456789 abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded
