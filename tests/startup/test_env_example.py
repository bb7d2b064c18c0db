""".env.example lists what the shop reads from the environment, no more and no less."""

import ast
import re

from tests.processes import ROOT

READERS = [*sorted((ROOT / "store").glob("*.py")), ROOT / "gunicorn.conf.py"]
NAME = re.compile(r"[A-Z][A-Z0-9_]+")


def is_env(node: ast.expr) -> bool:
    """Return whether this node is the reader of the environment."""
    return isinstance(node, ast.Name) and node.id == "env"


def read_in(source: str) -> set[str]:
    """Return the names that `env.<kind>("NAME", …)` and `<function>(env, "NAME", …)` read."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args]
    own = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and is_env(call.func.value)]
    handed_on = [call.args[1] for call in calls if is_env(call.args[0]) and len(call.args) > 1]
    texts = [arg.value for arg in own + handed_on if isinstance(arg, ast.Constant)]
    return {text for text in texts if isinstance(text, str) and NAME.fullmatch(text)}


def listed() -> list[str]:
    """Return the names in `.env.example`, in its order."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [line.partition("=")[0].lstrip("# ") for line in lines if re.match(r"#? ?[A-Z][A-Z0-9_]+=", line)]


def test_it_lists_each_variable_once() -> None:
    names = listed()

    assert sorted(set(names)) == sorted(names)


def test_it_lists_what_is_read() -> None:
    read = set().union(*(read_in(path.read_text()) for path in READERS))

    assert "SECRET_KEY" in read
    assert sorted(read) == sorted(listed())


def test_it_holds_no_secret() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    secret = [line for line in lines if re.match(r"\w*(KEY|SECRET|PASSWORD)\w*=", line)]

    assert "SECRET_KEY=" in secret
    assert [line for line in secret if not line.endswith("=")] == []
