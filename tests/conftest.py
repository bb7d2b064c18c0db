"""What the tests across the apps can use."""

from pathlib import Path

import pytest

from tests.clients import node
from tests.processes import copy_to


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program that holds no `.env`; nothing may be written into it."""
    return copy_to(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def crowds_are_welcome(request: pytest.FixtureRequest) -> None:
    """Let the callers of a concurrency test call as often as they like: they all have one address."""
    if request.path.name.startswith("test_concurrency"):
        request.getfixturevalue("unthrottled")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which client code runs in Node.js."""
    return node.install(tmp_path_factory.mktemp("clients"))
