"""Refusals of promotions."""

from core.exceptions import Invalid, NotFound


class CodeUnknown(NotFound):
    """No promotion that is running has this code."""

    code = "code_unknown"
    default_message = "This code is not valid"
    client_action = "Ask the buyer to check the code."


class CodeInvalid(Invalid):
    """An order names a code that no promotion has."""

    code = "code_unknown"
    default_message = "This code is not valid"
    client_action = "Ask the buyer to check the code, or order without it."
