"""Refusals of promotions."""

from core.exceptions import NotFound


class CodeUnknown(NotFound):
    """No promotion that is running has this code."""

    code = "code_unknown"
    default_message = "This code is not valid"
    client_action = "Ask the buyer to check the code."
