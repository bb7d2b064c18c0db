"""Which of Stripe's keys are secret, and which take real money"""

import pytest

from core import stripe_keys


@pytest.mark.parametrize(
    ("key", "mode", "is_secret", "is_live"),
    [
        ("sk_live_4711", "live", True, True),
        ("rk_live_4711", "live", True, True),
        ("pk_live_4711", "live", False, False),
        ("sk_test_4711", "test", True, False),
        ("rk_test_4711", "test", True, False),
        ("pk_test_4711", "test", False, False),
        *((key, "", False, False) for key in ("", "sk_live", "xsk_live_4711", "SK_LIVE_4711", "whsec_live_4711", "sk_other_4711")),
    ],
)
def test_a_key_says_what_it_is(key: str, mode: str, is_secret: bool, is_live: bool) -> None:
    assert (stripe_keys.get_mode(key), stripe_keys.is_secret(key), stripe_keys.is_live(key)) == (mode, is_secret, is_live)
