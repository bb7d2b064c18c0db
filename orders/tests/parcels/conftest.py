"""Shared fixtures of the tests of parcels."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
