"""The settings CARRIERS and CARRIER_TOKENS"""

import pytest
from environs import EnvError

from store.environment_carriers import CARRIERS_EXAMPLE, parse_carrier_tokens, parse_carriers

LINK = "https://fast.example/{number}"


@pytest.mark.parametrize(
    ("text", "carriers"),
    [
        ("", {}),
        (" ; ", {}),
        ("fast|Fast Couriers", {"fast": ("Fast Couriers", "", "")}),
        (f" fast | Fast | {LINK} ; van|Our van||; ", {"fast": ("Fast", LINK, ""), "van": ("Our van", "", "")}),
        (f"dhl|DHL|{LINK}|couriers.dhl.Gateway", {"dhl": ("DHL", LINK, "couriers.dhl.Gateway")}),
        ("a|A||https://a.example/events", {"a": ("A", "", "https://a.example/events")}),
        ("a|A||http://127.0.0.1:12111/carrier/events", {"a": ("A", "", "http://127.0.0.1:12111/carrier/events")}),
        ("a|A|http://a.example/?n={number}&m={number}#x", {"a": ("A", "http://a.example/?n={number}&m={number}#x", "")}),
        ("post|Post;fast-2|भारतीय डाक", {"post": ("Post", "", ""), "fast-2": ("भारतीय डाक", "", "")}),
    ],
)
def test_carriers_are_read_by_code(text: str, carriers: dict[str, tuple[str, str, str]]) -> None:
    assert parse_carriers(text) == carriers


def test_the_example_is_right() -> None:
    assert [name for name, *_ in parse_carriers(CARRIERS_EXAMPLE).values()] == ["India Post", "Fast Couriers"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fast", f"CARRIERS must look like {CARRIERS_EXAMPLE}."),
        (f"fast|Fast|{LINK}||more", f"CARRIERS must look like {CARRIERS_EXAMPLE}."),
        *(
            (f"{code}|Fast", "CARRIERS has a code that is not 1 to 30 lowercase letters, digits, hyphens and underscores.")
            for code in ("", "Fast", "fast couriers", "-fast", "f" * 31, "फास्ट")
        ),
        *((f"fast|{name}", "CARRIERS must give fast a name of 1 to 60 characters.") for name in ("", "x" * 61, "a\tb", "a\0b")),
        ("a|Fast;b|FAST", "CARRIERS contains the code or name of b twice."),
        ("a|Fast;a|Slow", "CARRIERS contains the code or name of a twice."),
        ("a|Fast;fast|Slow", "CARRIERS contains the code or name of fast twice."),
        *(
            (f"a|Fast|{link}", "CARRIERS must give a a tracking link like https://fast.example/{number}, or none.")
            for link in (
                *("https://fast.example/", "fast.example/{number}", "javascript:{number}", "ftp://fast.example/{number}"),
                *("https://{number}.fast.example/", "https://{number}", "https://fast.example/{number}{code}", "https:///{number}"),
                *("https://user@fast.example/{number}", "https://fast.example/ {number}", "https://fast.example:99999/{number}"),
                "https://[fast/{number}",
            )
        ),
        *(
            (f"a|Fast||{gateway}", "CARRIERS must give a a gateway: an https:// URL, the dotted path of a class, or none.")
            for gateway in ("http://fast.example/", "gateway", "a..b", "a.b-c", "ftp://fast.example/", "https://u:p@fast.example/")
        ),
    ],
)
def test_what_is_no_carrier_stops_the_start(text: str, sentence: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_carriers(text)

    assert str(error.value) == sentence


def test_tokens_are_read_by_carrier() -> None:
    assert parse_carrier_tokens(" fast = a=b== ;dhl=key; ", ("dhl", "fast", "van")) == {"fast": "a=b==", "dhl": "key"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *(
            (text, "CARRIER_TOKENS must look like fast=token; dhl=token, with visible ASCII characters.")
            for text in ("fast", "fast=", "secret", "fast=se cret", "fast=sécret")
        ),
        ("slow=secret", "CARRIER_TOKENS names a carrier that CARRIERS does not have."),
        ("fast=secret;fast=other", "CARRIER_TOKENS contains the carrier fast twice."),
    ],
)
def test_what_is_no_token_stops_the_start_and_is_not_shown(text: str, sentence: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_carrier_tokens(text, ("fast",))

    assert str(error.value) == sentence
    assert "secret" not in str(error.value)
