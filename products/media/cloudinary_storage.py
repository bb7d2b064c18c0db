"""django-cloudinary-storage with chosen public ids, a timeout, and errors that the API can report.

Imported only if Cloudinary's keys are set: the package cannot be imported without them.
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
# By default the package tries to connect four times, each with the full timeout.
cloudinary.uploader._http.connection_pool_kw["retries"] = urllib3.Retry(0)
REJECTED = (exceptions.AuthorizationRequired, exceptions.BadRequest, exceptions.NotAllowed)


class CloudinaryMedia(MediaCloudinaryStorage):  # type: ignore[misc]  # the package has no types
    """Images on Cloudinary, each under the public id `products/<hex>`."""

    def _save(self, name: str, content: File[bytes]) -> str:
        return str(self._upload_image(content, name.rpartition(".")[0])["public_id"])

    def save_from_url(self, url: str) -> tuple[str, int | None, int | None]:
        """Have Cloudinary fetch an image. Return its public id, width and height. Raises MediaDown, MediaRefused."""
        result = self._upload_image(url, f"products/{uuid.uuid4().hex}")
        return str(result["public_id"]), result.get("width"), result.get("height")

    def delete(self, name: str) -> None:
        """Delete an image. Raises MediaDown."""
        try:
            cloudinary.uploader.destroy(name, invalidate=True, timeout=TIMEOUT)
        except (exceptions.Error, urllib3.exceptions.HTTPError) as error:
            raise MediaDown from error

    def _open(self, name: str, mode: str = "rb") -> Any:
        try:
            return super()._open(name, mode)
        except requests.RequestException as error:
            raise MediaDown from error

    def _upload_image(self, content: Any, public_id: str) -> dict[str, Any]:
        try:
            result: Any = cloudinary.uploader.upload(
                content, public_id=public_id, overwrite=True, resource_type="image", timeout=TIMEOUT
            )
        except REJECTED as error:
            logger.error("Cloudinary refused an upload: %s", error)  # logged only, since the message may contain the key
            raise MediaRefused("The picture host refused the file") from error
        except (exceptions.Error, urllib3.exceptions.HTTPError, LookupError, TypeError, ValueError) as error:
            raise MediaDown from error  # the last three: the response is not Cloudinary's
        if not isinstance(result, dict) or not result.get("public_id"):
            raise MediaDown
        return dict(result)
