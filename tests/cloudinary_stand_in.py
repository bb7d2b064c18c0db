"""A stand-in for Cloudinary: its upload API with signatures, and its delivery, over HTTP on this machine.

What a request must look like follows Cloudinary's own pages "Upload API reference" and "Generating authentication signatures":
the SHA-1 of all parameters but `file`, `cloud_name`, `resource_type` and `api_key`, sorted, joined by `&`, and the secret.
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
WORDS = {400: "Invalid image file", 401: "Invalid Signature", 403: "Customer is marked as untrusted", 420: "Rate Limited"}


@dataclass
class StandIn:
    """What the stand-in was sent, and what it shall say instead of doing as asked."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)  # by public id
    uploads: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # method and path of every request
    says: int | str = 0  # a status, or garbage, json, list, html, hang, close, trickle

    @property
    def delivery(self) -> str:
        """Return where pictures are delivered."""
        return f"{self.url}/{CLOUD}/image/upload"


def signature_of(given: dict[str, Any]) -> str:
    """Return the signature that a form must have."""
    text = "&".join(f"{name}={value}" for name, value in sorted(given.items()) if name not in UNSIGNED)
    return hashlib.sha1(f"{text}{SECRET}".encode(), usedforsecurity=False).hexdigest()


def form_of(kind: str, body: bytes) -> dict[str, Any]:
    """Return the fields of a form: texts as texts, a file as bytes."""
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
    """Answers as the two hosts of Cloudinary do."""

    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def do_GET(self) -> None:
        """Deliver a picture."""
        self.stand_in.asked.append(f"GET {self.path}")
        content = self.stand_in.files.get(self.path.partition("/image/upload/")[2])
        status = int(self.stand_in.says or (404 if content is None else 200))
        self._answer(status, content or b"")

    def do_POST(self) -> None:
        """Take a form of the upload API."""
        self.stand_in.asked.append(f"POST {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.stand_in.says:
            self._fail(self.stand_in.says)
            return
        try:
            status, answer = self._done(form_of(self.headers["Content-Type"], body))
        except ValueError as wrong:
            status, answer = 400, {"error": {"message": str(wrong)}}
        self._answer(status, json.dumps(answer).encode())

    def _done(self, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if given.get("signature") != signature_of(given) or given.get("api_key") != KEY:
            return 401, {"error": {"message": f"Invalid Signature {given.get('signature')}."}}
        if abs(time.time() - int(given["timestamp"])) > 3600:
            return 400, {"error": {"message": "Stale request"}}
        if self.path == f"/v1_1/{CLOUD}/image/destroy":
            gone = self.stand_in.files.pop(given["public_id"], None)
            return 200, {"result": "not found" if gone is None else "ok"}
        if self.path != f"/v1_1/{CLOUD}/image/upload":
            return 404, {"error": {"message": "no such address"}}
        return 200, self._uploaded(given)

    def _uploaded(self, given: dict[str, Any]) -> dict[str, Any]:
        self.stand_in.uploads.append(given)
        file = given["file"]
        if isinstance(file, str):
            width, height = 1200, 800  # fetched by Cloudinary from this address
        else:
            width, height = Image.open(BytesIO(file)).size
            self.stand_in.files[given["public_id"]] = file
        public_id = given["public_id"]
        return {
            **{"public_id": public_id, "version": 1, "width": width, "height": height, "format": "jpg", "resource_type": "image"},
            **{
                "type": "upload",
                "bytes": len(file),
                "secure_url": f"https://res.cloudinary.com/{CLOUD}/image/upload/v1/{public_id}",
            },
        }

    def _fail(self, how: int | str) -> None:
        if isinstance(how, int):
            self._answer(how, json.dumps({"error": {"message": WORDS.get(how, "General Error")}}).encode())
        elif how in ("hang", "close"):
            time.sleep(3 if how == "hang" else 0)
            self.close_connection = True
            self.connection.close()
        else:
            self._answer(200, {"garbage": b"\xff\xfe{", "json": b"{}", "list": b"[]", "html": b"<html>Bad gateway</html>"}[how])

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves each caller in a thread, and says nothing of those that went away."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def delivering() -> Iterator[StandIn]:
    """Start the stand-in on a port of its own."""
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
