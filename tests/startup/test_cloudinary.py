"""Cloudinary, by its real packages: a start-up choice, so each of these starts the shop with its keys, beside a stand-in."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import s3_stand_in
from tests.cloudinary_stand_in import CLOUD, KEY, SECRET, StandIn, run_stand_in
from tests.image_files import make_image
from tests.processes import PRODUCTION, ROOT, copy_to, run, run_script
from tests.run import measured

KEYS = {"CLOUDINARY_CLOUD_NAME": CLOUD, "CLOUDINARY_API_KEY": KEY, "CLOUDINARY_API_SECRET": SECRET}
SCRIPT = """
import io
from pathlib import Path
from django.core.management import CommandError, call_command
from orders.models import *
from products.models import *
from products.media import storage

def call(name, **options):
    out = io.StringIO()
    try:
        call_command(name, stdout=out, stderr=out, **options)
    except CommandError as refusal:
        return [refusal.returncode, str(refusal)]
    return [0, out.getvalue()]

def get_shown():
    return [[i.image.name, storage.get_thumbnail_url(i.thumbnail or i.image.name)] for i in ProductImage.objects.order_by("pk")]

"""


def test_the_shop_with_its_keys(tmp_path: Path) -> None:
    command = [
        *(measured("cloudinary") if "SLIPCOVER_ENABLED" in os.environ else (sys.executable, "-m", "pytest")),
        "-q",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        *sorted(str(file) for file in (ROOT / "tests" / "on_cloudinary").glob("check_*.py")),
    ]
    environment = {**os.environ, **KEYS, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "REDIS_URL": ""}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_static_files_are_collected_with_the_keys_set(tmp_path: Path) -> None:
    done = run(copy_to(tmp_path), "manage.py", "collectstatic", "--noinput", **PRODUCTION, **KEYS)

    assert done.returncode == 0, done.stderr
    assert "static files copied" in done.stdout
    assert (tmp_path / "staticfiles" / "staticfiles.json").is_file()


def test_without_keys_the_packages_are_never_imported(project: Path) -> None:
    ask = "import sys, store.urls; from products.media import storage; from django.core.files.storage import default_storage as s\n"

    said = run_script(
        project, ask + "s.url('x'); print(json.dumps([name for name in sys.modules if 'cloudinary' in name]))", **PRODUCTION
    )

    assert said == []


@pytest.fixture
def host() -> Iterator[StandIn]:
    """Start a stand-in for the picture host."""
    with run_stand_in() as stand_in:
        yield stand_in


@pytest.fixture
def bucket() -> Iterator[s3_stand_in.StandIn]:
    """Start a stand-in for a store of images."""
    with s3_stand_in.run_stand_in() as stand_in:
        yield stand_in


def test_a_shop_moves_to_a_bucket_to_cloudinary_and_back(
    project: Path, tmp_path: Path, bucket: s3_stand_in.StandIn, host: StandIn
) -> None:
    shop = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "MEDIA_ROOT": f"{tmp_path}/media"}
    shop["IMPORT_FROM_LOOPBACK"] = "1"
    there = {**shop, **KEYS, "CLOUDINARY_UPLOAD_PREFIX": host.url}
    (tmp_path / "lamp.jpg").write_bytes(make_image("JPEG", (900, 600)))
    (tmp_path / "p.json").write_text('[{"sku": "L", "name": "Lamp", "category": "Home", "price": 2, "images": ["lamp.jpg"]}]')
    steps = f'call("migrate", verbosity=0), call("import_products", file=Path("{tmp_path}/p.json"))'

    imported, [[first, _]] = run_script(project, f"{SCRIPT}print(json.dumps([[{steps}], get_shown()]))", **shop)
    moved, [[key, small]] = run_script(
        project, SCRIPT + 'print(json.dumps([call("move_media"), get_shown()]))', **shop, **s3_stand_in.get_variables(bucket)
    )

    content = (tmp_path / "media" / first).read_bytes()
    assert [code for code, _ in imported] == [0, 0]
    assert (moved, bucket.files[key]) == ([0, "1 moved, 0 failed\n"], content)
    assert (small.startswith("https://images.shop.example/products/"), small.endswith(".webp")) == (True, True)

    steps = f'call("move_media", from_url="{bucket.public_url}"), get_shown()'
    moved, [[public_id, small]] = run_script(project, f"{SCRIPT}print(json.dumps([{steps}]))", **there)

    assert (moved, host.files) == ([0, "1 moved, 0 failed\n"], {public_id: content})
    assert small == f"https://res.cloudinary.com/{CLOUD}/image/upload/c_limit,h_480,w_480,f_auto/v1/{public_id}"

    steps = f'call("move_media"), call("move_media", from_url="{host.delivery}/"), get_shown()'
    unsaid, back, [[last, path]] = run_script(project, f"{SCRIPT}print(json.dumps([{steps}]))", **shop)

    assert (unsaid[0], "--from-url" in unsaid[1]) == (2, True)
    assert back == [0, "1 moved, 0 failed\n"]
    assert (tmp_path / "media" / last).read_bytes() == content
    assert (path.startswith("/media/products/"), path.endswith(".webp")) == (True, True)
