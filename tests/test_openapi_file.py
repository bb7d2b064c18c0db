"""openapi.yaml and docs/errors.md"""

from pathlib import Path

from django.core.management import call_command

from core.http.openapi.refusals import list_exception_classes
from tests.processes import ROOT


def test_the_published_file_is_what_the_code_says(tmp_path: Path) -> None:
    written = tmp_path / "openapi.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(written))

    assert written.read_text() == (ROOT / "openapi.yaml").read_text(), "run: make schema"


def test_the_reference_of_errors_is_what_the_code_says(tmp_path: Path) -> None:
    written = tmp_path / "errors.md"

    call_command("write_error_reference", file=written)

    assert written.read_text() == (ROOT / "docs" / "errors.md").read_text(), "run: make schema"


def test_each_code_says_what_a_client_does_about_it() -> None:
    with_code = [refusal for refusal in list_exception_classes() if "code" in vars(refusal)]

    assert len(with_code) > 70
    assert [refusal.__name__ for refusal in with_code if "client_action" not in vars(refusal)] == []
