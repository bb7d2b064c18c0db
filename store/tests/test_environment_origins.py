"""FRONTEND_URL and the listed origins: values that no browser sends as `Origin` are rejected"""

import pytest
from environs import EnvError

from store.environment import parse_origin


@pytest.mark.parametrize(
    "text",
    [
        "https://ada:pw-4711@shop.example",
        "https://ada@shop.example",
        "https://shop.example?x=4711",
        "https://shop.example#4711",
        "https://shop.example:port",
        "https://shop.example:99999",
        "https://shop .example",
        "https://shop.example\nx",
    ],
)
def test_what_no_browser_sends_is_refused(text: str) -> None:
    with pytest.raises(EnvError) as error:
        parse_origin("FRONTEND_URL", text)

    assert "FRONTEND_URL" in str(error.value)
    assert "4711" not in str(error.value)
