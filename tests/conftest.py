"""What the tests across the apps can use."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
