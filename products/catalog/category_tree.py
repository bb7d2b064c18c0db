"""The category tree, and resolving a category named in a query."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from core.compiled_queries import CompiledRows
from products.models import Category


class CategoryRow(NamedTuple):
    """One category, as the database returns it."""

    id: int
    parent_id: int | None
    name: str
    slug: str
    position: int


ALL_CATEGORIES = CompiledRows(CategoryRow, lambda: Category.objects.order_by("position", "name", "id"))


def get_subtree_ids(ref: str) -> list[int]:
    """Return the sorted ids of the categories with this slug, id or name and of their descendants; empty if none matches."""
    rows = ALL_CATEGORIES.rows()
    ref = ref.casefold()
    return _add_descendants(rows, [row.id for row in rows if row.slug == ref or str(row.id) == ref or row.name.casefold() == ref])


def get_descendant_ids(category_ids: Iterable[int]) -> list[int]:
    """Return the sorted ids of these categories and of their descendants; one statement."""
    return _add_descendants(ALL_CATEGORIES.rows(), category_ids)


def _add_descendants(rows: Iterable[CategoryRow], category_ids: Iterable[int]) -> list[int]:
    children: dict[int | None, list[int]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row.id)
    pending, subtree_ids = list(category_ids), set[int]()
    while pending:
        category_id = pending.pop()
        if category_id not in subtree_ids:
            subtree_ids.add(category_id)
            pending.extend(children.get(category_id, ()))
    return sorted(subtree_ids)


def get_category_tree() -> list[dict[str, Any]]:
    """Return the root categories, each with its nested `children`."""
    nodes = {row.id: {**row._asdict(), "children": []} for row in ALL_CATEGORIES.rows()}
    for node in nodes.values():
        if node["parent_id"] is not None:
            nodes[node["parent_id"]]["children"].append(node)
    return [node for node in nodes.values() if node["parent_id"] is None]
