"""The client's IP address, with no, one and two trusted proxies."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from core.http.client_ip import get_client_ip

PEER = "10.0.0.1"
CHAIN = "6.6.6.6, 203.0.113.7, 198.51.100.2"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, PEER),
        (0, CHAIN, PEER),
        (1, None, PEER),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, CHAIN, "198.51.100.2"),
        (2, CHAIN, "203.0.113.7"),
        (2, "203.0.113.7", PEER),
        (1, "", PEER),
        (1, "garbage", PEER),
        (1, "203.0.113.7, garbage", PEER),
        (2, "garbage, 198.51.100.2", PEER),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "6.6.6.6:1, 203.0.113.7:65535", "203.0.113.7"),
        (1, "[2001:DB8::1]:4711", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "2001:db8::1:4711", "2001:db8::1:4711"),
        (1, "[203.0.113.7]:4711", PEER),
        (1, "[2001:db8::1", PEER),
        (1, "2001:db8::1]:4711", PEER),
        (1, "203.0.113.7:", PEER),
        (1, "203.0.113.7:port", PEER),
        (1, "203.0.113.7:123456", PEER),
        (1, "203.0.113.7:4711:4712", PEER),
        (1, "for=203.0.113.7", PEER),
        (1, "fe80::1%eth0", PEER),
        (1, "unknown", PEER),
        (1, "_hidden", PEER),
        (1, "٢٠٣.0.113.7", PEER),
        (1, "[" * 5000, PEER),
        (1, "'; DROP TABLE orders_order; --", PEER),
        (1, "1" * 5000, PEER),
        (1, "2001:DB8::0001", "2001:db8::1"),
    ],
)
def test_the_nth_address_from_the_right_counts(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}

    request = rf.get("/", headers=headers, REMOTE_ADDR=PEER)

    assert get_client_ip(request) == expected


@pytest.mark.parametrize("peer", ["", "unix:", "@"])
def test_a_caller_on_a_local_socket_has_no_address(rf: RequestFactory, settings: Settings, peer: str) -> None:
    settings.TRUSTED_PROXIES = 0

    assert get_client_ip(rf.get("/", REMOTE_ADDR=peer)) is None
