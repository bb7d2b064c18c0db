"""Clients generated from openapi.yaml by the commands of docs/clients.md: their types hold, and they buy in a running shop"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.tests.factories import make_user, sell_products
from orders.models import Order, Payment
from orders.tests.payments.card_payments import CardPayments
from products.models import StockMovement
from tests.clients import node
from tests.image_files import make_image
from tests.processes import ROOT

pytestmark = pytest.mark.once
FOLDER = Path(__file__).parent
PAGE = (ROOT / "docs" / "clients.md").read_text()
ROW = re.compile(r"^\|[^|]+\| `([^`]+)` \| \[(\w+)\.(ts|py)\]", re.MULTILINE)
EXCERPT = re.compile(r"```(?:ts|python)\n(?://|#) (\S+)\n(.*?)```", re.DOTALL)
TSC = "npx tsc --strict --noUncheckedIndexedAccess --target es2022 --module nodenext --outDir compiled journey.ts"
TYPE_CHECKS = {
    "openapi_fetch": TSC,
    "hey_api": TSC,
    "typescript_fetch": f"{TSC} --noUncheckedIndexedAccess false",  # the generator's own runtime.ts does not pass it
    "openapi_python_client": "mypy --config-file= --cache-dir mypy --strict journey.py shop",
    # The generator's own settings, which are not strict, hold for the journey too.
    "openapi_generator_python": "mypy --config-file shop-client/pyproject.toml --cache-dir mypy journey.py shop-client/shop",
}
PRINTED = [
    "guest: 2 × Arc lamp",
    "signed up: ada@example.com, lines merged: 1",
    "refused: 409 cart_changed, subtotal now 40.00",
    "cash on delivery: processing 40.00, repeated: true",
    "by card: pending, then processing, paid: true",
    "my orders: stripe processing paid, cod processing unpaid",
    "staff: Globe, A globe 60 × 40, GLOBE-S 7, GLOBE-L 1",
]


@dataclass(frozen=True)
class Generator:
    """A generator in the table of docs/clients.md, with its journey."""

    command: str
    name: str
    language: str


GENERATORS = [Generator(*row) for row in ROW.findall(PAGE)]
EVERY_DAY = {"openapi_fetch", "openapi_python_client"}  # one of each language; the others, two of them in Java, in `make soak`


def list_marks(generator: Generator) -> list[pytest.MarkDecorator]:
    """Return where and when the client of this generator is tested."""
    needs = [pytest.mark.node] if generator.language == "ts" else []
    return needs if generator.name in EVERY_DAY else [*needs, pytest.mark.soak]


@pytest.fixture(scope="session")
def compilers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generators and the compiler of TypeScript."""
    return node.install_packages(tmp_path_factory.mktemp("generated"), FOLDER)


@pytest.fixture
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty folder for a client; one of TypeScript lies beside the compiler."""
    generator: Generator = request.getfixturevalue("generator")
    folder = tmp_path / "client" if generator.language == "py" else request.getfixturevalue("compilers") / generator.name
    folder.mkdir()
    shutil.copy(ROOT / "openapi.yaml", folder)
    shutil.copy(FOLDER / "python-client.yaml", folder)
    shutil.copy(FOLDER / f"{generator.name}.{generator.language}", folder / f"journey.{generator.language}")
    return folder


def run(folder: Path, command: str) -> str:
    """Run a command without network access for npm, and return what it prints. Fails if the command fails."""
    variables = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PYTHONPATH": "shop-client",
        "npm_config_offline": "true",
        "JAVA_OPTS": "-XX:TieredStopAtLevel=1",
    }
    completed = subprocess.run(
        shlex.split(command), cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=200, check=False
    )
    assert completed.returncode == 0, f"{command}\n{completed.stdout}{completed.stderr}"
    return completed.stdout


def test_every_example_stands_in_the_table_of_generators() -> None:
    examples = {path.stem for path in FOLDER.glob("*.*") if path.suffix in {".ts", ".py"}} - {"__init__", Path(__file__).stem}

    assert {generator.name for generator in GENERATORS} == examples == set(TYPE_CHECKS)


def test_the_page_shows_the_first_call_of_each_example() -> None:
    excerpts = {name: lines.splitlines() for name, lines in EXCERPT.findall(PAGE)}

    assert set(excerpts) == {f"{generator.name}.{generator.language}" for generator in GENERATORS}
    for name, lines in excerpts.items():
        example = [line.strip() for line in (FOLDER / name).read_text().splitlines()]
        assert [line for line in lines if line not in example] == [], name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "generator",
    [pytest.param(each, id=each.name, marks=list_marks(each)) for each in GENERATORS],
)
def test_a_generated_client_buys_and_sells(
    generator: Generator, room: Path, live_server: LiveServer, card_payments: CardPayments, tmp_path: Path
) -> None:
    sell_products(tmp_path, "Arc lamp")
    make_user("staff@example.com", is_staff=True, is_superuser=True)
    (tmp_path / "globe.png").write_bytes(make_image(size=(60, 40)))
    program = f"{sys.executable} journey.py" if generator.language == "py" else "node ../run.cjs ."

    run(room, generator.command)
    run(room, TYPE_CHECKS[generator.name])
    printed = run(room, f"{program} {live_server.url} {tmp_path / 'globe.png'}")

    assert printed.splitlines() == PRINTED
    assert Order.objects.count() == 2
    assert Payment.objects.get(provider="stripe").state == "succeeded"
    assert User.objects.get(email="ada@example.com").orders.count() == 2
    assert StockMovement.objects.filter(variant__sku="GLOBE-S", delta=3).count() == 1
