"""The pictures of an import: from a folder, or from addresses; what is held already is not stored again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.exceptions import DomainError
from products.exceptions import BadPicture
from products.importing.rows import Picture
from products.media import download, images, processing, storage
from products.models import Product, ProductImage
from products.services.variants import write


class Unusable(ValueError):
    """The picture cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Brings the pictures of products to what their rows say."""

    folder: Path
    is_dry: bool = False

    def bring(self, product: Product, wanted: Sequence[Picture] | None) -> tuple[bool, list[str]]:
        """Bring a product's pictures to these, in this order; returns whether anything changed, and what could not be had.

        Pictures that an earlier import brought go when they are not named any more; those that staff added stay.
        """
        if wanted is None:
            return False, []
        before = list(product.images.all())
        held, kept, problems = list(before), list[tuple[ProductImage, Picture]](), list[str]()
        for picture in wanted:
            try:
                row = self._row(product, picture, held)
            except Unusable as wrong:
                problems.append(f"picture {picture.file[:80]} {wrong}")
                continue
            except DomainError as wrong:
                problems.append(f"picture {picture.file[:80]} could not be stored: {wrong.message}")
                continue
            if all(row is not other for other, _ in kept):  # the same picture twice is one
                kept.append((row, picture))
            if all(row is not other for other in held):
                held.append(row)
        changed = self._arrange(kept) or len(held) > len(before)
        if not problems:  # what is missing today may have been meant to be what is shown
            gone = [row.pk for row in before if row.digest and all(row is not other for other, _ in kept)]
            changed = changed or bool(gone)
            if gone and not self.is_dry:
                ProductImage.objects.filter(pk__in=gone).delete()
        return changed, problems

    def _row(self, product: Product, picture: Picture, held: Sequence[ProductImage]) -> ProductImage:
        """Return the row of a picture, which is new where nothing held is this one. Raises Unusable, MediaDown, MediaRefused."""
        by_name = next((row for row in held if row.image.name == picture.file), None)  # as `export_products` names it
        if by_name is not None:
            return by_name
        content = None if picture.is_address else self._file(picture.file)
        # An address is looked at once: that it may show something else tomorrow, the file cannot know.
        digest = hashlib.sha256(content if content is not None else picture.file.encode()).hexdigest()
        by_digest = next((row for row in held if row.digest == digest), None)
        if by_digest is not None:
            return by_digest
        if len(held) >= images.MAX_PICTURES:
            raise Unusable(f"is one too many: a product has at most {images.MAX_PICTURES}")
        ready = _ready(content) if content is not None else None
        if self.is_dry:
            return ProductImage(product=product, digest=digest, alt=picture.alt, position=len(held))
        stored = self._fetched(picture.file) if ready is None else images.store(ready)
        row = stored.row(product, alt=picture.alt, digest=digest, position=len(held))
        row.save()
        return row

    def _fetched(self, address: str) -> images.Stored:
        by_host = storage.stored_from(address)
        if by_host is not None:
            name, width, height = by_host
            return images.Stored(name, "", width, height)
        try:
            return images.store(_ready(download.fetch(address), trusted=False))
        except download.Unfetchable as wrong:
            raise Unusable(str(wrong)) from None

    def _file(self, name: str) -> bytes:
        """Return what is in a file, which must lie inside of the folder. Raises Unusable."""
        try:
            path = (self.folder / name).resolve()
            if path.is_relative_to(self.folder.resolve()) and path.is_file():
                return path.read_bytes()
        except (OSError, ValueError):
            pass
        raise Unusable("is not there")

    def _arrange(self, kept: Sequence[tuple[ProductImage, Picture]]) -> bool:
        """Put the pictures in the order of the row, with its words; says whether anything was different."""
        held = [row.position for row, _ in kept]
        in_order = all(before < after for before, after in pairwise(held))
        wanted = [
            (row, {"alt": picture.alt, "position": row.position if in_order else position})
            for position, (row, picture) in enumerate(kept)
        ]
        different = [(row, columns) for row, columns in wanted if (row.alt, row.position) != (columns["alt"], columns["position"])]
        for row, columns in different if not self.is_dry else ():
            write(row, columns)
        return bool(different)


def _ready(content: bytes, *, trusted: bool = True) -> processing.Ready:
    try:
        return processing.ready(content, trusted=trusted)
    except BadPicture as wrong:
        said = wrong.message
        raise Unusable("is no JPEG, PNG or WebP" if said.startswith("Must be") else said.removeprefix("The picture ")) from None
