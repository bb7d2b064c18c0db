"""`manage.py rebuild_search`: indexes every product for search."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from products.models import Product
from products.services import planner_statistics, search_documents


class Command(BaseCommand):
    """Indexes every product for search; what is indexed already stays as it is."""

    help = "Index all products for search. Needed after an upgrade during which the previous version still wrote products."

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        total = Product.objects.count()
        with tqdm(total=total, unit="product", disable=quiet or not sys.stderr.isatty(), file=sys.stderr) as progress:
            search_documents.reindex_all(progress.update)
        planner_statistics.refresh_after_bulk(total)
        if not quiet:
            self.stdout.write(f"{total} products indexed")
