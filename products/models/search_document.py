"""The derived rows that search reads."""

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Substr

from products.models.product import Product


class SearchWord(models.Model):
    """A word from the name of a product or category, used to correct misspelled searches. Words are never deleted."""

    word = models.CharField(max_length=40, unique=True)

    class Meta:
        indexes = [models.Index(Substr("word", 2, 2), name="search_word_second_letters")]

    def __str__(self) -> str:
        return self.word


class SearchDocument(models.Model):
    """What search finds a product by: its terms (`products.search_terms`), separated by spaces. Derived.

    Maintained by `listings.rebuild_listings` in the transaction of the change, and by a job if a category is renamed or moved.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="search_document")
    key_terms = models.TextField(help_text="of SKUs, name, categories and filters")
    text_terms = models.TextField(help_text="of the description")
    digest = models.CharField(max_length=32, help_text="of the terms; tells whether they have changed")

    def __str__(self) -> str:
        return str(self.pk)


class SearchVectors(models.Model):
    """The terms of a search document as PostgreSQL indexes them."""

    product = models.OneToOneField(Product, models.DO_NOTHING, primary_key=True, related_name="+")
    all_terms = SearchVectorField()
    key_terms = SearchVectorField(db_column="key_vector")

    class Meta:
        managed = False  # generated columns of SearchDocument, only on PostgreSQL; created by migration 0009
        db_table = "products_searchdocument"

    def __str__(self) -> str:
        return str(self.pk)
