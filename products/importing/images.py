"""Import pictures from a folder or from URLs; pictures that are already stored are not stored again."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from core.exceptions import DomainError
from core.models import save_changed
from products.exceptions import BadPicture
from products.importing.image_refs import ImageRef
from products.importing.texts import MAX_ALT
from products.media import download, images, processing, storage
from products.models import Product, ProductImage, Variant
from products.services import variants as variant_services


class Unusable(ValueError):
    """The picture cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class ImageImporter:
    """Synchronizes the pictures of products with their rows."""

    folder: Path
    is_dry: bool = False
    on_picture: Callable[[], object] = lambda: None  # called before each picture, which may take seconds to download

    def sync(self, product: Product, refs: Sequence[ImageRef] | None, variant_images: Mapping[str, str]) -> tuple[bool, list[str]]:
        """Set a product's pictures, in this order; return whether anything changed, and which pictures failed and why.

        `variant_images` names the file of the picture that shows a variant, by SKU.

        Pictures from an earlier import are deleted if they are no longer listed; those that staff added stay.
        """
        if refs is None:
            return False, []
        before, by_file = list(product.images.all()), dict[str, ProductImage]()
        existing, listed, problems = list(before), list[tuple[ProductImage, ImageRef]](), list[str]()
        for ref in refs:
            self.on_picture()
            try:
                row = self._get_or_create_row(product, ref, existing)
            except Unusable as error:
                problems.append(f"picture {ref.file[:80]} {error}")
                continue
            except DomainError as error:
                problems.append(f"picture {ref.file[:80]} could not be stored: {error.message}")
                continue
            by_file[ref.file] = row
            if all(row is not other for other, _ in listed):  # a picture listed twice is shown once
                listed.append((row, ref))
            if all(row is not other for other in existing):
                existing.append(row)
        changed = self._update_rows(listed) or len(existing) > len(before)
        changed = self._assign_to_variants(product, by_file, variant_images) or changed
        if not problems:  # a picture that failed may be one of the existing ones
            stale = [row.pk for row in before if row.digest and all(row is not other for other, _ in listed)]
            changed = changed or bool(stale)
            if stale and not self.is_dry:
                images.delete_rows(product.pk, stale)
        return changed, problems

    def _assign_to_variants(self, product: Product, by_file: Mapping[str, ProductImage], variant_images: Mapping[str, str]) -> bool:
        """Set the pictures of variants; return whether anything changed. A picture that failed changes nothing."""
        image_ids = {sku: by_file[file].pk for sku, file in variant_images.items() if file in by_file}
        variants = Variant.objects.filter(product=product, sku__in=image_ids) if image_ids else Variant.objects.none()
        if all(variant.image_id == image_ids[variant.sku] for variant in variants):
            return False
        if not self.is_dry:
            variant_services.assign_images(product, image_ids)
        return True

    def _get_or_create_row(self, product: Product, ref: ImageRef, existing: Sequence[ProductImage]) -> ProductImage:
        """Return the existing row of a picture, or create it. Raises Unusable, MediaDown, MediaRefused."""
        by_name = next((row for row in existing if row.image.name == ref.file), None)  # the name `export_products` writes
        if by_name is not None:
            return by_name
        content = None if ref.is_url else self._read_file(ref.file)
        # A URL is downloaded only once; later changes behind it are not detected.
        digest = hashlib.sha256(content if content is not None else ref.file.encode()).hexdigest()
        by_digest = next((row for row in existing if row.digest == digest), None)
        if by_digest is not None:
            return by_digest
        if len(existing) >= images.MAX_IMAGES:
            raise Unusable(f"is one too many: a product has at most {images.MAX_IMAGES}")
        prepared = _prepare(content) if content is not None else None
        if self.is_dry:
            return ProductImage(product=product, digest=digest, alt=_get_alt(product, ref), position=len(existing))
        stored = self._store_from_url(ref.file) if prepared is None else images.store_image(prepared)
        row = stored.build_row(product, alt=_get_alt(product, ref), digest=digest, position=len(existing))
        row.save()
        return row

    def _store_from_url(self, url: str) -> images.StoredImage:
        stored_by_host = storage.save_from_url(url)
        if stored_by_host is not None:
            name, width, height = stored_by_host
            return images.StoredImage(name, "", width, height)
        try:
            return images.store_image(_prepare(download.fetch_image(url), trusted=False))
        except download.Unfetchable as error:
            raise Unusable(str(error)) from None

    def _read_file(self, name: str) -> bytes:
        """Return the content of a file, which must be inside the folder. Raises Unusable."""
        try:
            path = (self.folder / name).resolve()
            if path.is_relative_to(self.folder.resolve()) and path.is_file():
                return path.read_bytes()
        except (OSError, ValueError):
            pass
        raise Unusable("was not found")

    def _update_rows(self, listed: Sequence[tuple[ProductImage, ImageRef]]) -> bool:
        """Set the order and alternative texts of the pictures; return whether anything changed."""
        positions = [row.position for row, _ in listed]
        in_order = all(before < after for before, after in pairwise(positions))
        updates = [
            (row, {"alt": _get_alt(row.product, ref), "position": row.position if in_order else position})
            for position, (row, ref) in enumerate(listed)
        ]
        changed = [(row, columns) for row, columns in updates if (row.alt, row.position) != (columns["alt"], columns["position"])]
        for row, columns in changed if not self.is_dry else ():
            save_changed(row, columns)
        return bool(changed)


def _get_alt(product: Product, ref: ImageRef) -> str:
    return product.name[:MAX_ALT] if ref.alt is None else ref.alt


def _prepare(content: bytes, *, trusted: bool = True) -> processing.PreparedImage:
    try:
        return processing.prepare_image(content, trusted=trusted)
    except BadPicture as error:
        message = error.message
        raise Unusable(
            "is not a JPEG, PNG or WebP" if message.startswith("Must be") else message.removeprefix("The picture ")
        ) from None
