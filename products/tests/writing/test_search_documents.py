"""What search finds after a change of a product or its category"""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from core import outbox
from core.models import Job
from products.models import Listing, Product, SearchDocument, SearchWord
from products.search_terms import FILTER
from products.services import search_documents
from products.tests.editors import make_tee, staff_client
from products.tests.factories import make_category, make_product, make_products, update_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def names(search: str) -> list[str]:
    """Return the names that a search finds, sorted."""
    rows = SchemaClient().get("/api/products/", {"search": search}).json()["data"]
    return sorted(row["name"] for row in rows)


def get_digests() -> dict[int, str]:
    """Return the digest of each document."""
    return dict(SearchDocument.objects.values_list("pk", "digest"))


def get_words() -> dict[int, list[str]]:
    """Return the terms of each document without those of filters."""
    documents = SearchDocument.objects.all()
    return {row.pk: [term for term in f"{row.key_terms} {row.text_terms}".split() if term[0] != FILTER] for row in documents}


@pytest.mark.parametrize(
    ("change", "found", "lost"),
    [
        ({"name": "Parasol"}, "parasol", "umbrella"),
        ({"sku": "PAR-7"}, "par-7", "UMB-1"),
        ({"description": "Striped"}, "striped", "chequered"),
        ({"category": "Garden"}, "garden", "rain"),
    ],
)
def test_a_changed_product_is_found_by_what_it_is_now(change: dict[str, Any], found: str, lost: str) -> None:
    umbrella = make_product("Umbrella", sku="UMB-1", description="Chequered", category=make_category("Rain"))
    assert len(names(lost)) == 1

    response = staff_client().patch(f"/api/products/{umbrella.pk}/", change)

    assert response.status_code == 200
    assert (len(names(found)), names(lost)) == (1, [])


def test_a_product_that_moves_has_the_filter_terms_of_its_new_category() -> None:
    lamp = make_product("Lamp", category=make_category("Lighting"))
    garden = make_category("Garden")

    staff_client().patch(f"/api/products/{lamp.pk}/", {"category": "Garden"})

    terms = SearchDocument.objects.get().key_terms.split()
    assert [term for term in terms if term.startswith("f")] == ["f", f"fc{garden.pk}"]


def test_a_changed_sku_of_a_variant_is_found(db: None) -> None:
    tee = make_tee()
    small = tee.variants.get(sku="TEE-S")

    staff_client().patch(f"/api/products/{tee.pk}/variants/{small.pk}/", {"sku": "SHIRT-9"})

    assert (names("shirt-9"), names("tee-s"), names("TEE-M")) == (["Tee"], [], ["Tee"])


def test_a_change_of_price_and_stock_leaves_the_document() -> None:
    lamp = make_product("Lamp", category=make_category())
    SearchDocument.objects.update(key_terms="nunchanged")

    staff_client().patch(f"/api/products/{lamp.pk}/", {"price": "7", "stock": 3})

    assert SearchDocument.objects.get().key_terms == "nunchanged"


def test_the_products_of_a_renamed_category_are_found_by_its_new_name_after_the_job() -> None:
    shoes = make_category("Shoes")
    make_product("Oxford", category=make_category("Brogues", "Shoes"))
    make_product("Derby", category=shoes)
    make_product("Sole", category=make_category("Fish"))

    response = staff_client().patch(f"/api/products/categories/{shoes.pk}/", {"name": "Footwear"})

    assert response.status_code == 200
    assert names("shoes") == ["Derby", "Oxford"]
    assert outbox.run_due() == (1, 0)
    assert (names("footwear"), names("shoes"), names("fish")) == (["Derby", "Oxford"], [], ["Sole"])


def test_the_products_of_a_moved_category_are_found_by_its_new_ancestors() -> None:
    brogues, clothing = make_category("Brogues", "Shoes"), make_category("Clothing")
    make_product("Oxford", category=brogues)

    staff_client().patch(f"/api/products/categories/{brogues.pk}/", {"parent_id": clothing.pk})
    outbox.run_due()

    assert (names("clothing"), names("shoes"), names("brogues")) == (["Oxford"], [], ["Oxford"])


@pytest.mark.parametrize("change", [{"position": 3}, {"name": "Shoes"}, {}])
def test_another_change_of_a_category_needs_no_job(change: dict[str, Any]) -> None:
    shoes = make_category("Shoes")

    assert staff_client().patch(f"/api/products/categories/{shoes.pk}/", change).status_code == 200

    assert not Job.objects.exists()


def test_a_large_category_is_indexed_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_documents, "BATCH_SIZE", 2)
    shoes = make_category("Shoes")
    for product in make_products(*["Oxford"] * 5):
        update_product(product, category_id=shoes.pk)

    staff_client().patch(f"/api/products/categories/{shoes.pk}/", {"name": "Footwear"})
    with capture_statements() as statements:
        done = outbox.run_due()

    assert done == (3, 0)
    assert names("footwear") == ["Oxford"] * 5
    assert len(statements) < 45


def test_every_product_is_indexed_by_the_command_and_again_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    make_products("Lamp", "Mug")
    make_tee(category=make_category("Shirts"))
    before = get_digests()
    SearchDocument.objects.filter(product__name="Lamp").delete()
    SearchDocument.objects.filter(product__name="Mug").update(key_terms="nrug", digest="")
    assert (names("lamp"), names("mug")) == ([], [])

    call_command("rebuild_search")

    assert get_digests() == before
    assert (names("lamp"), names("mug"), names("rug")) == (["Lamp"], ["Mug"], [])
    assert capsys.readouterr().out == "3 products indexed\n"


def test_a_product_without_words_is_found_by_its_sku() -> None:
    make_product("***", sku="X-1")

    assert names("x1") == ["***"]
    assert SearchDocument.objects.get().key_terms == "sx1 px f"


def test_a_product_without_any_letters_is_kept() -> None:
    make_product("***", sku="***")

    assert SearchDocument.objects.get().key_terms == "f"
    assert Product.objects.count() == 1


def test_an_upgrade_indexes_what_is_there_and_folds_its_name_again() -> None:
    make_product("Łódź scarf", sku="LS-1", category=make_category("Scarves", "Clothing"), description="Wool", prices={"us": "2.00"})
    make_tee()
    before = get_words()
    words = set(SearchWord.objects.values_list("word", flat=True))
    SearchDocument.objects.all().delete()
    SearchWord.objects.all().delete()
    Product.objects.filter(name="Łódź scarf").update(search_name="łodz scarf")
    Listing.objects.filter(product__name="Łódź scarf").update(sort_name="łodz scarf")

    import_module("products.migrations.0009_search_documents").fill(apps, None)

    assert get_words() == before
    assert set(SearchWord.objects.values_list("word", flat=True)) == words
    assert Product.objects.get(name="Łódź scarf").search_name == "lodz scarf"
    assert list(Listing.objects.order_by("sort_name").values_list("sort_name", flat=True)) == [
        "lodz scarf",
        "lodz scarf",
        "tee",
        "tee",
    ]


def test_an_upgrade_to_signs_that_join_letters_indexes_again_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_documents, "BATCH_SIZE", 1)
    upgrade = import_module("products.migrations.0011_search_matches").enqueue_indexing
    upgrade(apps, None)
    assert not Job.objects.exists()
    make_products("AC/DC tee", "Mug")
    before = get_digests()
    SearchDocument.objects.update(key_terms="nac ndc", digest="")

    upgrade(apps, None)
    done = outbox.run_due()

    assert done == (3, 0)
    assert get_digests() == before
    assert names("acdc") == ["AC/DC tee"]
