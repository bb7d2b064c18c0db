import re
import unicodedata
from functools import cache

from django.db import migrations, transaction
from django_countries import data
from django_countries.base import CountriesBase
from phonenumbers import (
    Leniency,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
)

BATCH = 500

# From here to `fill`: how the release of this migration read phones and countries (`orders.contact_phones`, `accounts.phones`,
# `core.countries`), so that the migration does the same however these change after it.
MAX_LENGTH = 16  # of a number in E.164
DASHES = "\N{MINUS SIGN}\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}"
MORE_NAMES = {
    **dict.fromkeys(("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"), "GB"),
    **{"United States": "US", "UAE": "AE", "Holland": "NL", "Ivory Coast": "CI", "Cape Verde": "CV", "Burma": "MM"},
    **{"Republic of Ireland": "IE", "Macau": "MO", "Vatican": "VA", "Kosovo": "XK", "XK": "XK"},
}


def find_order_e164(phone, address, market_code):
    if not phone:
        return ""
    codes = (codes_by_name().get(fold_name(name)) for name in (address.get("country", ""), market_code))
    regions = [code for code in codes if code]
    text = "".join(map(fold_character, unicodedata.normalize("NFKC", phone)))
    matches = [match for region in regions or [""] for match in PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE)]
    numbers = [match.number for match in matches if is_possible_number_with_reason(match.number) == ValidationResult.IS_POSSIBLE]
    number = next(filter(is_valid_number, numbers), numbers[0] if numbers else None)
    e164 = format_number(number, PhoneNumberFormat.E164) if number else ""
    return e164 if len(e164) <= MAX_LENGTH else ""


def fold_character(char):
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "Pd" or char in DASHES:
        return "-"
    if char.isspace():
        return " "
    return "" if category in ("Cc", "Cf") else char


@cache
def codes_by_name():
    return {fold_name(name): code for name, code in list_names()}


def list_names():
    for code, name in data.COUNTRIES.items():
        yield from ((code, code), (str(name), code), (data.ALT_CODES[code][0], code))
        yield from ((str(old_name), code) for old_name in CountriesBase.OLD_NAMES.get(code, ()))
    yield from ((str(name), code) for code, name in CountriesBase.COMMON_NAMES.items())
    yield from MORE_NAMES.items()


def fold_name(name):
    decomposed = unicodedata.normalize("NFKD", name).casefold().replace(".", "").replace("&", " and ")
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"^the ", "", " ".join(re.findall(r"\w+", letters)))


def fill(apps, schema_editor):
    """Give the orders that are there the number to search by. Each batch is locked, because an erasure may run meanwhile."""
    orders = apps.get_model("orders", "Order").objects
    last_pk = 0
    while True:
        with transaction.atomic():
            batch = list(orders.select_for_update().filter(pk__gt=last_pk).exclude(phone="").order_by("pk")[:BATCH])
            for order in batch:
                order.phone_e164 = find_order_e164(order.phone, order.address, order.market)
            orders.bulk_update(batch, ["phone_e164"])
        if not batch:
            return
        last_pk = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_order_phone_e164")]
    atomic = False  # a batch at a time, so that the shop can go on taking orders

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
