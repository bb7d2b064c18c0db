"""Categories."""

from django.db import models
from django.db.models import Q

from core.models import TimeStampedModel

MAX_CATEGORY_NAME = 120  # characters
MAX_CATEGORY_DEPTH = 10  # levels of nesting


class Category(TimeStampedModel):
    """A category of products, which may be nested in another category."""

    name = models.CharField(max_length=MAX_CATEGORY_NAME)
    slug = models.SlugField(max_length=140, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="category_name_once_at_the_top"),
        ]

    def __str__(self) -> str:
        return self.name
