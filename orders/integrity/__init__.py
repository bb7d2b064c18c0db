"""Integrity checks (law L9): recompute derived values and report mismatches."""

from orders.integrity.checks import CHECKS, find_problems, fix_derived_values
from orders.integrity.problems import Problem

__all__ = ["CHECKS", "Problem", "find_problems", "fix_derived_values"]
