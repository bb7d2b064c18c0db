"""`manage.py import_products`: pictures that a row names by an address"""

import gzip
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as shop_settings
from PIL import Image
from pytest_django import Settings

from products.media import download
from products.models import Product, ProductImage
from products.tests.factories import png
from products.tests.import_file import Ran, load, row, stored
from products.tests.picture_host import Answer, Host, Request, picture_host, points_to, says, trickles

pytestmark = pytest.mark.django_db
MB = 1024 * 1024
UNCHANGED = Ran(0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])
OK = b"HTTP/1.1 200 OK\r\n"
PACKED = "came packed, which was not asked for"
PATIENT = 3  # seconds: more than MAX_SECONDS of these tests, less than an endless answer takes


@pytest.fixture
def host(settings: Settings) -> Iterator[Host]:
    """Start a host of pictures from which the shop may fetch."""
    settings.IMPORT_FROM_LOOPBACK = True
    with picture_host() as running:
        yield running


def refused(folder: Path, address: str) -> str:
    """Import a row with a picture at this address, and return why it could not be had; the row is in, nothing is stored."""
    ran = load(folder, row(images=[address]))
    assert (ran.code, ran.said) == (0, ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"])
    assert (Product.objects.count(), ProductImage.objects.count(), stored()) == (1, 0, [])
    start = f"  row 1 (Lamp LMP-1): picture {address[:80]} "
    assert len(ran.complaints) == 1
    assert ran.complaints[0].startswith(start)
    return ran.complaints[0].removeprefix(start)


def test_a_picture_is_fetched_stored_and_not_fetched_again(tmp_path: Path, host: Host) -> None:
    given = row(images=[host.at("/a.png", says(png("red"))), {"url": host.at("/b.png?x=1", says(png("blue"))), "alt": "Blue"}])

    assert load(tmp_path, given) == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
    assert load(tmp_path, given) == UNCHANGED

    assert host.asked == ["/a.png", "/b.png?x=1"]
    assert [(p.alt, p.width, p.height) for p in ProductImage.objects.order_by("position")] == [("Lamp LMP-1", 2, 1), ("Blue", 2, 1)]
    assert len(stored()) == 2


def test_only_what_has_been_decoded_is_stored(tmp_path: Path, host: Host) -> None:
    load(tmp_path, row(images=[host.at("/a.html", says(png("red") + b"<script>alert(1)</script>", Content_Type="text/html"))]))

    file = stored()[0]
    assert file.suffix == ".png"
    assert b"script" not in file.read_bytes()
    with Image.open(file) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_it_says_who_asks_and_nothing_else(tmp_path: Path, host: Host) -> None:
    load(tmp_path, row(images=[host.at("/a.png", says(png()))]))

    assert host.headers[0]["User-Agent"] == "shop-import/1"
    assert host.headers[0]["Accept"] == "image/*"
    assert host.headers[0]["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization"} & set(host.headers[0])


def test_a_large_picture_has_a_thumbnail(tmp_path: Path, host: Host) -> None:
    buffer = BytesIO()
    Image.new("RGB", (600, 300), "red").save(buffer, "JPEG")

    load(tmp_path, row(images=[host.at("/a.jpg", says(buffer.getvalue()))]))

    picture = ProductImage.objects.get()
    assert (picture.width, picture.height, picture.thumbnail.endswith(".webp")) == (600, 300, True)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says(b"", status=404), "could not be fetched (status 404)"),
        (says(png(), status=500), "could not be fetched (status 500)"),
        (says(png(), status=206), "could not be fetched (status 206)"),
        (says(b"", status=204), "could not be fetched (status 204)"),
        (says(b""), "is no JPEG, PNG or WebP"),
        (says(b"<html>Not found</html>", Content_Type="image/png"), "is no JPEG, PNG or WebP"),
        (says(b"GIF89a\x01\x00\x01\x00"), "is no JPEG, PNG or WebP"),
        (says(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "is no JPEG, PNG or WebP"),
        (says(png()[:40]), "is no JPEG, PNG or WebP"),
        (says(png() + b"\0" * 5 * MB), "is larger than 5 MB"),
        (says(png() + b"\0" * 5 * MB, has_length=False), "is larger than 5 MB"),
        (says(gzip.compress(b"\0" * 50 * MB), Content_Encoding="gzip"), PACKED),
        (says(gzip.compress(gzip.compress(b"\0" * 50 * MB)), Content_Encoding="gzip, gzip"), PACKED),
        (says(gzip.compress(png()), Content_Encoding="gzip"), PACKED),
        (says(b"no gzip", Content_Encoding="gzip"), PACKED),
        (lambda request: request.wfile.write(OK + b"Content-Length: 500\r\n\r\n" + png()), "could not be fetched (ProtocolError)"),
        (lambda request: request.wfile.write(b"hello\r\n\r\n"), "could not be fetched (ConnectionError)"),
        (lambda request: None, "could not be fetched (ConnectionError)"),
    ],
)
def test_what_is_no_good_picture_is_named_and_the_row_is_in(tmp_path: Path, host: Host, answer: Answer, reason: str) -> None:
    assert refused(tmp_path, host.at("/a.png", answer)) == reason


def test_what_is_too_large_is_not_read_to_its_end(host: Host) -> None:
    with pytest.raises(download.Unfetchable, match="is larger than 5 MB"):
        download.fetch(host.at("/a.png", says(b"\0" * 50 * MB)))


def test_a_picture_of_5_mb_is_taken(tmp_path: Path, host: Host) -> None:
    whole = png() + b"\0" * (5 * MB - len(png()))

    assert load(tmp_path, row(images=[host.at("/a.png", says(whole))])).complaints == []
    assert ProductImage.objects.count() == 1


def test_what_failed_is_tried_again_at_the_next_run(tmp_path: Path, host: Host) -> None:
    given = row(images=[host.at("/a.png", says(b"", status=503))])
    load(tmp_path, given)
    host.at("/a.png", says(png()))

    assert load(tmp_path, given).said == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    assert host.asked == ["/a.png", "/a.png"]


def test_a_host_that_nobody_runs_is_named(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORT_FROM_LOOPBACK = True
    with picture_host() as gone:
        address = gone.at("/a.png", says(png()))

    assert refused(tmp_path, address) == "could not be fetched (ConnectionError)"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(tmp_path: Path, host: Host, status: int) -> None:
    host.at("/a.png", says(png()))

    load(tmp_path, row(images=[host.at("/old.png", points_to("/a.png", status=status))]))

    assert ProductImage.objects.count() == 1
    assert host.asked == ["/old.png", "/a.png"]


def test_a_redirect_to_another_host_that_may_be_asked_is_followed(tmp_path: Path, host: Host) -> None:
    with picture_host() as other:
        there = other.at("/b.png", says(png()))
        load(tmp_path, row(images=[host.at("/a.png", points_to(there))]))

    assert (ProductImage.objects.count(), other.asked) == (1, ["/b.png"])


def test_of_redirects_three_are_followed(tmp_path: Path, host: Host) -> None:
    for number in range(4):
        host.at(f"/{number}", points_to(f"/{number + 1}"))
    host.at("/4", says(png()))

    assert refused(tmp_path, host.at("/0", points_to("/1"))) == "could not be fetched (TooManyRedirects)"
    assert host.asked == ["/0", "/1", "/2", "/3"]
    assert load(tmp_path, row(images=[f"http://127.0.0.1:{host.port}/1"])).complaints == []


def test_a_circle_of_redirects_ends(tmp_path: Path, host: Host) -> None:
    assert refused(tmp_path, host.at("/a.png", points_to("/a.png"))) == "could not be fetched (TooManyRedirects)"
    assert len(host.asked) == 4


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://10.0.0.1/a.png", "InvalidIPAddress"),
        ("http://192.168.0.1/a.png", "InvalidIPAddress"),
        ("http://169.254.169.254/latest/meta-data/", "InvalidIPAddress"),
        ("http://[fd00::1]/a.png", "InvalidIPAddress"),
        ("file:///etc/passwd", "InvalidSchema"),
        ("ftp://127.0.0.1/a.png", "InvalidSchema"),
        ("gopher://127.0.0.1/a", "InvalidSchema"),
        ("data:image/png;base64,AAAA", "InvalidSchema"),
        ("http://[::1", "ValueError"),
    ],
)
def test_a_redirect_to_where_nobody_may_ask_is_not_followed(tmp_path: Path, host: Host, target: str, reason: str) -> None:
    assert refused(tmp_path, host.at("/a.png", points_to(target))) == f"could not be fetched ({reason})"
    assert host.asked == ["/a.png"]


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for known in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(known, raising=False)
    with picture_host() as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        load(tmp_path, row(images=[host.at("/a.png", says(png()))]))

    assert (ProductImage.objects.count(), host.asked, proxy.asked) == (1, ["/a.png"], [])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(trickles(OK + b"\r\n", b"\0"), id="body"),
        pytest.param(trickles(OK + b"Content-Length: 5000\r\n\r\n", b"\0"), id="body with a length"),
        pytest.param(trickles(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n\0\r\n"), id="chunks"),
        pytest.param(trickles(OK + b"X-Long: ", b"x"), id="head"),
        pytest.param(trickles(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"), id="head of a chunk"),
    ],
)
def test_what_comes_drop_by_drop_is_given_up(tmp_path: Path, host: Host, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    monkeypatch.setattr(download, "MAX_SECONDS", 1)
    start = time.monotonic()

    reason = refused(tmp_path, host.at("/a.png", answer))

    assert time.monotonic() - start < PATIENT
    assert reason == "took longer than 1 seconds"


def test_nothing_is_fetched_from_this_machine_unless_that_is_set(tmp_path: Path) -> None:
    assert shop_settings.IMPORT_FROM_LOOPBACK is False
    with picture_host() as here:
        reason = refused(tmp_path, here.at("/a.png", says(png())))

    assert (reason, here.asked) == ("could not be fetched (InvalidIPAddress)", [])


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path, host: Host) -> None:
    sent: list[int] = []
    host.at("/a.png", says(png()))

    def leads_on(request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /a.png\r\nContent-Length: 200000000\r\n\r\n")
        sent.extend(request.wfile.write(bytes(MB)) for _ in range(200))

    load(tmp_path, row(images=[host.at("/old.png", leads_on)]))

    assert ProductImage.objects.count() == 1
    assert len(sent) < 100  # what lies in buffers; the shop has hung up
