"""`manage.py import_products`: pictures that a row references by URL"""

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
from products.tests.factories import make_png
from products.tests.import_file import CommandResult, import_rows, list_stored_files, make_row
from products.tests.picture_host import PictureHost, Request, Responder, picture_host, redirect_to, respond_slowly, respond_with

pytestmark = [pytest.mark.django_db, pytest.mark.once]
MB = 1024 * 1024
UNCHANGED = CommandResult(0, ["0 created, 0 changed, 1 unchanged, 0 failed"], [])
OK = b"HTTP/1.1 200 OK\r\n"
COMPRESSED = "was sent compressed, although no compression was requested"
MAX_TEST_SECONDS = 3  # seconds: longer than MAX_SECONDS in these tests, shorter than an endless response


@pytest.fixture
def host(settings: Settings) -> Iterator[PictureHost]:
    """Start a picture host from which the shop may download."""
    settings.IMPORT_FROM_LOOPBACK = True
    with picture_host() as running:
        yield running


def import_and_get_reason(folder: Path, address: str) -> str:
    """Import a row with a picture at this URL, and return why it failed; the row is imported, and nothing is stored."""
    result = import_rows(folder, make_row(images=[address]))
    assert (result.code, result.output) == (0, ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"])
    assert (Product.objects.count(), ProductImage.objects.count(), list_stored_files()) == (1, 0, [])
    start = f"  row 1 (Lamp LMP-1): picture {address[:80]} "
    assert len(result.errors) == 1
    assert result.errors[0].startswith(start)
    return result.errors[0].removeprefix(start)


def test_a_picture_is_fetched_stored_and_not_fetched_again(tmp_path: Path, host: PictureHost) -> None:
    row = make_row(
        images=[
            host.serve("/a.png", respond_with(make_png("red"))),
            {"url": host.serve("/b.png?x=1", respond_with(make_png("blue"))), "alt": "Blue"},
        ]
    )

    assert import_rows(tmp_path, row) == (0, ["1 created, 0 changed, 0 unchanged, 0 failed"], [])
    assert import_rows(tmp_path, row) == UNCHANGED

    assert host.requested_paths == ["/a.png", "/b.png?x=1"]
    assert [(p.alt, p.width, p.height) for p in ProductImage.objects.order_by("position")] == [("Lamp LMP-1", 2, 1), ("Blue", 2, 1)]
    assert len(list_stored_files()) == 2


def test_only_what_has_been_decoded_is_stored(tmp_path: Path, host: PictureHost) -> None:
    import_rows(
        tmp_path,
        make_row(
            images=[host.serve("/a.html", respond_with(make_png("red") + b"<script>alert(1)</script>", Content_Type="text/html"))]
        ),
    )

    file = list_stored_files()[0]
    assert file.suffix == ".png"
    assert b"script" not in file.read_bytes()
    with Image.open(file) as picture:
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_it_says_who_asks_and_nothing_else(tmp_path: Path, host: PictureHost) -> None:
    import_rows(tmp_path, make_row(images=[host.serve("/a.png", respond_with(make_png()))]))

    assert host.headers[0]["User-Agent"] == "shop-import/1"
    assert host.headers[0]["Accept"] == "image/*"
    assert host.headers[0]["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization"} & set(host.headers[0])


def test_a_large_picture_has_a_thumbnail(tmp_path: Path, host: PictureHost) -> None:
    buffer = BytesIO()
    Image.new("RGB", (600, 300), "red").save(buffer, "JPEG")

    import_rows(tmp_path, make_row(images=[host.serve("/a.jpg", respond_with(buffer.getvalue()))]))

    picture = ProductImage.objects.get()
    assert (picture.width, picture.height, picture.thumbnail.endswith(".webp")) == (600, 300, True)


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (respond_with(b"", status=404), "could not be fetched (status 404)"),
        (respond_with(make_png(), status=500), "could not be fetched (status 500)"),
        (respond_with(make_png(), status=206), "could not be fetched (status 206)"),
        (respond_with(b"", status=204), "could not be fetched (status 204)"),
        (respond_with(b""), "is not a JPEG, PNG or WebP"),
        (respond_with(b"<html>Not found</html>", Content_Type="image/png"), "is not a JPEG, PNG or WebP"),
        (respond_with(b"GIF89a\x01\x00\x01\x00"), "is not a JPEG, PNG or WebP"),
        (respond_with(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "is not a JPEG, PNG or WebP"),
        (respond_with(make_png()[:40]), "is not a JPEG, PNG or WebP"),
        (respond_with(make_png() + b"\0" * 5 * MB), "is larger than 5 MB"),
        (respond_with(make_png() + b"\0" * 5 * MB, has_length=False), "is larger than 5 MB"),
        (respond_with(gzip.compress(b"\0" * 50 * MB), Content_Encoding="gzip"), COMPRESSED),
        (respond_with(gzip.compress(gzip.compress(b"\0" * 50 * MB)), Content_Encoding="gzip, gzip"), COMPRESSED),
        (respond_with(gzip.compress(make_png()), Content_Encoding="gzip"), COMPRESSED),
        (respond_with(b"no gzip", Content_Encoding="gzip"), COMPRESSED),
        (
            lambda request: request.wfile.write(OK + b"Content-Length: 500\r\n\r\n" + make_png()),
            "could not be fetched (its host broke off the answer)",
        ),
        (lambda request: request.wfile.write(b"hello\r\n\r\n"), "could not be fetched (the connection to its host failed)"),
        (lambda request: None, "could not be fetched (the connection to its host failed)"),
    ],
)
def test_what_is_no_good_picture_is_named_and_the_row_is_in(
    tmp_path: Path, host: PictureHost, respond: Responder, reason: str
) -> None:
    assert import_and_get_reason(tmp_path, host.serve("/a.png", respond)) == reason


def test_what_is_too_large_is_not_read_to_its_end(host: PictureHost) -> None:
    with pytest.raises(download.Unfetchable, match="is larger than 5 MB"):
        download.fetch_image(host.serve("/a.png", respond_with(b"\0" * 50 * MB)))


def test_a_picture_of_5_mb_is_taken(tmp_path: Path, host: PictureHost) -> None:
    content = make_png() + b"\0" * (5 * MB - len(make_png()))

    assert import_rows(tmp_path, make_row(images=[host.serve("/a.png", respond_with(content))])).errors == []
    assert ProductImage.objects.count() == 1


def test_what_failed_is_tried_again_at_the_next_run(tmp_path: Path, host: PictureHost) -> None:
    row = make_row(images=[host.serve("/a.png", respond_with(b"", status=503))])
    import_rows(tmp_path, row)
    host.serve("/a.png", respond_with(make_png()))

    assert import_rows(tmp_path, row).output == ["0 created, 1 changed, 0 unchanged, 0 failed"]
    assert host.requested_paths == ["/a.png", "/a.png"]


def test_a_host_that_nobody_runs_is_named(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORT_FROM_LOOPBACK = True
    with picture_host() as stopped_host:
        address = stopped_host.serve("/a.png", respond_with(make_png()))

    assert import_and_get_reason(tmp_path, address) == "could not be fetched (the connection to its host failed)"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(tmp_path: Path, host: PictureHost, status: int) -> None:
    host.serve("/a.png", respond_with(make_png()))

    import_rows(tmp_path, make_row(images=[host.serve("/old.png", redirect_to("/a.png", status=status))]))

    assert ProductImage.objects.count() == 1
    assert host.requested_paths == ["/old.png", "/a.png"]


def test_a_redirect_to_another_host_that_may_be_asked_is_followed(tmp_path: Path, host: PictureHost) -> None:
    with picture_host() as other_host:
        url = other_host.serve("/b.png", respond_with(make_png()))
        import_rows(tmp_path, make_row(images=[host.serve("/a.png", redirect_to(url))]))

    assert (ProductImage.objects.count(), other_host.requested_paths) == (1, ["/b.png"])


def test_of_redirects_three_are_followed(tmp_path: Path, host: PictureHost) -> None:
    for number in range(4):
        host.serve(f"/{number}", redirect_to(f"/{number + 1}"))
    host.serve("/4", respond_with(make_png()))

    assert import_and_get_reason(tmp_path, host.serve("/0", redirect_to("/1"))) == "could not be fetched (more than 3 redirects)"
    assert host.requested_paths == ["/0", "/1", "/2", "/3"]
    assert import_rows(tmp_path, make_row(images=[f"http://127.0.0.1:{host.port}/1"])).errors == []


def test_a_circle_of_redirects_ends(tmp_path: Path, host: PictureHost) -> None:
    assert (
        import_and_get_reason(tmp_path, host.serve("/a.png", redirect_to("/a.png")))
        == "could not be fetched (more than 3 redirects)"
    )
    assert len(host.requested_paths) == 4


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://10.0.0.1/a.png", "its host is not public"),
        ("http://192.168.0.1/a.png", "its host is not public"),
        ("http://169.254.169.254/latest/meta-data/", "its host is not public"),
        ("http://[fd00::1]/a.png", "its host is not public"),
        ("file:///etc/passwd", "its URL is not valid"),
        ("ftp://127.0.0.1/a.png", "its URL is not valid"),
        ("gopher://127.0.0.1/a", "its URL is not valid"),
        ("data:image/png;base64,AAAA", "its URL is not valid"),
        ("http://[::1", "ValueError"),
    ],
)
def test_a_redirect_to_where_nobody_may_ask_is_not_followed(tmp_path: Path, host: PictureHost, target: str, reason: str) -> None:
    assert import_and_get_reason(tmp_path, host.serve("/a.png", redirect_to(target))) == f"could not be fetched ({reason})"
    assert host.requested_paths == ["/a.png"]


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used(
    tmp_path: Path, host: PictureHost, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with picture_host() as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        import_rows(tmp_path, make_row(images=[host.serve("/a.png", respond_with(make_png()))]))

    assert (ProductImage.objects.count(), host.requested_paths, proxy.requested_paths) == (1, ["/a.png"], [])


@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(respond_slowly(OK + b"\r\n", b"\0"), id="body"),
        pytest.param(respond_slowly(OK + b"Content-Length: 5000\r\n\r\n", b"\0"), id="body with a length"),
        pytest.param(respond_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n\0\r\n"), id="chunks"),
        pytest.param(respond_slowly(OK + b"X-Long: ", b"x"), id="head"),
        pytest.param(respond_slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"), id="head of a chunk"),
    ],
)
def test_what_comes_drop_by_drop_is_given_up(
    tmp_path: Path, host: PictureHost, monkeypatch: pytest.MonkeyPatch, respond: Responder
) -> None:
    monkeypatch.setattr(download, "MAX_SECONDS", 1)
    start = time.monotonic()

    reason = import_and_get_reason(tmp_path, host.serve("/a.png", respond))

    assert time.monotonic() - start < MAX_TEST_SECONDS
    assert reason == "took longer than 1 seconds"


def test_nothing_is_fetched_from_this_machine_unless_that_is_set(tmp_path: Path) -> None:
    assert shop_settings.IMPORT_FROM_LOOPBACK is False
    with picture_host() as local_host:
        reason = import_and_get_reason(tmp_path, local_host.serve("/a.png", respond_with(make_png())))

    assert (reason, local_host.requested_paths) == ("could not be fetched (its host is not public)", [])


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path, host: PictureHost) -> None:
    sent_bytes: list[int] = []
    host.serve("/a.png", respond_with(make_png()))

    def redirect_slowly(request: Request) -> None:
        request.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /a.png\r\nContent-Length: 200000000\r\n\r\n")
        sent_bytes.extend(request.wfile.write(bytes(MB)) for _ in range(200))

    import_rows(tmp_path, make_row(images=[host.serve("/old.png", redirect_slowly)]))

    assert ProductImage.objects.count() == 1
    assert len(sent_bytes) < 100  # only what fits in buffers; the shop has closed the connection
