"""The common table expressions of a search."""

from django.db import models

from products.models.listing import Listing
from products.models.product import Product


class TermMatch(models.Model):
    """A product whose search document has the words: a row of a common table expression that PostgreSQL reads as far as needed."""

    product = models.OneToOneField(Product, models.DO_NOTHING, primary_key=True, related_name="%(class)s")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class AnyTermMatch(TermMatch):
    """A product that has the words in any tier."""

    class Meta:
        managed = False


class WholeTermMatch(TermMatch):
    """A product that has them in the last tier of whole words."""

    class Meta:
        managed = False


class SearchMatch(models.Model):
    """A listing that a search has found: a row of a common table expression in the statement for a page."""

    listing = models.OneToOneField(Listing, models.DO_NOTHING, primary_key=True, related_name="%(class)s")
    relevance = models.FloatField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class FirstMatch(SearchMatch):
    """A match that is found at little cost: by whole words, or among the first rows of an ordering."""

    class Meta:
        managed = False


class AnyMatch(SearchMatch):
    """One of the matches, in no order."""

    class Meta:
        managed = False


class RankedMatch(SearchMatch):
    """One of the matches from which a page is taken by relevance."""

    class Meta:
        managed = False


class PageMatch(SearchMatch):
    """One of the matches on a page."""

    class Meta:
        managed = False
