"""Shared fixtures of the payment tests."""

from tests.fixtures import *  # noqa: F403 - fixtures are found by name
