"""Closed forms for every size, and the derivation of each in named steps that are checked."""

from symconv.derivation.claims import Claim, judge
from symconv.derivation.derivation import Derivation, Step, checked_grid
from symconv.derivation.formula import Formula
from symconv.derivation.scripts import SCRIPTS
from symconv.evidence.report import Proof, Verification
from symconv.index_sums.equation import parse
from symconv.printing.expressions import Iverson

__all__ = [
    "SCRIPTS", "Claim", "Derivation", "Formula", "Iverson", "Proof", "Step", "Verification", "checked_grid",
    "judge", "parse",
]  # fmt: skip
