"""What a rule for faults may say: one that cannot be followed is refused when it is given, not when it is met."""

import re
from collections.abc import Callable
from typing import Any

from emulator.errors import ApiError

Json = dict[str, Any]
Check = Callable[[Any], bool]


def _whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_chance(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, OverflowError, RecursionError):
        return False
    return isinstance(value, str)


HOUR = 3_600_000  # milliseconds
CALL: dict[str, Check] = {"method": _is_text, "path": _is_pattern}
EVENT: dict[str, Check] = {"type": _is_pattern}
CALL_FAULTS: dict[str, Check] = {
    "delay_ms": _whole(0, HOUR),
    "status": _whole(400, 599),
    "after": _is_flag,
    "close": lambda value: value in ("before", "after"),
    "bad_json": _is_flag,
    "tamper": lambda value: isinstance(value, dict),
    "pay_at_once": _is_flag,
}
EVENT_FAULTS: dict[str, Check] = {
    "delay_ms": _whole(0, HOUR),
    "drop": _is_flag,
    "duplicate": _whole(0, 1_000),
    "reorder": _is_flag,
    "bad_signature": _is_flag,
    "old_timestamp": _is_flag,
    "api_version": _is_text,
}
CHANCES: dict[str, Check] = {
    "seed": lambda value: type(value) in (int, str),
    **dict.fromkeys(("p_drop", "p_dup", "p_delay", "p_5xx"), _is_chance),
    "delay_ms": _whole(1, HOUR),
}


def check(rule: Any) -> None:
    """Refuse what is no rule. Raises ApiError."""
    match, do, times = (rule.get("match"), rule.get("do"), rule.get("times", 1)) if isinstance(rule, dict) else (None, None, None)
    if not isinstance(match, dict) or not isinstance(do, dict) or type(times) is not int or times < -1:
        raise ApiError(400, "A rule is {match: {method, path} or {type}, times: n or -1, do: {…}}.")
    is_of_events = "type" in match
    _check_all(match, EVENT if is_of_events else CALL, "match")
    _check_all(do, EVENT_FAULTS if is_of_events else CALL_FAULTS, "do")


def check_chances(given: Json) -> None:
    """Refuse what is not left to chance. Raises ApiError."""
    _check_all(given, CHANCES, "random")


def _check_all(given: Json, allowed: dict[str, Check], where: str) -> None:
    for name, value in given.items():
        if name not in allowed:
            raise ApiError(400, f"Here {where} has some of {sorted(allowed)}.")
        if not allowed[name](value):
            raise ApiError(400, f"{where}.{name} cannot be {str(value)[:100]}.")
