"""`manage.py import_products`: names of columns in German, French, Spanish, Italian and Dutch"""

import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from products.models import Variant
from products.tests.import_file import import_csv

pytestmark = [pytest.mark.django_db, pytest.mark.once]
HEADERS = [
    unicodedata.normalize("NFD", "Référence;Libellé;Description;Prix;Stock;Catégorie;Prix barré"),
    "Artikelnummer;Bezeichnung;Beschreibung;Preis;Lagerbestand;Kategorie;Streichpreis",
    "Artikel-Nr.;Artikelname;Artikelbeschreibung;Verkaufspreis;Bestand;Warengruppe;UVP",
    "Référence;Désignation;Description;Prix;Quantité;Catégorie;Prix barré",
    "Reference;Designation;Description;Prix TTC;Quantite en stock;Catégories;Ancien prix",
    "Referencia;Nombre;Descripción;Precio;Existencias;Categoría;Precio anterior",
    "REFERENCIA;TITULO;DESCRIPCION;PVP;CANTIDAD;CATEGORIA;PRECIO ANTERIOR",
    "Codice articolo;Nome;Descrizione;Prezzo;Giacenza;Categoria;Prezzo barrato",
    "Artikelcode;Naam;Omschrijving;Prijs;Voorraad;Categorie;Adviesprijs",
]


@pytest.mark.parametrize("header", HEADERS)
def test_the_columns_of_a_file_in_another_language_are_read(tmp_path: Path, header: str) -> None:
    result = import_csv(tmp_path, f"{header}\nA-1;Lampe;Aus Messing;9,50;4;Licht;12,00\n")

    assert result.output[-1] == "1 created, 0 changed, 0 unchanged, 0 failed"
    assert not any(line.startswith("Not read") for line in result.output)
    assert list(
        Variant.objects.values_list(
            "sku", "product__name", "product__description", "price", "stock", "product__category__name", "compare_at_price"
        )
    ) == [("A-1", "Lampe", "Aus Messing", Decimal("9.5"), 4, "Licht", Decimal(12))]


def test_a_word_that_can_mean_two_things_is_not_read(tmp_path: Path) -> None:
    result = import_csv(tmp_path, "Artikelnummer;Name;Preis;Menge;Prix HT;Hersteller\nA-1;Lampe;9,50;4;8;Acme\n")

    assert result.output[0] == "Not read: Menge, Prix HT, Hersteller."
    assert Variant.objects.get().stock == 0
