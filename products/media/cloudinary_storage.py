"""django-cloudinary-storage with a public id of ours, a time limit, and refusals that the API can tell.

Imported only where Cloudinary's keys are set: the package refuses to be imported without them.
"""

import logging
import uuid
from typing import Any

import cloudinary.uploader
import requests
import urllib3
from cloudinary import exceptions
from cloudinary_storage.storage import MediaCloudinaryStorage
from django.core.files.base import File

from products.exceptions import MediaDown, MediaRefused

logger = logging.getLogger("shop.media")
TIMEOUT = 10  # seconds
# The package would try to connect four times over, each time for as long.
cloudinary.uploader._http.connection_pool_kw["retries"] = urllib3.Retry(0)
OURS_TO_MEND = (exceptions.AuthorizationRequired, exceptions.BadRequest, exceptions.NotAllowed)


class CloudinaryMedia(MediaCloudinaryStorage):  # type: ignore[misc]  # the package has no types
    """Pictures on Cloudinary, each under the public id `products/<hex>`."""

    def _save(self, name: str, content: File[bytes]) -> str:
        return str(self._sent(content, name.rpartition(".")[0])["public_id"])

    def save_url(self, url: str) -> tuple[str, int | None, int | None]:
        """Have Cloudinary fetch a picture; returns its public id, width and height. Raises MediaDown, MediaRefused."""
        answer = self._sent(url, f"products/{uuid.uuid4().hex}")
        return str(answer["public_id"]), answer.get("width"), answer.get("height")

    def delete(self, name: str) -> None:
        """Remove a picture. Raises MediaDown."""
        try:
            cloudinary.uploader.destroy(name, invalidate=True, timeout=TIMEOUT)
        except (exceptions.Error, urllib3.exceptions.HTTPError) as wrong:
            raise MediaDown from wrong

    def _open(self, name: str, mode: str = "rb") -> Any:
        try:
            return super()._open(name, mode)
        except requests.RequestException as wrong:
            raise MediaDown from wrong

    def _sent(self, content: Any, public_id: str) -> dict[str, Any]:
        try:
            answer: Any = cloudinary.uploader.upload(
                content, public_id=public_id, overwrite=True, resource_type="image", timeout=TIMEOUT
            )
        except OURS_TO_MEND as wrong:
            logger.error("Cloudinary refused an upload: %s", wrong)  # its words may show the key, so they stay here
            raise MediaRefused("The picture host refused the file") from wrong
        except (exceptions.Error, urllib3.exceptions.HTTPError, LookupError, TypeError, ValueError) as wrong:
            raise MediaDown from wrong  # the last three: an answer that is not Cloudinary's
        if not isinstance(answer, dict) or not answer.get("public_id"):
            raise MediaDown
        return dict(answer)
