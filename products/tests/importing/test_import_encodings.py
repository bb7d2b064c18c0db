"""`manage.py import_products`: the encodings of CSV files, and `--encoding`"""

from pathlib import Path

import pytest

from products.models import Product
from products.tests.import_file import import_csv

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NAMES = {
    "cp1250": [
        ["Kubek ceramiczny duży", "Łyżka drewniana", "Świeca zapachowa"],
        ["Hrnek na čaj", "Dřevěná lžíce", "Polštář měkký"],
        ["Fűszertartó", "Törölköző", "Gyertya"],
    ],
    "cp1251": [["Кружка", "Лампа настольная", "Полотенце"]],
    "cp1253": [["Κούπα κεραμική", "Φωτιστικό γραφείου", "Πετσέτα μπάνιου"]],
    "cp1254": [["Kahve fincanı", "Masa lambası küçük", "Gümüş tepsi"]],
    "cp1252": [
        ["Café crème", "Écharpe en laine", "Bougie d’abeille"],
        ["Größe XL", "Gemüseschäler", "½ Liter für 5 €"],
        ["Cojín pequeño", "Jarrón de cerámica", "Señora"],
        ["Køkkenhåndklæde", "Smørkniv bøg", "Dåse"],
        ["Kökshandduk blå", "Fåtölj", "Förkläde"],
    ],
    "cp932": [["陶器のマグカップ", "卓上ランプ", "アロマキャンドル"]],
    "cp949": [["도자기 머그컵", "탁상 램프", "목욕 수건"]],
}
TITLES = {
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1252": "Windows-1252 (Western European)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp932": "Shift JIS (Japanese)",
    "cp949": "EUC-KR (Korean)",
}
GUESSED = "  note: the text was read as {}, which is a guess; if letters are wrong, choose its encoding (--encoding)"


def make_csv(names: list[str], encoding: str) -> bytes:
    """Return a CSV file with products of these names."""
    lines = [f"A-{number},{name},9.50,4" for number, name in enumerate(names)]
    return "\r\n".join(["sku,name,price,stock", *lines, ""]).encode(encoding)


@pytest.mark.parametrize(("encoding", "names"), [(encoding, names) for encoding, lists in NAMES.items() for names in lists])
def test_names_in_an_encoding_of_a_country_are_read_and_the_encoding_is_named(
    tmp_path: Path, encoding: str, names: list[str]
) -> None:
    result = import_csv(tmp_path, make_csv(names, encoding))

    assert result.output[0] == GUESSED.format(TITLES[encoding])
    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == names


def test_names_of_several_western_languages_are_read(tmp_path: Path) -> None:
    names = [name for names in NAMES["cp1252"] for name in names]

    import_csv(tmp_path, make_csv(names, "cp1252"))

    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == names


def test_one_letter_that_could_be_several_is_read_as_western_european(tmp_path: Path) -> None:
    result = import_csv(tmp_path, make_csv(["Crème"], "cp1252"))

    assert result.output[0] == GUESSED.format(TITLES["cp1252"])
    assert Product.objects.get().name == "Crème"


def test_a_long_text_of_several_central_european_languages_is_read(tmp_path: Path) -> None:
    names = [name for names in NAMES["cp1250"] for name in names] * 20

    import_csv(tmp_path, make_csv(names, "cp1250"))

    assert list(Product.objects.order_by("pk").values_list("name", flat=True)) == names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_encoding_that_proves_itself_is_not_noted(tmp_path: Path, encoding: str) -> None:
    assert import_csv(tmp_path, make_csv(["Łyżka"], encoding)).output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    assert Product.objects.get().name == "Łyżka"


def test_the_encoding_can_be_chosen(tmp_path: Path) -> None:
    result = import_csv(tmp_path, make_csv(["Šaty"], "cp1250"), encoding="windows-1250")

    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed"]
    assert Product.objects.get().name == "Šaty"


@pytest.mark.parametrize(
    ("encoding", "error"),
    [
        ("utf-8", "{file} is not text in UTF-8"),
        ("cp932", "{file} is not text in Shift JIS (Japanese)"),
        ("klingon", "'klingon' is not the name of a text encoding, such as utf-8, utf-16, cp1252"),
        ("base64", "'base64' is not the name of a text encoding, such as utf-8, utf-16, cp1252"),
    ],
)
def test_an_encoding_that_the_file_does_not_have_is_refused(tmp_path: Path, encoding: str, error: str) -> None:
    result = import_csv(tmp_path, b"sku,name,price\nA,Caf\xe9,1\nB,\x81,2\n", encoding=encoding)

    assert result.code == 2
    assert result.errors[0].startswith(error.format(file=tmp_path / "shop" / "products.csv"))
    assert not Product.objects.exists()


def test_text_of_no_known_encoding_is_read_as_western_european_and_named_as_a_guess(tmp_path: Path) -> None:
    result = import_csv(tmp_path, b"sku,name,price\nA," + b"\x80\xff" * 20 + b",1\n")

    assert result.output == [GUESSED.format(TITLES["cp1252"]), "1 created, 0 changed, 0 unchanged, 0 failed"]
    assert Product.objects.get().name == "€ÿ" * 20
