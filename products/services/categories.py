"""Making, changing and removing categories."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from core.exceptions import NotFound
from products.exceptions import CategoryInUse, CategoryUnknown
from products.models import MAX_DEPTH, MAX_NAME, Category, Product
from products.slugs import slug_for

TOO_DEEP = f"At most {MAX_DEPTH} categories stand one inside of the other"


@transaction.atomic
def category_of(path: Sequence[str]) -> Category:
    """Return the category at this path of names, such as ("Home", "Lighting"), and make what is missing. Raises CategoryUnknown."""
    if len(path) > MAX_DEPTH:
        raise CategoryUnknown(TOO_DEEP, field="category")
    parent: Category | None = None
    for name in path:
        parent = inside(parent, name) or _made(parent, name)
    if parent is None:
        raise ValueError("a category path has at least one name")
    return parent


def inside(parent: Category | None, name: str) -> Category | None:
    """Return the category of this name, however it is written."""
    rows = Category.objects.filter(parent=parent)
    found = rows.filter(name__iexact=name).first()
    if found is not None or name.isascii():
        return found
    return next((row for row in rows if row.name.casefold() == name.casefold()), None)  # SQLite folds ASCII alone


def _made(parent: Category | None, name: str, position: int = 0) -> Category:
    """Make a category; where somebody makes it in the same moment, that one is returned."""
    base = slug_for(name, (), kind="category")
    taken = set(Category.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug = slug_for(name, taken, kind="category")
    try:
        with transaction.atomic():
            return Category.objects.create(name=name, slug=slug, parent=parent, position=position)
    except IntegrityError:
        found = inside(parent, name)
        if found is not None:
            return found
        slug = f"{slug}-{secrets.token_hex(3)}"  # only the slug was taken, for another shelf of this name
        return Category.objects.create(name=name, slug=slug, parent=parent, position=position)


def named(text: str, *, may_make: bool) -> Category:
    """Return the category with this slug, id, path or name; who may, makes one by naming it. Raises CategoryUnknown."""
    text = text.strip()
    path = [part.strip() for part in text.split(">")]
    if not all(0 < len(part) <= MAX_NAME for part in path):
        raise CategoryUnknown(f"Write it like Home > Lighting, each part at most {MAX_NAME} characters", field="category")
    if len(path) > 1:
        found = _at(path)
        return found or (category_of(path) if may_make else _unknown(text))
    by_slug = Category.objects.filter(slug=text.lower()).first()
    by_id = Category.objects.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 19 else None
    if by_slug or by_id:
        return by_slug or by_id  # type: ignore[return-value]  # one of them is
    wanted = text.casefold()
    by_name = [row for row in Category.objects.all() if row.name.casefold() == wanted]
    if len(by_name) > 1:
        slugs = ", ".join(row.slug for row in by_name)
        raise CategoryUnknown(f"Several categories are called so; name one by its slug: {slugs}", field="category")
    if by_name:
        return by_name[0]
    return category_of([text]) if may_make and not text.isdigit() else _unknown(text)


def _at(path: Sequence[str]) -> Category | None:
    parent: Category | None = None
    for name in path:
        parent = inside(parent, name)
        if parent is None:
            return None
    return parent


def _unknown(text: str) -> Category:
    raise CategoryUnknown(f"There is no category {text[:80]!r}", field="category")


def create(name: str, *, parent_id: int | None, position: int) -> Category:
    """Make a category. Raises CategoryUnknown for the parent; one that is there already is refused."""
    try:
        with transaction.atomic():
            parent = _parent(parent_id)
            check_place(None, name, parent_id)
            if inside(parent, name):
                raise CategoryUnknown("There is a category of this name already", field="name")
            return _made(parent, name, position)
    except IntegrityError:
        raise CategoryUnknown("There is no such category", field="parent_id") from None


@transaction.atomic
def change(category_id: int, columns: Mapping[str, Any]) -> Category:
    """Rename, move or reorder a category; its slug stays. Raises NotFound, CategoryUnknown."""
    # One change of the tree at a time: two moves at once could each make the other's parent its child.
    tree = {row.pk: row for row in Category.objects.select_for_update(no_key=True).order_by("pk")}
    if category_id not in tree:
        raise NotFound
    category = tree[category_id]
    if "parent_id" in columns:
        _parent(columns["parent_id"])
    check_place(category_id, columns.get("name", category.name), columns.get("parent_id", category.parent_id))
    for name, value in columns.items():
        setattr(category, name, value)
    twin = inside(category.parent, category.name)
    if twin is not None and twin.pk != category_id:
        raise CategoryUnknown("There is a category of this name already", field="name")
    try:
        with transaction.atomic():
            category.save(update_fields=[*columns, "updated_at"])
    except IntegrityError:
        raise CategoryUnknown("There is a category of this name already", field="name") from None
    return category


def check_place(category_id: int | None, name: str, parent_id: int | None) -> None:
    """Raise CategoryUnknown where the category would stand inside of itself or too deep, or where its name reads as a path."""
    if ">" in name:
        raise CategoryUnknown("A name holds no >, which stands between the names of a path", field="name")
    parents = dict(Category.objects.values_list("pk", "parent"))
    above = _line_of(parents, parent_id)
    if category_id is not None and category_id in above:
        raise CategoryUnknown("A category cannot stand inside of itself", field="parent_id")
    lines = (_line_of(parents, pk) for pk in parents) if category_id is not None else ()
    below = max((line.index(category_id) + 1 for line in lines if category_id in line), default=1)
    if len(above) + below > MAX_DEPTH:
        raise CategoryUnknown(TOO_DEEP, field="parent_id")


def _line_of(parents: Mapping[int, int | None], category_id: int | None) -> list[int]:
    """Return a category and all in which it stands, itself first."""
    line: list[int] = []
    while category_id is not None:
        line.append(category_id)
        category_id = parents.get(category_id)
    return line


def _parent(parent_id: int | None) -> Category | None:
    if parent_id is None:
        return None
    found = Category.objects.filter(pk=parent_id).first()
    if found is None:
        raise CategoryUnknown("There is no such category", field="parent_id")
    return found


def remove(category_id: int) -> None:
    """Delete a category in which nothing stands but deleted products. Raises NotFound, CategoryInUse."""
    try:
        with transaction.atomic():
            _remove(category_id)
    except (ProtectedError, IntegrityError):  # the latter, where somebody puts something into it in this moment
        raise CategoryInUse("Products or other categories stand in it; move them first") from None


def _remove(category_id: int) -> None:
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise NotFound
    Product.objects.filter(category=category, deleted_at__isnull=False).update(category=None)
    category.delete()
