"""Downloading an image from a URL in an import file: from public hosts only, limited in size and time.

requests-hardened resolves the host name once, refuses private, loopback and link-local addresses (OWASP API7:2023, server-side
request forgery), and connects to the address it has checked. Redirects are followed here, at most three, without reading their
bodies: requests would read them whatever their size.
"""

import threading
import time
from urllib.parse import urljoin

import requests
from django.conf import settings
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import ProtocolError

from core.limits import MAX_FILE

MAX_SECONDS = 20  # for the whole download
MAX_REDIRECTS = 3
CHUNK_SIZE = 64 * 1024
REASONS: dict[type[Exception], str] = {  # the first that is the kind of an error says what is wrong
    InvalidIPAddress: "its host is not public",
    requests.exceptions.SSLError: "the certificate of its host is not valid",
    requests.Timeout: "its host did not answer in time",
    requests.ConnectionError: "the connection to its host failed",
    ProtocolError: "its host broke off the answer",
    requests.TooManyRedirects: f"more than {MAX_REDIRECTS} redirects",
    requests.exceptions.InvalidURL: "its URL is not valid",
    requests.exceptions.InvalidSchema: "its URL is not valid",
}


class Unfetchable(ValueError):
    """The image could not be fetched; the message says why."""


def fetch_image(url: str) -> bytes:
    """Return the content at the URL. Raises Unfetchable."""
    contents: list[bytes] = []
    errors: list[Exception] = []

    def download() -> None:
        try:
            contents.append(_request(url))
        except Exception as error:  # noqa: BLE001 - reported by the calling thread
            errors.append(error)

    # A host that sends its headers byte by byte never triggers a read timeout, so stop waiting for the thread instead.
    thread = threading.Thread(target=download, daemon=True)
    thread.start()
    thread.join(MAX_SECONDS)
    if contents:
        return contents[0]
    if errors and isinstance(errors[0], Unfetchable):
        raise errors[0]
    if errors:
        raise Unfetchable(f"could not be fetched ({_explain(errors[0])})") from errors[0]
    raise Unfetchable(f"took longer than {MAX_SECONDS} seconds")


def _explain(error: Exception) -> str:
    """Return why a download failed, in the words of the report."""
    return next((reason for kind, reason in REASONS.items() if isinstance(error, kind)), type(error).__name__)


def _request(url: str) -> bytes:
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=settings.IMPORT_FROM_LOOPBACK,
        never_redirect=True,
        default_timeout=(5, 10),
        user_agent_override="shop-import/1",
    )
    deadline = time.monotonic() + MAX_SECONDS
    with Manager(config).get_session() as session:
        session.trust_env = False  # a proxy from the environment would bypass the address check
        session.get_redirect_target = lambda response: None  # otherwise requests reads the redirect's body
        for _ in range(MAX_REDIRECTS + 1):
            # No compression: the decompressed size would be known too late.
            with session.get(url, stream=True, headers={"Accept": "image/*", "Accept-Encoding": "identity"}) as response:
                if not response.is_redirect:
                    return _read_body(response, deadline)
                url = urljoin(url, response.headers["Location"])
    raise requests.TooManyRedirects


def _read_body(response: requests.Response, deadline: float) -> bytes:
    if response.status_code != 200:
        raise Unfetchable(f"could not be fetched (status {response.status_code})")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unfetchable("was sent compressed, although no compression was requested")
    body = b""
    # read1 returns what has arrived instead of waiting for a full chunk, so the deadline also stops a slow host.
    while chunk := response.raw.read1(CHUNK_SIZE, decode_content=False):
        body += chunk
        if len(body) > MAX_FILE:
            raise Unfetchable(f"is larger than {MAX_FILE // 1024**2} MB")
        if time.monotonic() > deadline:
            raise Unfetchable(f"took longer than {MAX_SECONDS} seconds")
    return body
