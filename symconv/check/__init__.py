"""Checks: every quantity against references that share no code with it."""

from symconv.check.compare import Progress, run
from symconv.check.evaluate import evaluate
from symconv.check.references import REFERENCES
from symconv.check.report import Counterexample, Finding, Report

__all__ = ["REFERENCES", "Counterexample", "Finding", "Progress", "Report", "evaluate", "run"]
