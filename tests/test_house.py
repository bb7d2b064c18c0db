"""The size of modules and functions, and words that the project does not use (CONTRIBUTING.md)"""

import ast
import re
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

FREE = {"tests", "migrations", ".venv", ".venv-next", ".git"}
LONG_MODULE, MAX_MODULE, MAX_FUNCTION = 300, 400, 40
WORDS = re.compile(r"(?<![a-zA-Z])(anew|in this moment|somebody|whoever|say whether|he|him|his|himself)(?![a-zA-Z])", re.IGNORECASE)
NO_PROSE = (
    *("openapi.yaml", "LICENSE", "products.json", "tests/test_house.py"),
    *("*.min.js", "*.js.map", "*.svg", "*/migrations/*", "store/static/unfold/*/*/*", "*/vendor/*", "*/data/*"),
)
TEXT = {".py", ".md", ".txt", ".toml", ".ini", ".yaml", ".yml", ".html", ".js", ".mjs", ".ts", ".css", ".sh", ".example", ""}


class LongModule(UserWarning):
    """A module over 300 lines is a question."""


def iter_modules() -> Iterator[Path]:
    """Yield every module of the project but its tests, migrations and settings."""
    for path in sorted(ROOT.rglob("*.py")):
        here = path.relative_to(ROOT)
        if not FREE & set(here.parts) and here != Path("store/settings.py"):
            yield here


def iter_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of a module with its number of lines."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def iter_prose() -> Iterator[Path]:
    """Yield every tracked file that contains prose."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        path = Path(name)
        if path.suffix in TEXT and not any(path.match(pattern) for pattern in NO_PROSE) and (ROOT / path).is_file():
            yield path


@pytest.mark.filterwarnings("default::tests.test_house.LongModule")
def test_no_module_is_too_long() -> None:
    sizes = {str(path): len((ROOT / path).read_text().splitlines()) for path in iter_modules()}
    long = {path: size for path, size in sizes.items() if size > LONG_MODULE}
    if long:
        warnings.warn(f"modules over {LONG_MODULE} lines: {long}", LongModule, stacklevel=1)

    assert "store/urls.py" in sizes
    assert {path: size for path, size in long.items() if size > MAX_MODULE} == {}


def test_no_function_is_too_long() -> None:
    sizes = {f"{path}: {name}": size for path in iter_modules() for name, size in iter_functions(path)}

    assert "store/probes.py: readyz" in sizes
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION} == {}


def test_no_word_is_used_that_the_style_guide_rules_out() -> None:
    found = [
        f"{path}:{number}: {match[0]}"
        for path in iter_prose()
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        for match in WORDS.finditer(line)
    ]

    assert found == []
