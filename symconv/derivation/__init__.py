"""Closed forms for every size, and the derivation of each in named steps that are checked."""

from symconv.derivation.claims import Claim, judge
from symconv.derivation.formula import Formula
from symconv.derivation.language import Iverson
from symconv.derivation.parser import parse
from symconv.derivation.report import Proof, Verification
from symconv.derivation.scripts import SCRIPTS
from symconv.derivation.setting import Kernel, Setting
from symconv.derivation.steps import Derivation, Step, checked_grid
from symconv.derivation.typesetting import latex_for, text_for

__all__ = [
    "SCRIPTS",
    "Claim",
    "Derivation",
    "Formula",
    "Iverson",
    "Kernel",
    "Proof",
    "Setting",
    "Step",
    "Verification",
    "checked_grid",
    "judge",
    "latex_for",
    "parse",
    "text_for",
]
