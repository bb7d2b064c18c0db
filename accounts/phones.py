"""Normalizing phone numbers to E.164 (ITU-T), such as +13128059851. Numbers are only stored and compared in this form."""

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    number_type,
    parse,
)

from accounts.exceptions import PhoneInvalid

# Text messages to these numbers cost extra or are never delivered.
REFUSED_NUMBER_TYPES = {
    *(PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN),
    *(PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.PAGER, PhoneNumberType.VOICEMAIL),
}
MAX_INPUT_LENGTH = 32  # characters
MAX_E164_LENGTH = 16  # characters: a plus sign and fifteen digits


def normalize_phone(text: str, region: str) -> str:
    """Return the number in E.164; a number without a country code belongs to `region` (ISO 3166, two letters).

    Only the length is checked against the country, because new number ranges appear before the library knows them.
    Raises PhoneInvalid.
    """
    if len(text) > MAX_INPUT_LENGTH or not text.isascii():
        raise PhoneInvalid(field="phone")
    try:
        number = parse(text, region.upper())
    except NumberParseException:
        raise PhoneInvalid(field="phone") from None
    is_possible = is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    if not is_possible or not number.national_number or number.extension or number_type(number) in REFUSED_NUMBER_TYPES:
        raise PhoneInvalid(field="phone")
    formatted = format_number(number, PhoneNumberFormat.E164)
    if len(formatted) > MAX_E164_LENGTH:
        raise PhoneInvalid(field="phone")
    return formatted
