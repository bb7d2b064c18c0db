"""openapi.yaml"""

from pathlib import Path

from django.core.management import call_command

from tests.processes import ROOT


def test_the_published_file_is_what_the_code_says(tmp_path: Path) -> None:
    written = tmp_path / "openapi.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))

    assert written.read_text() == (ROOT / "openapi.yaml").read_text(), "run: make schema"
