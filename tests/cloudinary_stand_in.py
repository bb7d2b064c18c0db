"""A local HTTP stand-in for Cloudinary: its upload API with signatures, and its delivery.

The request format follows Cloudinary's pages "Upload API reference" and "Generating authentication signatures":
the signature is the SHA-1 of all parameters except `file`, `cloud_name`, `resource_type` and `api_key`, sorted
and joined by `&`, followed by the secret.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image

CLOUD, KEY, SECRET = "shop", "4711", "the secret of the stand-in"
UNSIGNED = {"file", "cloud_name", "resource_type", "api_key", "signature"}
HANG_SECONDS = 60
MESSAGES = {400: "Invalid image file", 401: "Invalid Signature", 403: "Customer is marked as untrusted", 420: "Rate Limited"}


@dataclass
class StandIn:
    """What the stand-in received, and the failure that it answers with, if any."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)  # by public id
    uploads: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # method and path of every request
    failure: int | str = 0  # a status, or garbage, json, list, html, hang, close, trickle

    @property
    def delivery(self) -> str:
        """Return the base URL of delivered images."""
        return f"{self.url}/{CLOUD}/image/upload"


def sign_form(fields: dict[str, Any]) -> str:
    """Return the signature that a form must have."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name not in UNSIGNED)
    return hashlib.sha1(f"{text}{SECRET}".encode(), usedforsecurity=False).hexdigest()


def parse_form(kind: str, body: bytes) -> dict[str, Any]:
    """Return the fields of a form: text as str, a file as bytes."""
    if kind.startswith("application/x-www-form-urlencoded"):
        raise ValueError("the upload API is sent multipart forms")
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            raise ValueError("a part is neither a text nor a file")
        fields[str(part.get_param("name", header="content-disposition"))] = content if part.get_filename() else content.decode()
    return fields


class Handler(BaseHTTPRequestHandler):
    """Answers like Cloudinary's API and delivery hosts."""

    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def do_GET(self) -> None:
        """Deliver an image."""
        self.stand_in.requests.append(f"GET {self.path}")
        content = self.stand_in.files.get(self.path.partition("/image/upload/")[2].removeprefix("v1/"))
        status = int(self.stand_in.failure or (404 if content is None else 200))
        self._answer(status, content or b"")

    def do_POST(self) -> None:
        """Process a form of the upload API."""
        self.stand_in.requests.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.stand_in.failure:
            self._fail(self.stand_in.failure)
            return
        try:
            status, response = self._process(parse_form(self.headers["Content-Type"], body))
        except ValueError as error:
            status, response = 400, {"error": {"message": str(error)}}
        self._answer(status, json.dumps(response).encode())

    def _process(self, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if fields.get("signature") != sign_form(fields) or fields.get("api_key") != KEY:
            return 401, {"error": {"message": f"Invalid Signature {fields.get('signature')}."}}
        if abs(time.time() - int(fields["timestamp"])) > 3600:
            return 400, {"error": {"message": "Stale request"}}
        if self.path == f"/v1_1/{CLOUD}/image/destroy":
            gone = self.stand_in.files.pop(fields["public_id"], None)
            return 200, {"result": "not found" if gone is None else "ok"}
        if self.path != f"/v1_1/{CLOUD}/image/upload":
            return 404, {"error": {"message": "no such address"}}
        return 200, self._store(fields)

    def _store(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.stand_in.uploads.append(fields)
        file = fields["file"]
        if isinstance(file, str):
            width, height = 1200, 800  # Cloudinary would fetch it from this URL
        else:
            width, height = Image.open(BytesIO(file)).size
            self.stand_in.files[fields["public_id"]] = file
        public_id = fields["public_id"]
        return {
            **{"public_id": public_id, "version": 1, "width": width, "height": height, "format": "jpg", "resource_type": "image"},
            **{
                "type": "upload",
                "bytes": len(file),
                "secure_url": f"https://res.cloudinary.com/{CLOUD}/image/upload/v1/{public_id}",
            },
        }

    def _fail(self, failure: int | str) -> None:
        if isinstance(failure, int):
            self._answer(failure, json.dumps({"error": {"message": MESSAGES.get(failure, "General Error")}}).encode())
        elif failure in ("hang", "close"):
            time.sleep(HANG_SECONDS if failure == "hang" else 0)
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(200, {"garbage": b"\xff\xfe{", "json": b"{}", "list": b"[]", "html": b"<html>Bad gateway</html>"}[failure])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread, and ignores disconnects."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def run_stand_in() -> Iterator[StandIn]:
    """Start the stand-in on a free port and yield it."""
    stand_in = StandIn()
    with Server(("127.0.0.1", 0), type("Handling", (Handler,), {"stand_in": stand_in})) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
