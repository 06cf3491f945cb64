"""Checks: every quantity against references that share no code with it."""

from symconv.check.evaluate import evaluate
from symconv.check.report import Counterexample, Finding, Progress, Report, run

__all__ = ["Counterexample", "Finding", "Progress", "Report", "evaluate", "run"]
