"""openapi.yaml passes the linters Redocly (recommended) and Spectral (OAS)"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.clients import node
from tests.processes import ROOT

pytestmark = [pytest.mark.node, pytest.mark.once]
FOLDER = Path(__file__).parent
OFFLINE = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def linters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the linters."""
    return node.install_packages(tmp_path_factory.mktemp("linters"), FOLDER)


def lint(linters: Path, *command: str) -> str:
    """Run a linter and return its output. Fails if it finds anything."""
    arguments = [str(linters / "node_modules" / ".bin" / command[0]), *command[1:], str(ROOT / "openapi.yaml")]
    completed = subprocess.run(
        arguments, cwd=linters, env=os.environ | OFFLINE, capture_output=True, text=True, timeout=120, check=False
    )
    output = completed.stdout + completed.stderr
    assert completed.returncode == 0, output
    return output


def test_redocly_finds_nothing(linters: Path) -> None:
    output = lint(linters, "redocly", "lint", f"--config={FOLDER / 'redocly.yaml'}", "--max-problems=20")

    assert "Your API description is valid" in output
    assert "warning" not in output.replace("Deprecation warning", "")


def test_spectral_finds_nothing(linters: Path) -> None:
    output = lint(linters, "spectral", "lint", f"--ruleset={FOLDER / 'spectral.yaml'}", "--fail-severity=hint")

    assert "No results with a severity of 'hint' or higher found!" in output
