"""/admin/products/importrun/: the background work in slices, interrupted, stopped and repeated"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from core import outbox
from core.models import Job
from products.importing import importer, slices
from products.models import ImportCheckpoint, ImportRun, Product, ProductImage, StockMovement, Variant
from products.tests.factories import make_png, make_product, make_variant
from products.tests.import_file import PRICES, make_row
from products.tests.picture_host import PictureHost, picture_host, respond_with
from tests.admin.import_pages import PAGE, confirm, confirm_and_import, get_counts, get_page, run_jobs, upload, upload_and_check
from tests.admin.staff_clients import make_superuser_client
from tests.crashes import CRASH_EXIT_CODE, make_environment
from tests.processes import ROOT
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
ROWS = [make_row(f"L-{number}") for number in range(12)]
CRASHING_WORKER = """
import os, re
import django
django.setup()
from django.db import connection
from core import outbox
from products.importing import slices
slices.SLICE_SECONDS = 60
inserts = 0

def watch(execute, sql, params, many, context):
    global inserts
    inserts += sql.startswith('INSERT INTO "products_product"')
    if inserts == 2:
        os._exit(9)
    return execute(sql, params, many, context)

with connection.execute_wrapper(watch):
    outbox.run_due()
"""


@pytest.fixture
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """End a slice after each batch, which has five rows."""
    monkeypatch.setattr(slices, "SLICE_SECONDS", -1)


def get_progress(client: Client, run: ImportRun) -> dict[str, Any]:
    """Return what the script of a run's page asks for."""
    response = client.get(f"{PAGE}{run.pk}/progress/")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    progress: dict[str, Any] = response.json()
    return progress


def let_lease_expire() -> None:
    """Make all leases of jobs expire."""
    Job.objects.filter(done_at=None).update(leased_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.usefixtures("short_slices")
def test_other_jobs_run_between_two_slices() -> None:
    order: list[str] = []
    outbox.job("note")(lambda payload: order.append(f"note after {ImportRun.objects.get().position} rows"))
    upload(make_superuser_client(), ROWS)

    try:
        outbox.run_due(limit=2)
        outbox.enqueue("note", {})
        run_jobs()
    finally:
        del outbox.HANDLERS["note"]

    assert order == ["note after 10 rows"]  # the slice before it was due earlier
    assert ImportRun.objects.get().created_count == 12


@pytest.mark.usefixtures("short_slices")
def test_the_page_and_its_script_see_how_far_the_import_is() -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    assert get_progress(client, run) == {
        "title": "Waiting for the check of products.json",
        "detail": "",
        "hint": "",
        "percent": 0,
        "is_in_progress": True,
    }

    outbox.run_due(limit=2)

    assert get_progress(client, run) == {
        "title": "Checking products.json",
        "detail": "5 of 12 rows",
        "hint": "",
        "percent": 41,
        "is_in_progress": True,
    }
    page = get_page(client, run)
    assert "5 of 12 rows" in page
    assert "Reload the page" in page
    run_jobs()
    assert get_progress(client, run)["is_in_progress"] is False
    assert "products/progress.js" in page
    assert "products/progress.js" not in get_page(client, run)


@pytest.mark.usefixtures("short_slices")
def test_a_row_is_compared_with_all_rows_before_it() -> None:
    tee = make_product("Tee", sku="TEE", price="20.00")
    Variant.objects.create(product=tee, sku="TEE-2", price=20)
    rows = [
        {"name": "Tee", "variants": [{"sku": "TEE", "price": 20}]},
        *ROWS,
        make_row("L-0", name="Again"),
        make_row("TEE-2", name="Same product"),
    ]
    client = make_superuser_client()
    reasons = ["SKU L-0 is already used in row 2", "row 1 already describes this product; list all of its variants in one row"]

    run = upload_and_check(client, rows)
    assert list(run.report_lines.filter(kind="problem").values_list("text", flat=True)) == reasons
    confirm_and_import(client, run)

    assert get_counts(run) == (12, 1, 0, 2, 0)
    assert list(run.report_lines.filter(kind="problem").values_list("row", "text")) == [(14, reasons[0]), (15, reasons[1])]
    assert run.preview[13]["changes"] == reasons[:1]


@pytest.mark.usefixtures("short_slices")
def test_what_the_last_row_proves_holds_for_the_first() -> None:
    client = make_superuser_client()
    lines = [f"L-{number};Lamp;1.299" for number in range(11)]

    run = upload_and_check(client, "\n".join(["sku;name;price", *lines, "L-11;Lamp;12,50"]))
    confirm_and_import(client, run)

    assert run.created_count == 12
    assert set(Variant.objects.exclude(sku="L-11").values_list("price", flat=True)) == {1299}
    assert list(run.report_lines.values_list("kind", "row", "text")) == [
        ("note", 0, PRICES),
        ("note", 0, "prices are read with a decimal comma: 1.299 is 1299"),
    ]
    assert "1.299 is 1299" in get_page(client, run)


@pytest.mark.usefixtures("short_slices")
def test_a_single_variant_in_a_row_of_its_own_is_known_in_the_next_slice() -> None:
    make_product("Tee", variants=[make_variant(f"T-{number}", name=str(number)) for number in range(12)])
    client = make_superuser_client()

    run = upload_and_check(client, [{"sku": f"T-{number}", "stock": 3} for number in range(12)])
    confirm_and_import(client, run)

    assert get_counts(run) == (0, 12, 0, 0, 0)
    assert set(Variant.objects.values_list("stock", flat=True)) == {3}


@pytest.mark.usefixtures("short_slices")
def test_what_is_missing_is_known_after_the_last_slice() -> None:
    for code in ("L-0", "L-11", "BAD", "GONE"):
        make_product(code, sku=code)
    client = make_superuser_client()

    run = upload_and_check(client, [make_row("BAD", price="x"), *ROWS], deactivate_missing="on")
    confirm_and_import(client, run)

    assert list(Product.objects.filter(is_active=False).values_list("name", flat=True)) == ["GONE"]
    assert run.deactivated_count == 1


@pytest.mark.usefixtures("short_slices")
def test_a_stopped_import_keeps_what_it_has_imported_and_counts_it() -> None:
    client = make_superuser_client()
    run = upload_and_check(client, ROWS)
    confirm(client, run)
    outbox.run_due(limit=2)

    client.post(f"{PAGE}{run.pk}/cancel/")
    run_jobs()

    run.refresh_from_db()
    assert (run.state, run.created_count, Product.objects.count()) == ("cancelled", 5, 5)
    assert "What had been imported before stays" in get_page(client, run)


@pytest.mark.parametrize(("interval", "imported"), [(0, 5), (60, 12)])
def test_an_import_that_is_stopped_within_a_slice_ends_soon(monkeypatch: pytest.MonkeyPatch, interval: int, imported: int) -> None:
    monkeypatch.setattr(slices, "PROGRESS_INTERVAL", interval)
    client = make_superuser_client()
    run = upload_and_check(client, ROWS)
    confirm(client, run)
    import_rows = importer.Import.run

    def stop_meanwhile(self: Any, *arguments: Any) -> Any:
        client.post(f"{PAGE}{run.pk}/cancel/")
        return import_rows(self, *arguments)

    monkeypatch.setattr(importer.Import, "run", stop_meanwhile)
    run_jobs()

    run.refresh_from_db()
    assert (run.state, run.position, run.created_count, Product.objects.count()) == ("cancelled", *[imported] * 3)
    assert not ImportCheckpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_costs_no_row_and_repeats_none() -> None:
    client = make_superuser_client()
    run = upload_and_check(client, ROWS)
    confirm(client, run)

    command = [sys.executable, "-c", CRASHING_WORKER]
    killed = subprocess.run(command, cwd=ROOT, env=make_environment(), capture_output=True, text=True, timeout=60, check=False)

    assert killed.returncode == CRASH_EXIT_CODE, killed.stderr
    assert Product.objects.count() == 5
    assert outbox.run_due() == (0, 0)
    let_lease_expire()
    run_jobs()
    run.refresh_from_db()
    assert (run.state, run.position, get_counts(run)) == ("done", 12, (7, 0, 5, 0, 0))
    assert Product.objects.count() == StockMovement.objects.count() == 12


def test_a_slice_that_another_worker_has_taken_over_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "PROGRESS_INTERVAL", 0)
    client = make_superuser_client()
    run = upload_and_check(client, ROWS)
    confirm(client, run)
    outbox.run_due(limit=1)
    import_rows = importer.Import.run

    def be_slow(self: Any, *arguments: Any) -> Any:
        monkeypatch.setattr(importer.Import, "run", import_rows)
        summary = import_rows(self, *arguments)
        let_lease_expire()
        run_jobs()
        return summary

    monkeypatch.setattr(importer.Import, "run", be_slow)
    outbox.run_due(limit=1)

    run.refresh_from_db()
    assert (run.state, run.position, get_counts(run)) == ("done", 12, (7, 0, 5, 0, 0))


def test_a_slice_is_not_counted_twice_if_its_worker_finishes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    run = upload_and_check(client, ROWS)
    confirm(client, run)
    outbox.run_due(limit=1)
    import_rows = importer.Import.run

    def be_slow(self: Any, *arguments: Any) -> Any:
        monkeypatch.setattr(importer.Import, "run", import_rows)
        slices.run_slice(run.pk, "running", 0)
        return import_rows(self, *arguments)

    monkeypatch.setattr(importer.Import, "run", be_slow)
    run_jobs()
    slices.run_slice(run.pk, "running", 0)

    run.refresh_from_db()
    assert (run.state, run.position, get_counts(run)) == ("done", 12, (12, 0, 0, 0, 0))


def test_a_check_that_finishes_after_the_confirmation_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    outbox.run_due(limit=1)
    import_rows = importer.Import.run

    def be_slow(self: Any, *arguments: Any) -> Any:
        monkeypatch.setattr(importer.Import, "run", import_rows)
        slices.run_slice(run.pk, "checking", 0)
        confirm(client, run)
        return import_rows(self, *arguments)

    monkeypatch.setattr(importer.Import, "run", be_slow)
    run_jobs()

    run.refresh_from_db()
    assert (run.state, run.position, get_counts(run)) == ("done", 12, (12, 0, 0, 0, 0))
    assert Product.objects.count() == 12


def test_a_slice_is_repeated_after_an_error_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    outbox.run_due(limit=1)

    def fail(*arguments: Any) -> Any:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(importer.Import, "run", fail)
        assert outbox.run_due() == (0, 1)

    assert "The last attempt failed (OperationalError: server closed the connection)." in get_page(client, run)
    Job.objects.update(run_at=timezone.now())
    run_jobs()
    run.refresh_from_db()
    assert (run.state, run.created_count) == ("checked", 12)


def test_an_unexpected_error_fails_the_import_and_the_next_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    outbox.run_due(limit=1)

    def fail(*arguments: Any) -> Any:
        raise TypeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(importer.Import, "run", fail)
        run_jobs()

    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", slices.UNEXPECTED)
    assert upload_and_check(client, ROWS).state == "checked"


def test_a_page_says_if_no_worker_runs() -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    question = "No background worker has started this for 40 seconds. Is manage.py run_jobs running?"
    ago = timezone.now() - timedelta(seconds=40)

    ImportRun.objects.update(updated_at=ago)
    assert question in get_page(client, run)
    outbox.run_due(limit=1)
    assert question not in get_page(client, run)
    Job.objects.update(run_at=ago)
    assert question in get_page(client, run)


def test_a_page_says_if_the_worker_is_silent_or_has_given_up() -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    outbox.run_due(limit=1)
    now = timezone.now()

    Job.objects.update(attempts=1, leased_until=now + outbox.LEASE)
    assert get_progress(client, run)["hint"] == ""
    Job.objects.update(leased_until=now + outbox.LEASE - timedelta(seconds=130))
    assert get_progress(client, run)["hint"].startswith("The worker has been silent for 2 minutes.")
    Job.objects.update(failed_at=now, last_error="the worker died during the job")
    assert get_progress(client, run)["hint"] == (
        "The background job has failed too often (the worker died during the job). Retry it under System, Jobs, or stop the import."
    )


def test_progress_is_saved_and_the_lease_renewed_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_superuser_client()
    run = upload(client, ROWS)
    outbox.run_due(limit=1)
    seen: list[tuple[int, bool]] = []
    import_rows = importer.Import.run

    def watch(self: Any, *arguments: Any) -> Any:
        job = Job.objects.get(done_at=None)
        assert job.leased_until is not None
        seen.append((ImportRun.objects.get().progress, job.leased_until > timezone.now() + timedelta(minutes=4)))
        Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() + timedelta(seconds=10))
        return import_rows(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(importer.Import, "run", watch)
        patch.setattr(slices, "PROGRESS_INTERVAL", 0)
        patch.setattr(slices, "FIRST_BATCH", 4)
        patch.setattr(slices, "build_preview", lambda *arguments: [])
        run_jobs()
    with capture_statements() as statements:
        confirm_and_import(client, run)

    assert seen == [(0, True), (4, True)]
    assert sum('SET "progress"' in statement for statement in statements) == 0


def test_the_database_allows_one_active_import() -> None:
    ImportRun.objects.create(name="a", size=1, state="checking")
    ImportRun.objects.create(name="b", size=1, state="checked")

    with pytest.raises(IntegrityError):
        ImportRun.objects.create(name="c", size=1, state="running")


@pytest.fixture
def host(settings: Settings) -> Iterator[PictureHost]:
    """Start a picture host from which the shop may download."""
    settings.IMPORT_FROM_LOOPBACK = True
    with picture_host() as running:
        yield running


@pytest.mark.once
def test_pictures_are_fetched_in_the_background_and_files_are_named_as_missing(host: PictureHost) -> None:
    url = host.serve("/lamp.png", respond_with(make_png()))
    client = make_superuser_client()
    rows = [make_row("A", images=[url]), make_row("B", images=["lamp.png", "file.json", "../file.json"])]

    run = upload_and_check(client, rows)
    assert host.requested_paths == []
    confirm_and_import(client, run)

    assert host.requested_paths == ["/lamp.png"]
    assert (get_counts(run), run.failed_pictures_count) == ((2, 0, 0, 0, 0), 3)
    assert list(ProductImage.objects.values_list("product__name", flat=True)) == ["Lamp A"]
    assert set(run.report_lines.values_list("kind", "row", "text")) == {
        ("note", 0, PRICES),
        ("picture", 2, "picture lamp.png was not found"),
        ("picture", 2, "picture file.json was not found"),
        ("picture", 2, "picture ../file.json was not found"),
    }
    assert "picture lamp.png was not found" in get_page(client, run)


def test_the_pages_cost_the_same_for_any_number_of_runs_and_problems() -> None:
    client = make_superuser_client()
    small = upload_and_check(client, [make_row("A", price="x")])

    def count() -> tuple[int, int]:
        with capture_statements() as listed:
            client.get(PAGE)
        with capture_statements() as shown:
            get_page(client, run)
        return len(listed), len(shown)

    run = small
    costs = count()
    for _ in range(10):
        run = upload_and_check(client, [make_row(f"R-{number}", price="x") for number in range(60)])

    assert count() == costs
    assert costs[1] <= 6
    assert get_page(client, run).count("price must be an amount like 19.99") == 70


def test_a_run_whose_job_was_deleted_is_started_by_the_next_upload() -> None:
    client = make_superuser_client()
    first = upload(client, ROWS)
    Job.objects.all().delete()

    upload(client, ROWS)
    run_jobs()

    first.refresh_from_db()
    assert first.state == "checked"
    assert set(ImportRun.objects.values_list("state", flat=True)) == {"checked"}


@pytest.mark.parametrize("is_same", [True, False])
def test_a_run_that_is_started_concurrently_is_left_to_the_other_worker(is_same: bool) -> None:
    client = make_superuser_client()
    first, second = upload(client, ROWS), upload(client, ROWS)
    other = first if is_same else second

    def start_other(execute: Any, sql: str, *arguments: Any) -> Any:
        result = execute(sql, *arguments)
        if 'AS "a" FROM "products_importrun"' in sql:
            ImportRun.objects.filter(pk=other.pk).update(state="checking")
        return result

    with connection.execute_wrapper(start_other):
        assert outbox.run_due() == (2, 0)

    assert set(ImportRun.objects.exclude(pk=other.pk).values_list("state", flat=True)) == {"uploaded"}
    assert not Job.objects.filter(kind="import_slice").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("short_slices")
def test_four_workers_check_three_files_one_after_the_other() -> None:
    client = make_superuser_client()
    for code in ("A", "B", "C"):
        upload(client, [make_row(f"{code}-{number}") for number in range(12)])

    def work() -> None:
        try:
            while Job.objects.filter(done_at=None).exists():
                outbox.run_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [get_counts(run) for run in ImportRun.objects.filter(state="checked")] == [(12, 0, 0, 0, 0)] * 3
    assert not Job.objects.exclude(last_error="").exists()
    first, second, third = ImportRun.objects.order_by("pk")
    assert first.checked_at is not None
    assert second.checked_at is not None
    assert third.checked_at is not None
    assert first.checked_at < second.checked_at < third.checked_at
