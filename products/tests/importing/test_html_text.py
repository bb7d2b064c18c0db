"""html_to_text() and escape_text(): HTML in other shops' files, and text that survives an import unchanged"""

import os
import random

import pytest

from products.importing.html_text import escape_text, html_to_text

PIECES = (
    *(
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<br>",
        "<br/>",
        "<script>",
        "</script>",
        "<style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<a href='x'>",
    ),
    *(
        "&amp;",
        "&lt;",
        "&gt;",
        "&#60;",
        "&#x3c;",
        "&nbsp;",
        "&copy;",
        "&copy",
        "&notit;",
        "&amp;lt;",
        "&",
        "&&",
        "&#0;",
        "&#1114112;",
    ),
    *(
        "<",
        ">",
        "< ",
        "<3",
        "</",
        "<!",
        "<?",
        "'",
        '"',
        "=",
        "\n",
        "\r\n",
        "\n\n\n",
        "\t",
        "  ",
        "\u00a0",
        "\u2028",
        "\x0b",
        "\x1c",
    ),
    *("a", "B7", "é", "नी", "青", "💡", "\u202e", "\u200b", "\ufeff", "\ufffd", "text", "-", ";", "#", "/"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Lamp", "Lamp"),
        ("  Lamp\n", "  Lamp\n"),
        ("AT&T", "AT&T"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("I <3 you", "I <3 you"),
        ("x<y", "x<y"),
        ("a & b; c", "a & b; c"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("Salt &amp; Pepper", "Salt & Pepper"),
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;", "&lt;"),
        ("&#169; &#xA9; &copy;", "© © ©"),
        ("<b>Bold</b>", "Bold"),
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("One<br>Two<br/>Three<BR />Four", "One\nTwo\nThree\nFour"),
        ("<ul><li>One</li><li>Two</li></ul>", "• One\n• Two"),
        ("<ul>\n<li>One</li>\n\n<li> Two </li>\n</ul>\n<p>Three</p>", "• One\n• Two\n\nThree"),
        ("<table><tr><td>A</td></tr><tr><td>B</td></tr></table>", "A\nB"),
        ("<table>\n<tbody>\n<tr>\n<th>A</th>\n<th>B</th>\n</tr>\n<tr><td>1</td><td>2</td></tr></tbody></table>", "A | B\n1 | 2"),
        ("<ol><li><p>One</p></li><li>\n<div> Two</div></li><li></li><li><img src=x></li></ol><p>Three</p>", "• One\n• Two\nThree"),
        ("<ul><li>One<ul><li>Two<li>Three</ul><li>• Four</ul>", "• One\n• Two\n• Three\n• Four"),
        ("<p>In:</p><ul><li>One</li></ul>Out", "In:\n• One\nOut"),
        (
            "<tr><td><p>Length</p></td><td><p>30 cm</p></td></tr><tr><td>Width</td><td></td><td>5 cm</td></tr>",
            "Length | 30 cm\nWidth | 5 cm",
        ),
        ("<td>A</td><td>B</td>", "A | B"),
        ("<p>One</p>\n\n\n<p>Two</p>", "One\n\nTwo"),
        ("Before<script>alert('<b>x</b>')</script>After", "BeforeAfter"),
        ("<style>p { color: red }</style>Text", "Text"),
        ("Text<!-- a comment -->", "Text"),
        ("<img src=x onerror=alert(1)>", ""),
        ('<a href="javascript:alert(1)">Click</a>', "Click"),
        ("<p>5 < 6 &amp; 7</p>", "5 < 6 & 7"),
        ("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", "<script>alert(1)</script>"),
        ("<B>Shout</B>", "Shout"),
        ("<custom-tag>In</custom-tag>", "In"),
        ("<b>Not closed", "Not closed"),
        ("<p>\u0928\u0940\u0932\u093e &#128161;</p>", "\u0928\u0940\u0932\u093e 💡"),
    ],
)
def test_html_becomes_text_and_text_stays(text: str, expected: str) -> None:
    assert html_to_text(text) == expected


@pytest.mark.parametrize("text", ["Lamp", "AT&T", "5 < 6", "x<y", "R&D; more", "'tis", "=1+1", ""])
def test_text_that_does_not_look_like_html_is_not_escaped(text: str) -> None:
    assert escape_text(text) == text


def test_text_that_looks_like_html_is_escaped() -> None:
    assert escape_text('<b>Bold</b> & "quoted"') == '&lt;b&gt;Bold&lt;/b&gt; &amp; "quoted"'
    assert escape_text("&amp;") == "&amp;amp;"


def test_what_was_escaped_is_read_as_it_was() -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    dice = random.Random(seed)

    for _ in range(5_000):
        text = "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, 12)))
        assert html_to_text(escape_text(text)) == text, f"SEED={seed}: {text!r}"


def test_any_characters_at_all_are_read_as_they_were() -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    dice = random.Random(seed)

    for _ in range(5_000):
        codes = (dice.choice((dice.randrange(128), dice.randrange(0xD800), dice.randrange(0xE000, 0x110000))) for _ in range(20))
        text = "".join(map(chr, codes))
        assert html_to_text(escape_text(text)) == text, f"SEED={seed}: {text!r}"


def test_no_tag_is_left_of_html() -> None:
    seed = int(os.environ.get("SEED", random.randrange(10**9)))
    dice = random.Random(seed)
    tags = [piece for piece in PIECES if "&" not in piece]

    for _ in range(2_000):
        text = "<p>" + "".join(dice.choice(tags) for _ in range(dice.randrange(1, 12))) + "</p>"
        cleaned = html_to_text(text)
        assert not any(tag in cleaned for tag in ("<b>", "<p>", "<script>", "<style>", "<a ")), f"SEED={seed}: {text!r} {cleaned!r}"


def test_a_long_text_of_nothing_but_openings_takes_no_time() -> None:
    for piece in ("<", "<a", "&", "&a", "<!--", "\n ", "<br", "</p", "<li>", "</li>", "<td>", "<tr>", "<li> "):
        assert len(html_to_text(piece * 50_000)) <= 50_000 * len(piece)
