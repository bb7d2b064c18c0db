"""The size of things: no module over 300 lines, no function over 40."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.processes import ROOT

FREE = {"tests", "migrations", ".venv", ".git"}
MAX_MODULE, MAX_FUNCTION = 300, 40


def modules() -> Iterator[Path]:
    """Yield every module of the project but its tests, migrations and settings."""
    for path in sorted(ROOT.rglob("*.py")):
        here = path.relative_to(ROOT)
        if not FREE & set(here.parts) and here != Path("store/settings.py"):
            yield here


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function of a module with its number of lines."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_no_module_is_too_long() -> None:
    sizes = {str(path): len((ROOT / path).read_text().splitlines()) for path in modules()}

    assert "store/urls.py" in sizes
    assert {path: size for path, size in sizes.items() if size > MAX_MODULE} == {}


def test_no_function_is_too_long() -> None:
    sizes = {f"{path}: {name}": size for path in modules() for name, size in functions(path)}

    assert "store/views.py: readyz" in sizes
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION} == {}
