"""Closed forms for every size, and the derivation of each in named steps that are checked."""

from symconv.derivation.claims import Claim, judge
from symconv.derivation.derivation import Derivation, Step, checked_grid
from symconv.derivation.formula import Formula
from symconv.derivation.scripts import SCRIPTS
from symconv.evidence.report import Proof, Verification
from symconv.index_sums.nodes import Iverson
from symconv.index_sums.parser import parse
from symconv.index_sums.printers import latex_for, text_for
from symconv.index_sums.symbols import Kernel, LayerSymbols

__all__ = [
    "SCRIPTS",
    "Claim",
    "Derivation",
    "Formula",
    "Iverson",
    "Kernel",
    "LayerSymbols",
    "Proof",
    "Step",
    "Verification",
    "checked_grid",
    "judge",
    "latex_for",
    "parse",
    "text_for",
]
