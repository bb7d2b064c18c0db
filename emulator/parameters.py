"""The parameters of the API and their parsing; like Stripe, the API rejects unknown parameters."""

import re
from typing import Any

from emulator.errors import ApiError, invalid

PRODUCT_DATA = {"name", "description", "images", "metadata", "tax_code", "tax_details", "unit_label"}
PRICE_DATA = {"currency", "product", "product_data", "recurring", "tax_behavior", "unit_amount", "unit_amount_decimal"}
LINE_ITEM = {"adjustable_quantity", "dynamic_tax_rates", "metadata", "price", "price_data", "quantity", "tax_rates"}
INTENT_DATA = {
    *("application_fee_amount", "capture_method", "description", "metadata", "on_behalf_of", "receipt_email", "setup_future_usage"),
    *("shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group"),
}
AUTOMATIC_TAX = {"enabled", "liability"}
SHIPPING = {"address", "carrier", "name", "phone", "tracking_number"}
ADDRESS = {"city", "country", "line1", "line2", "postal_code", "state"}
COUNTRY = re.compile(r"[A-Z]{2}")
# API version 2026-10-28.endive; 2026-09-30 removed `payment_method_types`.
SESSION = {
    *("adaptive_pricing", "after_expiration", "allow_promotion_codes", "allowed_payment_method_types", "automatic_tax"),
    *("billing_address_collection", "branding_settings", "cancel_url", "client_reference_id", "consent_collection", "currency"),
    *("custom_fields", "custom_text", "customer", "customer_account", "customer_creation", "customer_email", "customer_update"),
    *("discounts", "excluded_payment_method_types", "expand", "expires_at", "integration_identifier", "invoice_creation"),
    *("line_items", "locale", "managed_payments", "metadata", "mode", "name_collection", "optional_items", "origin_context"),
    *("payment_intent_data", "payment_method_collection", "payment_method_configuration", "payment_method_data"),
    *("payment_method_options", "permissions", "phone_number_collection", "redirect_on_completion", "return_url"),
    *("saved_payment_method_options", "setup_intent_data", "shipping_address_collection", "shipping_options", "submit_type"),
    *("subscription_data", "success_url", "tax_id_collection", "ui_mode", "wallet_options"),
}
REFUND = {
    *("amount", "charge", "currency", "customer", "expand", "instructions_email", "metadata", "origin", "payment_intent"),
    *("reason", "refund_application_fee", "reverse_transfer"),
}
LIST = {"created", "ending_before", "expand", "limit", "starting_after"}
INTEGER = re.compile(r"-?[0-9]{1,18}")
MINIMUM = {"gbp": 30, "jpy": 50}  # minor units; https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
DEFAULT_MINIMUM = 50
MAXIMUM = 99_999_999
THREE_DECIMAL_CURRENCIES = {"bhd", "jod", "kwd", "omr", "tnd"}
MAX_LINES = 100


def check_known(params: dict[str, Any], names: set[str], where: str = "") -> None:
    """Raise ApiError for a parameter that is not one of `names`."""
    for name in params:
        if name not in names:
            path = f"{where}[{name}]" if where else name
            raise invalid(f"Received unknown parameter: {path}", path, "parameter_unknown")


def parse_integer(value: Any, param: str, *, minimum: int = 0) -> int:
    """Return an integer of at least `minimum`. Raises ApiError."""
    if not isinstance(value, str) or not INTEGER.fullmatch(value):
        raise invalid(f"Invalid integer: {str(value)[:100]}", param, "parameter_invalid_integer")
    number = int(value)
    if number < minimum:
        raise invalid(f"This value must be greater than or equal to {minimum}.", param, "parameter_invalid_integer")
    return number


def get_text(params: dict[str, Any], name: str, where: str = "") -> str | None:
    """Return a string parameter, or None if it is absent. Raises ApiError."""
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid("Invalid string", f"{where}[{name}]" if where else name)
    return value


def parse_list(value: Any, param: str) -> list[str]:
    """Return a list of strings. Raises ApiError."""
    if not isinstance(value, list) or any(not isinstance(text, str) for text in value):
        raise invalid("Invalid array", param)
    return value


def parse_object(value: Any, param: str) -> dict[str, Any]:
    """Return an object, empty if the parameter is absent. Raises ApiError."""
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise invalid("Invalid object", param)
    return value


def parse_metadata(value: Any, param: str) -> dict[str, str]:
    """Return metadata: up to 50 keys of 40 characters, values of 500. Raises ApiError."""
    metadata = parse_object(value, param)
    if len(metadata) > 50 or any(not isinstance(text, str) for text in metadata.values()):
        raise invalid("Invalid object", param)
    for name, text in metadata.items():
        if len(name) > 40 or len(text) > 500:
            raise invalid("Metadata names have at most 40 characters and values 500.", f"{param}[{name[:40]}]")
    return dict(metadata)


def parse_flag(value: Any, param: str) -> bool:
    """Return a boolean. Raises ApiError."""
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {str(value)[:100]}", param)
    return bool(value == "true")


def parse_choice(params: dict[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of the choices, or None if the parameter is absent. Raises ApiError."""
    value = get_text(params, name)
    if value is not None and value not in choices:
        raise invalid(f"Invalid {name}: must be one of {', '.join(choices)}", name)
    return value


def check_no_automatic_tax(params: dict[str, Any]) -> None:
    """Check `automatic_tax`, which may only be disabled: the emulator computes no tax. Raises ApiError."""
    tax = parse_object(params.get("automatic_tax"), "automatic_tax")
    check_known(tax, AUTOMATIC_TAX, "automatic_tax")
    if tax and parse_flag(tax.get("enabled"), "automatic_tax[enabled]"):
        raise invalid("This stand-in computes no tax.", "automatic_tax[enabled]")


def parse_shipping(value: Any, param: str) -> dict[str, Any] | None:
    """Return the recipient of a payment: a name, and an address with at least `line1`. Raises ApiError."""
    shipping = parse_object(value, param)
    if not shipping:
        return None
    check_known(shipping, SHIPPING, param)
    address = parse_object(shipping.get("address"), f"{param}[address]")
    check_known(address, ADDRESS, f"{param}[address]")
    parts = {name: get_filled_text(address, name, f"{param}[address]", is_required=name == "line1") for name in sorted(ADDRESS)}
    if parts["country"] is not None and not COUNTRY.fullmatch(parts["country"]):
        raise invalid(f"Country '{parts['country'][:20]}' is unknown.", f"{param}[address][country]")
    texts = {name: get_filled_text(shipping, name, param, is_required=name == "name") for name in sorted(SHIPPING - {"address"})}
    return {**texts, "address": parts}


def get_filled_text(params: dict[str, Any], name: str, where: str, *, is_required: bool = False) -> str | None:
    """Return a string parameter that must not be empty; None if it is absent and may be. Raises ApiError."""
    value = get_text(params, name, where)
    if value is None and is_required:
        raise invalid(f"Missing required param: {where}[{name}].", f"{where}[{name}]", "parameter_missing")
    if value == "":
        raise invalid("You passed an empty string.", f"{where}[{name}]", "parameter_invalid_empty")
    return value


def check_urls(params: dict[str, Any]) -> None:
    """Check the return URLs of a session. Raises ApiError."""
    if "success_url" not in params:
        raise invalid("Missing required param: success_url.", "success_url", "parameter_missing")
    for name in ("success_url", "cancel_url"):
        if not (get_text(params, name) or "https://ok").startswith(("http://", "https://")):
            raise invalid("Not a valid URL", name, "url_invalid")


def parse_line_items(items: Any) -> list[dict[str, Any]]:
    """Return the line items as {name, unit_amount, quantity, currency}. Raises ApiError."""
    if not isinstance(items, list) or not items:
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    if len(items) > MAX_LINES:
        raise invalid(f"A session has at most {MAX_LINES} line items.", "line_items")
    lines = [_parse_line_item(item, f"line_items[{number}]") for number, item in enumerate(items)]
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must have the same currency.", "line_items")
    return lines


def _parse_line_item(item: Any, where: str) -> dict[str, Any]:
    price = item.get("price_data") if isinstance(item, dict) else None
    product = price.get("product_data") if isinstance(price, dict) else None
    if not isinstance(price, dict) or not isinstance(product, dict):
        raise invalid("This stand-in takes line items with price_data and product_data only.", where)
    check_known(item, LINE_ITEM, where)
    check_known(price, PRICE_DATA, f"{where}[price_data]")
    check_known(product, PRODUCT_DATA, f"{where}[price_data][product_data]")
    currency = get_text(price, "currency", f"{where}[price_data]") or ""
    name = get_text(product, "name", f"{where}[price_data][product_data]")
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}", f"{where}[price_data][currency]")
    if not name:
        raise invalid("You passed an empty string.", f"{where}[price_data][product_data][name]", "parameter_invalid_empty")
    return {
        "name": name,
        "unit_amount": parse_integer(price.get("unit_amount"), f"{where}[price_data][unit_amount]"),
        "quantity": parse_integer(item.get("quantity", "1"), f"{where}[quantity]", minimum=1),
        "currency": currency.lower(),
    }


def compute_total(lines: list[dict[str, Any]]) -> tuple[int, str]:
    """Return the total in minor units and its currency. Raises ApiError if it cannot be charged."""
    total, currency = sum(line["unit_amount"] * line["quantity"] for line in lines), str(lines[0]["currency"])
    if total < MINIMUM.get(currency, DEFAULT_MINIMUM):
        raise ApiError(400, "The Checkout Session's total amount is below the minimum.", code="amount_too_small")
    if total > MAXIMUM:
        raise ApiError(400, "The Checkout Session's total amount is above the maximum.", code="amount_too_large")
    if currency in THREE_DECIMAL_CURRENCIES and total % 10:
        raise invalid("The last digit of an amount in a three-decimal currency must be 0.", "line_items")
    return total, currency


def parse_expiry(value: Any, now: int) -> int:
    """Return when a session expires: 30 minutes to 24 hours from now, by default 24 hours. Raises ApiError."""
    if value is None:
        return now + 86_400
    expires_at = parse_integer(value, "expires_at")
    if not 1_800 <= expires_at - now <= 86_400:
        raise invalid("`expires_at` must be between 30 minutes and 24 hours from now.", "expires_at")
    return expires_at
