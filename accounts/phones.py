"""The normal form of a phone number: E.164 (ITU-T), such as +13128059851. Numbers are stored and compared in it alone."""

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

# A text to one of these costs whoever sends it, or reaches nobody.
NO_MOBILE = {
    *(PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN),
    *(PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.PAGER, PhoneNumberType.VOICEMAIL),
}
LONGEST = 32  # characters of a written number
MOST = 16  # characters of one in E.164: a plus and fifteen digits


def normalised(text: str, region: str) -> str:
    """Return the number in E.164; without a country code it is one of `region` (ISO 3166, two letters).

    Its length must be possible in its country. More is not asked, for new ranges come before a library knows them.
    Raises PhoneInvalid.
    """
    if len(text) > LONGEST or not text.isascii():
        raise PhoneInvalid(field="phone")
    try:
        number = parse(text, region.upper())
    except NumberParseException:
        raise PhoneInvalid(field="phone") from None
    possible = is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
    if not possible or not number.national_number or number.extension or number_type(number) in NO_MOBILE:
        raise PhoneInvalid(field="phone")
    formatted = format_number(number, PhoneNumberFormat.E164)
    if len(formatted) > MOST:
        raise PhoneInvalid(field="phone")
    return formatted
