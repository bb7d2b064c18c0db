"""/admin/products/importrun/ in a real browser: upload, preview, import, report, on a desktop and on a phone, with a worker"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from core import outbox
from products.importing import slices
from products.models import ImportRun, Product
from products.tests.factories import make_product
from products.tests.import_file import PRICES
from tests.axe import find_violations
from tests.browser import launch_chromium

pytestmark = [pytest.mark.browser, pytest.mark.node, pytest.mark.once, pytest.mark.django_db(transaction=True)]
PASSWORD = "a staff of oak"
PAGE = "/admin/products/importrun/"
PICTURE = "mug-from-a-folder-with-a-long-name.png"
FILE = f"sku,name,price,stock,images\nL-1,Brass lamp,25.00,7,\nM-1,Mug,4.50,3,{PICTURE}\nX-1,Broken,x,1,\n"
COUNT_CUT_CELLS = (
    "[...document.querySelectorAll('.shop-rows td')].filter((cell) => cell.scrollHeight > cell.clientHeight + 1).length"
)


class Worker:
    """A worker that runs the jobs that are due while it is awake."""

    def __init__(self) -> None:
        self.is_awake, self.is_over = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        while not self.is_over.wait(0.1):
            if self.is_awake.is_set():
                outbox.run_due()
        connection.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker that sleeps until the test wakes it."""
    worker = Worker()
    worker.thread.start()
    yield worker
    worker.is_over.set()
    worker.thread.join()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of the admin in which a member of staff has signed in; the parameter is its colour scheme and width."""
    User.objects.create_superuser("staff@example.com", PASSWORD)
    colours, width = request.param
    context = browser.new_context(
        color_scheme=colours,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        base_url=live_server.url,
    )
    page, errors = context.new_page(), list[str]()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/admin/login/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    yield page
    context.close()
    assert errors == []


def find_problems(page: Page, packages: Path) -> list[str]:
    """Return what is wrong with a page: violations of WCAG, and content wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    cut = page.evaluate(COUNT_CUT_CELLS)
    return [
        *(f"{page.url} {problem}" for problem in find_violations(page, packages)),
        *([f"{page.url} is {wide} pixels too wide"] if wide > 0 else []),
        *([f"{page.url} cuts off {cut} cells"] if cut else []),
    ]


@pytest.mark.parametrize("page", [("light", 1280), ("dark", 390)], indirect=True)
def test_a_file_is_imported_by_clicks(page: Page, worker: Worker, tmp_path: Path, packages: Path) -> None:
    make_product("Lamp", sku="L-1", price="20.00", stock=10)
    (tmp_path / "products.csv").write_text(FILE)
    page.goto(PAGE)
    problems = find_problems(page, packages)

    page.set_input_files("input[type=file]", tmp_path / "products.csv")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Waiting for the check of products.csv").last).to_be_visible()
    problems += find_problems(page, packages)
    worker.is_awake.set()

    expect(page.get_by_role("button", name="Import now")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("price: ₹20.00 → ₹25.00")).to_be_visible()
    expect(page.get_by_text(f"picture {PICTURE} was not found")).to_be_visible()
    problems += find_problems(page, packages)
    assert Product.objects.count() == 1
    page.get_by_role("button", name="Import now").click()

    expect(page.get_by_text("The import is complete.")).to_be_visible(timeout=15_000)
    problems += find_problems(page, packages)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report (CSV)").click()
    assert download.value.path().read_text(encoding="utf-8-sig").splitlines() == [
        "row,sku,name,kind,text",
        f'0,,,note,"{PRICES}"',
        f"3,M-1,Mug,picture,picture {PICTURE} was not found",
        "4,X-1,Broken,problem,price must be an amount like 19.99: 'x'",
    ]
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Brass lamp", "Mug"]
    page.get_by_role("link", name="Import another file").click()
    expect(page.get_by_role("link", name="products.csv")).to_be_visible()
    problems += find_problems(page, packages)
    assert problems == []


@pytest.mark.parametrize("page", [("light", 1280)], indirect=True)
def test_the_page_follows_the_import_by_itself(page: Page, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SLICE_SECONDS", -1)
    lines = "".join(f"L-{number},Lamp,20\n" for number in range(10))
    (tmp_path / "products.csv").write_text(f"sku,name,price\n{lines}")
    page.goto(PAGE)
    page.set_input_files("input[type=file]", tmp_path / "products.csv")
    page.get_by_role("button", name="Check the file").click()

    outbox.run_due(limit=2)
    expect(page.get_by_text("5 of 10 rows")).to_be_visible()
    assert page.get_by_role("progressbar").evaluate("(bar) => bar.value") == 50
    ImportRun.objects.update(progress=7)
    expect(page.get_by_text("7 of 10 rows")).to_be_visible()
    worker.is_awake.set()

    expect(page.get_by_role("button", name="Import now")).to_be_visible(timeout=15_000)
