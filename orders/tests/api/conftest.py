"""Shared fixtures of the API tests."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
