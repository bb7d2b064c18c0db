"""`make docs`: the site is complete, loads nothing from another host, can be searched, and has no broken link"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from docs_site import pages
from docs_site.__main__ import build_site
from tests.browser import launch_chromium
from tests.processes import ROOT

pytestmark = pytest.mark.once
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]* src=\"([^\"]+)\"|<link[^>]* rel=\"(?:stylesheet|icon|preload)\"[^>]* href=\"([^\"]+)\""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once for the tests of this file."""
    folder = tmp_path_factory.mktemp("site")
    assert build_site(folder) == 0
    return folder


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with documents of its own; everything else is the real one."""
    project = tmp_path / "project"
    project.mkdir()
    for path in ROOT.iterdir():
        if path.name == "docs":
            shutil.copytree(path, project / "docs")
        else:
            (project / path.name).symlink_to(path)
    monkeypatch.setattr(pages, "ROOT", project)
    return project


@pytest.fixture
def page() -> Iterator[Page]:
    """A tab without a network."""
    with launch_chromium() as browser, browser.new_context(offline=True) as context:
        yield context.new_page()


def test_every_document_has_a_page(site: Path) -> None:
    documents = [path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]

    assert Path("tutorials/first-shop-front.html") in documents
    assert [path for path in documents if not (site / path).is_file()] == []
    assert (site / "index.html").is_file()
    assert (site / "architecture.html").is_file()


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    loaded = {first or second for path in site.rglob("*.html") for first, second in LOADED.findall(path.read_text())}

    assert "assets/iframe-worker.js" in loaded
    assert [address for address in loaded if re.match("(https?:)?//", address)] == []


def test_every_setting_and_every_operation_can_be_searched(site: Path) -> None:
    entries = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    settings = "".join(entry["text"] for entry in entries if entry["location"].startswith("reference/configuration.html"))
    operations = "".join(entry["text"] for entry in entries if entry["location"].startswith("reference/api.html"))
    names = re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"]

    assert [name for name in names if f"{name}=" not in settings] == []
    assert [path for path in paths if path.replace("<", "&lt;") not in operations] == []


def test_a_link_to_a_source_file_shows_the_file(site: Path) -> None:
    text = (site / "clients.html").read_text()

    assert 'href="source/examples/storefront/api.js.html"' in text
    assert "export function client" in re.sub(
        "<[^>]+>", "", (site / "source" / "examples" / "storefront" / "api.js.html").read_text()
    )


def test_a_broken_link_fails_the_build(copy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    links = ("nothing.md", "../nothing.py", "payments.md#nothing", "/payments.md")
    document = copy / "docs" / "accounts.md"
    document.write_text("\n\n".join((document.read_text(), *(f"[broken]({link})" for link in links))))

    code = build_site(tmp_path / "site")

    assert code == 1
    warnings = [line for line in capfd.readouterr().err.splitlines() if line.startswith("WARNING")]
    assert [any("'accounts.md' contains" in line and f"'{link}'" in line for line in warnings) for link in links] == [True] * 4


@pytest.mark.browser
def test_the_site_is_searched_without_a_server(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_placeholder("Search").fill("SMS_FILE_PATH")

    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile(r"reference/configuration\.html"))
