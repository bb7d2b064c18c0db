"""The category tree, and what a category's name in a query means."""

from typing import Any, NamedTuple

from core.compiled_queries import CompiledSelect
from products.models import Category


class CategoryRow(NamedTuple):
    """A category in the tree."""

    id: int
    parent_id: int | None
    name: str
    slug: str
    position: int


ALL = CompiledSelect(
    CategoryRow._make,
    lambda: Category.objects.order_by("position", "name", "id").values_list("id", "parent_id", "name", "slug", "position"),
)


def inside(named: str) -> list[int]:
    """Return the ids of the categories with this slug, id or name, and of all inside them, in order; none where there is none."""
    rows = ALL.rows()
    wanted = named.casefold()
    top = [row.id for row in rows if row.slug == wanted or str(row.id) == wanted or row.name.casefold() == wanted]
    children: dict[int | None, list[int]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row.id)
    found: set[int] = set()
    while top:
        one = top.pop()
        if one not in found:
            found.add(one)
            top.extend(children.get(one, ()))
    return sorted(found)


def whole() -> list[dict[str, Any]]:
    """Return the tree: the top categories, each with its `children`."""
    nodes = {row.id: {**row._asdict(), "children": []} for row in ALL.rows()}
    for node in nodes.values():
        if node["parent_id"] is not None:
            nodes[node["parent_id"]]["children"].append(node)
    return [node for node in nodes.values() if node["parent_id"] is None]
