"""Validation of fault rules, so that an invalid rule is rejected when it is set and not when it is matched."""

import re
from collections.abc import Callable
from typing import Any

from emulator.errors import ApiError

Json = dict[str, Any]
Check = Callable[[Any], bool]


def _is_integer_between(minimum: int, maximum: int) -> Check:
    return lambda value: type(value) is int and minimum <= value <= maximum


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_probability(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(value, str)


# https://docs.stripe.com/refunds#failed-refunds
FAILURE_REASONS = (
    *("charge_for_pending_refund_disputed", "declined", "expired_or_canceled_card", "insufficient_funds", "lost_or_stolen_card"),
    *("merchant_request", "unknown"),
)
HOUR = 3_600_000  # milliseconds
CALL_MATCH: dict[str, Check] = {"method": _is_text, "path": _is_pattern}
EVENT_MATCH: dict[str, Check] = {"type": _is_pattern}
CALL_FAULTS: dict[str, Check] = {
    "delay_ms": _is_integer_between(0, HOUR),
    "status": _is_integer_between(400, 599),
    "code": _is_text,
    "refund_fails": lambda value: value in FAILURE_REASONS,
    "after": _is_flag,
    "close": lambda value: value in ("before", "after"),
    "bad_json": _is_flag,
    "tamper": lambda value: isinstance(value, dict),
    "pay_at_once": _is_flag,
    "duplicate": _is_integer_between(0, 1_000),  # these two are of the carrier
    "reorder": _is_flag,
}
EVENT_FAULTS: dict[str, Check] = {
    "delay_ms": _is_integer_between(0, HOUR),
    "drop": _is_flag,
    "duplicate": _is_integer_between(0, 1_000),
    "reorder": _is_flag,
    "bad_signature": _is_flag,
    "old_timestamp": _is_flag,
    "api_version": _is_text,
}
RANDOM_OPTIONS: dict[str, Check] = {
    "seed": lambda value: type(value) in (int, str),
    **dict.fromkeys(("p_drop", "p_dup", "p_delay", "p_5xx"), _is_probability),
    "delay_ms": _is_integer_between(1, HOUR),
}


def validate_rule(rule: Any) -> None:
    """Check the format of a rule. Raises ApiError."""
    match, do, times = (rule.get("match"), rule.get("do"), rule.get("times", 1)) if isinstance(rule, dict) else (None, None, None)
    if not isinstance(match, dict) or not isinstance(do, dict) or type(times) is not int or times < -1:
        raise ApiError(400, "A rule is {match: {method, path} or {type}, times: n or -1, do: {…}}.")
    is_event_rule = "type" in match
    _check_options(match, EVENT_MATCH if is_event_rule else CALL_MATCH, "match")
    _check_options(do, EVENT_FAULTS if is_event_rule else CALL_FAULTS, "do")


def validate_chances(chances: Json) -> None:
    """Check the options of the random mode. Raises ApiError."""
    _check_options(chances, RANDOM_OPTIONS, "random")


def _check_options(options: Json, allowed: dict[str, Check], where: str) -> None:
    for name, value in options.items():
        if name not in allowed:
            raise ApiError(400, f"Here {where} has some of {sorted(allowed)}.")
        if not allowed[name](value):
            raise ApiError(400, f"{where}.{name} cannot be {str(value)[:100]}.")
