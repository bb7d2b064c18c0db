"""What the tests of payments can use."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
