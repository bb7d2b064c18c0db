"""manage.py test"""

from pathlib import Path

import pytest

from tests.processes import PRODUCTION, copy_to, run

pytestmark = pytest.mark.apart

TINY = """
from django.conf import settings

def test_the_shop_has_its_own_name() -> None:
    assert settings.SHOP_NAME == {name!r}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the program with two tiny tests, one that passes and one that fails, and a `.env`."""
    folder = copy_to(tmp_path)
    (folder / "test_passes.py").write_text(TINY.format(name="Our shop"))
    (folder / "test_fails.py").write_text(TINY.format(name="Another shop"))
    lines = "".join(f"{name}={value}\n" for name, value in PRODUCTION.items())
    (folder / ".env").write_text(f"{lines}SHOP_NAME=From the file\n")
    return folder


def test_it_hands_over_to_pytest_which_reads_no_env_file(shop: Path) -> None:
    done = run(shop, "manage.py", "test", "test_passes.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_failing_test_fails_the_command_which_needs_no_settings(shop: Path) -> None:
    (shop / ".env").unlink()

    done = run(shop, "manage.py", "test", "test_fails.py")

    assert done.returncode == 1
    assert "1 failed" in done.stdout
