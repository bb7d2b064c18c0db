"""Create, update and delete categories."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from core.characters import parse_whole_number
from core.exceptions import NotFound
from products.exceptions import CategoryInUse, CategoryUnknown
from products.models import MAX_CATEGORY_DEPTH, MAX_CATEGORY_NAME, Category, Product
from products.services import search_documents
from products.slugs import make_slug

TOO_DEEP = f"At most {MAX_CATEGORY_DEPTH} categories can be nested"
NAME_TAKEN = "A category with this name already exists"
PATH_COLUMNS = ("name", "parent_id")  # what the search documents of the products contain
PARENT_UNKNOWN = "This category does not exist"


@transaction.atomic
def get_or_create_by_path(path: Sequence[str]) -> Category:
    """Return the category at a path of names, such as ("Home", "Lighting"); missing ones are created. Raises CategoryUnknown."""
    if len(path) > MAX_CATEGORY_DEPTH:
        raise CategoryUnknown(TOO_DEEP, field="category")
    parent: Category | None = None
    for name in path:
        parent = get_child(parent, name) or _create(parent, name)
    if parent is None:
        raise ValueError("a category path has at least one name")
    return parent


def get_child(parent: Category | None, name: str) -> Category | None:
    """Return the child category with this name, ignoring case; None where there is none."""
    children = Category.objects.filter(parent=parent)
    child = children.filter(name__iexact=name).first()
    if child is not None or name.isascii():
        return child
    return next((row for row in children if row.name.casefold() == name.casefold()), None)  # SQLite folds only ASCII


def _create(parent: Category | None, name: str, position: int = 0) -> Category:
    """Create a category; return the existing one if it is created concurrently."""
    base = make_slug(name, (), kind="category")
    taken = set(Category.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug = make_slug(name, taken, kind="category")
    try:
        with transaction.atomic():
            return Category.objects.create(name=name, slug=slug, parent=parent, position=position)
    except IntegrityError:
        existing = get_child(parent, name)
        if existing is not None:
            return existing
        slug = f"{slug}-{secrets.token_hex(3)}"  # only the slug was taken, by a category with this name elsewhere
        return Category.objects.create(name=name, slug=slug, parent=parent, position=position)


def resolve_category(text: str, *, may_create: bool) -> Category:
    """Return the category with this slug, id, path or name; with `may_create`, create an unknown one. Raises CategoryUnknown."""
    text = text.strip()
    path = [part.strip() for part in text.split(">")]
    if not all(0 < len(part) <= MAX_CATEGORY_NAME for part in path):
        raise CategoryUnknown(f"Write it like Home > Lighting, each part at most {MAX_CATEGORY_NAME} characters", field="category")
    if len(path) > 1:
        return _get_by_path(path) or (get_or_create_by_path(path) if may_create else _raise_unknown(text))
    by_slug = Category.objects.filter(slug=text.lower()).first()
    number = parse_whole_number(text)
    by_id = None if number is None else Category.objects.filter(pk=number).first()
    if by_slug or by_id:
        return by_slug or by_id  # type: ignore[return-value]  # one of them is set
    folded = text.casefold()
    by_name = [row for row in Category.objects.all() if row.name.casefold() == folded]
    if len(by_name) > 1:
        slugs = ", ".join(row.slug for row in by_name)
        raise CategoryUnknown(f"Several categories have this name; use a slug instead: {slugs}", field="category")
    if by_name:
        return by_name[0]
    return get_or_create_by_path([text]) if may_create and not text.isdigit() else _raise_unknown(text)


def _get_by_path(path: Sequence[str]) -> Category | None:
    parent: Category | None = None
    for name in path:
        parent = get_child(parent, name)
        if parent is None:
            return None
    return parent


def _raise_unknown(text: str) -> NoReturn:
    raise CategoryUnknown(f"There is no category {text[:80]!r}", field="category")


def create(name: str, *, parent_id: int | None, position: int) -> Category:
    """Create a category. Raises CategoryUnknown for an unknown parent or a name that is taken."""
    try:
        with transaction.atomic():
            parent = _get_parent(parent_id)
            validate_category(None, name, parent_id)
            if get_child(parent, name):
                raise CategoryUnknown(NAME_TAKEN, field="name")
            return _create(parent, name, position)
    except IntegrityError:
        raise CategoryUnknown(PARENT_UNKNOWN, field="parent_id") from None


@transaction.atomic
def update(category_id: int, columns: Mapping[str, Any]) -> Category:
    """Rename, move or reorder a category; its slug stays. Its products are indexed again by a job.

    Raises NotFound, CategoryUnknown.
    """
    # Lock the whole tree: two concurrent moves could otherwise form a cycle.
    tree = {row.pk: row for row in Category.objects.select_for_update(no_key=True).order_by("pk")}
    if category_id not in tree:
        raise NotFound
    category = tree[category_id]
    if "parent_id" in columns:
        _get_parent(columns["parent_id"])
    validate_category(category_id, columns.get("name", category.name), columns.get("parent_id", category.parent_id))
    changes_path = any(columns.get(name, getattr(category, name)) != getattr(category, name) for name in PATH_COLUMNS)
    if changes_path:
        search_documents.lock_category_paths()
    for name, value in columns.items():
        setattr(category, name, value)
    namesake = get_child(category.parent, category.name)
    if namesake is not None and namesake.pk != category_id:
        raise CategoryUnknown(NAME_TAKEN, field="name")
    try:
        with transaction.atomic():
            category.save(update_fields=[*columns, "updated_at"])
    except IntegrityError:
        raise CategoryUnknown(NAME_TAKEN, field="name") from None
    if changes_path:
        search_documents.enqueue_category(category_id)
    return category


def validate_category(category_id: int | None, name: str, parent_id: int | None) -> None:
    """Raise CategoryUnknown if the category would be its own ancestor or too deep, or if its name reads as a path."""
    if ">" in name:
        raise CategoryUnknown("A name cannot contain >, which separates the names of a path", field="name")
    parents = dict(Category.objects.values_list("pk", "parent"))
    ancestry = _get_ancestry(parents, parent_id)
    if category_id is not None and category_id in ancestry:
        raise CategoryUnknown("A category cannot be moved into itself", field="parent_id")
    lines = (_get_ancestry(parents, pk) for pk in parents) if category_id is not None else ()
    height = max((line.index(category_id) + 1 for line in lines if category_id in line), default=1)
    if len(ancestry) + height > MAX_CATEGORY_DEPTH:
        raise CategoryUnknown(TOO_DEEP, field="parent_id")


def _get_ancestry(parents: Mapping[int, int | None], category_id: int | None) -> list[int]:
    """Return the ids of a category and its ancestors, starting with itself."""
    ancestry: list[int] = []
    while category_id is not None:
        ancestry.append(category_id)
        category_id = parents.get(category_id)
    return ancestry


def _get_parent(parent_id: int | None) -> Category | None:
    if parent_id is None:
        return None
    parent = Category.objects.filter(pk=parent_id).first()
    if parent is None:
        raise CategoryUnknown(PARENT_UNKNOWN, field="parent_id")
    return parent


def delete(category_id: int) -> None:
    """Delete a category that contains nothing but deleted products. Raises NotFound, CategoryInUse."""
    try:
        with transaction.atomic():
            _delete(category_id)
    except (ProtectedError, IntegrityError):  # the latter if something is added to it concurrently
        raise CategoryInUse("This category contains products or other categories; move them first") from None


def _delete(category_id: int) -> None:
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise NotFound
    Product.objects.filter(category=category, deleted_at__isnull=False).update(category=None)
    category.delete()
