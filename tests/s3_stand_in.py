"""A local stand-in for an S3-compatible store: moto's server, over HTTP, with failures to choose from.

moto keeps its objects in this process, and checks no signatures.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET, KEY, SECRET, REGION = "shop-images", "4711", "the secret of the stand-in", "eu-central-1"
ACCOUNT = "123456789012"  # moto's
HANG_SECONDS = 60
# docs/deployment.md: everybody may read the images, and nobody may list them
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/products/*"},
    ],
}
CODES = {403: "AccessDenied", 404: "NoSuchBucket", 500: "InternalError", 503: "SlowDown"}


@dataclass
class StandIn:
    """The requests that the stand-in received, and the failure that it answers with, if any."""

    url: str = ""
    requests: list[str] = field(default_factory=list)  # method and path of every request
    headers: list[dict[str, str]] = field(default_factory=list)  # of every request
    failure: int | str = 0  # a status, or garbage, hang, close
    failures_left: int = 1_000_000

    @property
    def files(self) -> dict[str, bytes]:
        """Return the objects of the bucket by key."""
        return {name: key.value for name, key in s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.items()}

    @property
    def public_url(self) -> str:
        """Return the base URL under which everybody may read the objects."""
        return f"{self.url}/{BUCKET}"

    def make_older(self, by: timedelta) -> None:
        """Pretend that all objects were stored earlier."""
        for key in s3_backends[ACCOUNT]["aws"].buckets[BUCKET].keys.values():
            key.last_modified -= by


class Application:
    """moto's application behind the failures."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.moto: Any = DomainDispatcherApplication(create_backend_app)
        self.released = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        stand_in = self.stand_in
        stand_in.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        stand_in.headers.append({name: str(value) for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))})
        if not stand_in.failure or stand_in.failures_left <= 0:
            answer: Iterable[bytes] = self.moto(environ, start_response)
            return answer
        stand_in.failures_left -= 1
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return self._fail(stand_in.failure, environ, start_response)

    def _fail(self, failure: int | str, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if failure == "hang":
            self.released.wait(HANG_SECONDS)
        if failure in ("hang", "close"):
            environ["werkzeug.socket"].close()
            raise ConnectionAbortedError
        status = int(failure) if isinstance(failure, int) else 200
        body = f"<Error><Code>{CODES.get(status, 'Failure')}</Code><Message>for a test</Message></Error>".encode()
        start_response(f"{status} Failure", [("Content-Type", "application/xml")])
        return [b"\xff\xfe{" if failure == "garbage" else body]


class QuietHandler(WSGIRequestHandler):
    """Logs nothing."""

    def log(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def run_stand_in() -> Iterator[StandIn]:
    """Start the stand-in on a free port, create its bucket and yield it."""
    stand_in = StandIn()
    application = Application(stand_in)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        s3_backends[ACCOUNT]["aws"].reset()
        client = make_client(stand_in)
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectOwnership="BucketOwnerEnforced"
        )
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(PUBLIC))
        stand_in.requests.clear()
        stand_in.headers.clear()
        yield stand_in
    finally:
        application.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


session = cache(boto3.Session)  # reads what it knows of Amazon once


def make_client(stand_in: StandIn) -> Any:
    """Return a client of the stand-in."""
    return session().client(
        "s3",
        endpoint_url=stand_in.url,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def get_variables(stand_in: StandIn) -> dict[str, str]:
    """Return the variables of a shop that keeps its images there."""
    return {
        "MEDIA_S3_BUCKET": BUCKET,
        "MEDIA_S3_ENDPOINT": stand_in.url,
        "MEDIA_S3_REGION": REGION,
        "MEDIA_S3_ACCESS_KEY_ID": KEY,
        "MEDIA_S3_SECRET_ACCESS_KEY": SECRET,
        "MEDIA_S3_PUBLIC_URL": "https://images.shop.example",
    }
