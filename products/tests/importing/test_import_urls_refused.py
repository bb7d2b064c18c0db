"""`manage.py import_products`: URLs from which nothing is ever downloaded"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from products.models import Product, ProductImage
from products.tests.factories import make_png
from products.tests.import_file import import_rows, list_stored_files, make_row
from products.tests.picture_host import PictureHost, picture_host, respond_with

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def host() -> Iterator[PictureHost]:
    """Start a picture host on this machine, from which the shop may not download."""
    with picture_host() as running:
        running.serve("/a.png", respond_with(make_png()))
        yield running


def import_and_get_reason(folder: Path, address: str) -> str:
    """Import a row with this picture, and return why it failed."""
    result = import_rows(folder, make_row(images=[address]))
    assert result.output == ["1 created, 0 changed, 0 unchanged, 0 failed, 1 picture(s) missing"]
    assert (Product.objects.count(), ProductImage.objects.count(), list_stored_files()) == (1, 0, [])
    return result.errors[0].removeprefix(f"  row 1 (Lamp LMP-1): picture {address[:80]} ")


@pytest.mark.parametrize(
    "name",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "127.0.0.2", "127.1", "000.0.0.0", "0.0.0.0", "0"),  # noqa: S104 - not bound to
        *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]"),
        *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "user:secret@127.0.0.1", "example.com@127.0.0.1", "[64:ff9b::7f00:1]"),
    ],
)
def test_this_machine_is_not_asked_however_it_is_written(tmp_path: Path, host: PictureHost, name: str) -> None:
    assert import_and_get_reason(tmp_path, f"http://{name}:{host.port}/a.png") == "could not be fetched (its host is not public)"
    assert host.requested_paths == []


@pytest.mark.parametrize(
    "name",
    [
        *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1"),
        *("[fd00::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[2002:7f00:1::]", "224.0.0.1", "255.255.255.255"),
        *("192.0.0.1", "198.18.0.1", "2852039166", "0xa9fea9fe", "240.0.0.1", "[ff02::1]"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_networks_around_it_are_not_asked(tmp_path: Path, scheme: str, name: str) -> None:
    assert import_and_get_reason(tmp_path, f"{scheme}://{name}/a.png") == "could not be fetched (its host is not public)"


@pytest.mark.parametrize("scheme", ["ftp", "file", "gopher", "dict", "ldap", "ws", "httpx", "javascript"])
def test_another_scheme_is_the_name_of_a_file_that_is_not_there(tmp_path: Path, host: PictureHost, scheme: str) -> None:
    assert import_and_get_reason(tmp_path, f"{scheme}://127.0.0.1:{host.port}/a.png") == "was not found"
    assert host.requested_paths == []


def test_a_file_address_shows_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(make_png())

    assert import_and_get_reason(tmp_path, f"file://{secret}") == "was not found"


@pytest.mark.parametrize(
    "file_name", ["data:image/png;base64,iVBORw0KGgo=", "//127.0.0.1/a.png", "http:/127.0.0.1/a.png", "http:a.png"]
)
def test_what_is_no_whole_address_is_the_name_of_a_file(tmp_path: Path, file_name: str) -> None:
    assert import_and_get_reason(tmp_path, file_name) == "was not found"


@pytest.mark.parametrize(
    "address",
    [
        *("http://", "http:///a.png", "http://[::1/a.png", "http://exa mple/a.png", "http://.example.com/a.png"),
        *("http://127.0.0.1:99999/a.png", "http://127.0.0.1:abc/a.png", f"http://{'a' * 70}.com/a.png"),
        *("http://a%00b/a.png", "http://xn--/a.png", "http://*/a.png", "http://ex\u2100mple.com/a.png"),
    ],
)
def test_a_broken_address_is_named(tmp_path: Path, address: str) -> None:
    assert import_and_get_reason(tmp_path, address).startswith("could not be fetched (")


def test_the_scheme_may_be_written_in_capitals(tmp_path: Path, host: PictureHost) -> None:
    assert import_and_get_reason(tmp_path, f"HTTP://127.0.0.1:{host.port}/a.png") == "could not be fetched (its host is not public)"
    assert host.requested_paths == []
