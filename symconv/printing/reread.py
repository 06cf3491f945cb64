"""Targets that read the formulas of LaTeX and write them anew in another language."""

from __future__ import annotations

from symconv.printing.display import Display
from symconv.printing.latex import escaped
from symconv.printing.target import MathsTarget, Write


class Reread(MathsTarget):
    """What such a target does with LaTeX; it stands before :class:`Latex` among the bases of the target."""

    aligned: Write  # (display) in LaTeX
    anew: Write  # (LaTeX of a display) in the language of the target

    def prose(self, text: str) -> str:
        return f"\\text{{{escaped(text)}}}"

    def lay_out(self, display: Display) -> str:
        return str(self.anew(self.aligned(display)))

    def across_pages(self, display: Display) -> str:
        return self.lay_out(display)
