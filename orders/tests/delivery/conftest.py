"""Shared fixtures of the delivery tests."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
