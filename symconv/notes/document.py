"""Documents: a manuscript that can be saved, and shows itself as Markdown in a notebook."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from symconv.figures.svg import to_svg
from symconv.notes.files import GivenOptions, rendered, write
from symconv.notes.markdown import jupyter
from symconv.notes.model import Manuscript
from symconv.notes.text import render
from symconv.printing.rich import data


@dataclass(frozen=True, repr=False)
class Document(Manuscript):
    """The notes of a layer.

    Attributes
    ----------
    title : str
    blocks : tuple of blocks
        See ``symconv.notes.model``.
    code : str
        The Python statements that the code of the blocks needs.
    pages : int
        So many pages, at the most, that print should take; 0 for any number.
    frames : tuple of Frame
        The slides: see ``symconv.notes.model.Frame``.
    numbered : bool
        Whether print numbers its sections, and the equations of a fragment.
    letters : tuple of Maths
        What is mathematics in the title, wherever it stands there as a word.

    Examples
    --------
    >>> import symconv as sc
    >>> print(str(sc.Conv1d(4, 3).notes(sections=["numbers"])).splitlines()[0])
    Cross-correlation of 4 inputs with a 3-tap kernel
    """

    def save(self, path: str | os.PathLike[str], **options: Unpack[GivenOptions]) -> None:
        """Write the document; the suffix says the format.

        Parameters
        ----------
        path : str or path
            .tex, .pdf, .typ, .md, .html, .ipynb, .rst or .txt. Pictures of .md and .rst are files beside it.
        fragment, slides : bool
            Of .tex: for ``\\input``, or slides (also of .pdf): at most 15 frames on the worked example, and
            with ``depth="full"`` the derivations step by step behind them.
        handout : bool
            Of slides: one page a frame, with everything shown, to hand out.
        engine : str
            Of .pdf: what sets it, "latex" or "typst"; by default ("auto") TeX where latexmk or tectonic is
            installed, and else Typst, of the extra of that name. Slides are set by TeX.
        myst : bool
            Of .md: for MyST instead of GitHub.
        math : str
            Of .html: how formulas are shown: "mathml" (the default), which browsers show without a script,
            or "mathjax" or "katex", which are loaded from the web.
        mathjax, katex : str
            Of .html: where MathJax or KaTeX is loaded from instead, such as the path of a local copy.

        Raises
        ------
        OptionError
            When the suffix or an option is unknown, or the option does not go with the suffix.
        SymconvError
            When the file cannot be written, or nothing is installed that could set a .pdf.
        MissingExtraError
            When the format needs a library that is not installed.
        """
        target = Path(path)
        write(target.parent, rendered(self, target.name, **options))

    def _repr_markdown_(self) -> str:
        """With its pictures on white, since a notebook does not tell them whether it is dark."""
        return jupyter(self, lambda picture: data(to_svg(picture.figure.drawing, paper=True)))

    def __str__(self) -> str:
        return render(self)

    def __repr__(self) -> str:
        return f"<Document {self.title!r}: {len(self.blocks)} blocks>"
