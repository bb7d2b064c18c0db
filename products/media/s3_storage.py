"""django-storages' backend for S3-compatible stores, with time limits and errors that the API can report.

Imported only if MEDIA_S3_BUCKET is set. The images are public and their URLs unsigned; no object gets an ACL, because buckets with
`BucketOwnerEnforced`, Amazon's default, refuse those.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from products.exceptions import MediaDown, MediaRefused

logger = logging.getLogger("shop.media")
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 3, 10, 2  # seconds, seconds, requests
TEMPORARY = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests"}
# The standard library knows WebP from Python 3.13 on.
CONTENT_TYPES = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class S3Media(S3Storage):  # type: ignore[misc]  # the package has no types
    """Images in a bucket, under the names that local files have."""

    def __init__(self, **options: Any) -> None:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            signature_version="s3v4",
            s3={"addressing_style": options["addressing_style"]},
            # Other checksums than Content-MD5 are Amazon's own: many compatible stores refuse them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(**options, client_config=config, transfer_config=TransferConfig(use_threads=False))

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """Return the headers of an object."""
        content_type = CONTENT_TYPES.get(name.rpartition(".")[2].lower(), self.default_content_type)
        return {**self.object_parameters, "ContentType": content_type}

    def delete(self, name: str) -> None:
        """Delete an image. Raises MediaDown, MediaRefused."""
        with _reported("delete an image"):
            super().delete(name)

    def iter_files(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """Yield the name of each image in a folder and when it was stored. Raises MediaDown, MediaRefused."""
        with _reported("list the images"):
            pages = self.bucket.meta.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket_name, Prefix=f"{folder}/", Delimiter="/"
            )
            for page in pages:
                yield from ((entry["Key"], entry["LastModified"]) for entry in page.get("Contents", ()))

    def _create_session(self) -> Any:
        session = super()._create_session()
        session.events.register("before-call.s3", _disable_redirects)
        return session

    def _save(self, name: str, content: File[bytes]) -> str:
        with _reported("store an image"):
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _reported("read an image"):
            file = super()._open(name, mode)
            file.open()  # read it now, so that errors are raised here
            return file


def _disable_redirects(params: dict[str, Any], **_: Any) -> None:
    """Treat a redirect as a refusal. boto3 would ask for the region of the bucket, endlessly if the store redirects that too.

    https://github.com/boto/boto3/issues/2148
    """
    params["context"]["s3_redirect"]["redirected"] = True


@contextmanager
def _reported(action: str) -> Iterator[None]:
    """Raise MediaRefused if the store rejects the request (keys, bucket), and MediaDown for every other error."""
    try:
        yield
    except (ClientError, NoCredentialsError, PartialCredentialsError) as error:
        if isinstance(error, ClientError) and _is_temporary(error):
            raise MediaDown from error
        logger.error("The store refused to %s: %s", action, error)  # only here, because sellers need not know the bucket
        raise MediaRefused("The picture host refused the file") from error
    except (BotoCoreError, Boto3Error) as error:
        raise MediaDown from error


def _is_temporary(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return not 300 <= status < 500 or status in (408, 429) or error.response.get("Error", {}).get("Code") in TEMPORARY
