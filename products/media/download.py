"""Fetches a picture from an address that a file names: public hosts only, a few megabytes, a few seconds.

requests-hardened resolves the name once, refuses private, loopback and link-local addresses (OWASP API7:2023, server-side
request forgery), and connects to the address that it has checked. Redirects are followed here, at most three and each unread,
since requests would read their bodies, however large.
"""

import threading
import time
from urllib.parse import urljoin

import requests
from django.conf import settings
from requests_hardened import Config, Manager

MAX_BYTES = 5 * 1024 * 1024
MAX_SECONDS = 20  # from the first byte that is sent to the last that is read
MAX_REDIRECTS = 3
CHUNK = 64 * 1024


class Unfetchable(ValueError):
    """The picture could not be fetched; the message says why."""


def fetch(address: str) -> bytes:
    """Return what is at the address. Raises Unfetchable."""
    found: list[bytes] = []
    wrong: list[Exception] = []

    def work() -> None:
        try:
            found.append(_fetched(address))
        except Exception as refusal:  # noqa: BLE001 - told below, whatever it is
            wrong.append(refusal)

    # A host that sends its answer byte by byte never meets a time-out between two bytes: nobody waits for it any longer.
    waiter = threading.Thread(target=work, daemon=True)
    waiter.start()
    waiter.join(MAX_SECONDS)
    if found:
        return found[0]
    if wrong and isinstance(wrong[0], Unfetchable):
        raise wrong[0]
    if wrong:
        raise Unfetchable(f"could not be fetched ({type(wrong[0]).__name__})") from wrong[0]
    raise Unfetchable(f"took longer than {MAX_SECONDS} seconds")


def _fetched(address: str) -> bytes:
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=settings.IMPORT_FROM_LOOPBACK,
        never_redirect=True,
        default_timeout=(5, 10),
        user_agent_override="shop-import/1",
    )
    deadline = time.monotonic() + MAX_SECONDS
    with Manager(config).get_session() as session:
        session.trust_env = False  # a proxy from the environment would connect where it likes
        session.get_redirect_target = lambda answer: None  # or requests reads the body, followed or not
        for _ in range(MAX_REDIRECTS + 1):
            # Nothing packed: what it unpacks to would be known too late.
            with session.get(address, stream=True, headers={"Accept": "image/*", "Accept-Encoding": "identity"}) as answer:
                if not answer.is_redirect:
                    return _body(answer, deadline)
                address = urljoin(address, answer.headers["Location"])
    raise requests.TooManyRedirects


def _body(answer: requests.Response, deadline: float) -> bytes:
    if answer.status_code != 200:
        raise Unfetchable(f"could not be fetched (status {answer.status_code})")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unfetchable("came packed, which was not asked for")
    body = b""
    while part := answer.raw.read1(CHUNK, decode_content=False):  # what has come, so that a trickle meets the deadline
        body += part
        if len(body) > MAX_BYTES:
            raise Unfetchable(f"is larger than {MAX_BYTES // 1024**2} MB")
        if time.monotonic() > deadline:
            raise Unfetchable(f"took longer than {MAX_SECONDS} seconds")
    return body
