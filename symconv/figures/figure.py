"""The figures by name, and what each can be turned into: TikZ, SVG, PNG, PDF, words."""

import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from symconv.errors import FigureError, MissingExtraError, OptionError
from symconv.explicit.layout import Subject
from symconv.figures.drawing import Drawing
from symconv.figures.matrices import band, blocks, input_gradient
from symconv.figures.network import network
from symconv.figures.plot import to_pdf, to_png
from symconv.figures.position import position
from symconv.figures.svg import UNIT, to_svg
from symconv.figures.tikz import tikzpicture
from symconv.figures.window import window
from symconv.pattern import Pattern
from symconv.printing.files import write_whole
from symconv.printing.options import options_checked

#: Every figure and how it is drawn.
FIGURES: Mapping[str, Callable[[Subject], Drawing]] = MappingProxyType(
    {
        "band": band,
        "window": window,
        "position": position,
        "network": network,
        "blocks": blocks,
        "input_gradient": input_gradient,
    }
)

#: What can still be read: so many rows and columns, so many weights in their places, so many edges of a
#: network, so many cells.
MOST_ROWS, MOST_WEIGHTS, MOST_EDGES, MOST_CELLS = 40, 400, 100, 1600

#: The least and the most centimetres of a side; TeX knows no length beyond 575.
_SIDES = (1, 500)


@dataclass(frozen=True, repr=False)
class Figure:
    """A picture of a layer; a notebook shows it, and ``str`` describes it in words.

    Attributes
    ----------
    drawing : Drawing
        The marks.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d(4, 3).figure("band")
    Matrix of 2 rows (outputs) and 4 columns (inputs). w0 on the main diagonal, w1 on the diagonal 1
    above the main one, w2 on the diagonal 2 above the main one; zero elsewhere.
    """

    drawing: Drawing

    @property
    def name(self) -> str:
        """Its name, as :meth:`symconv.Conv.figure` takes it."""
        return self.drawing.name

    @property
    def alt(self) -> str:
        """A description of the picture in words."""
        return self.drawing.alt

    @options_checked
    def tikz(self, *, width: float = 12.0, height: float = 18.0) -> str:
        """A ``tikzpicture`` environment, for a document that loads tikz.

        The document must also load amssymb if the notation uses eth, mho, hslash, or a Hebrew letter other
        than aleph.

        Parameters
        ----------
        width, height : float
            The largest width and height in centimetres, from 1 to 500. A line of the standard article
            class is 12.1 cm wide.

        Raises
        ------
        OptionError
            If a length is not a number from 1 to 500.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d(1, 1).figure("band").tikz().splitlines()[-2].strip())
        \\draw[tap=teal] (1.645,1.615) rectangle ++(1,1) node[midway] {$w_{0}$};
        """
        for option, given in (("width", width), ("height", height)):
            number = isinstance(given, int | float) and not isinstance(given, bool)
            if not number or not _SIDES[0] <= given <= _SIDES[1]:
                cure = f"write a number of centimetres from {_SIDES[0]} to {_SIDES[1]}."
                raise OptionError(f"tikz: {option} is {_shown(given)}; {cure}")
        return tikzpicture(self.drawing, width, height)

    def svg(self) -> str:
        """An ``svg`` element that contains :attr:`alt` as its description.

        Its ground is transparent, and its ink is that of the page that it is put into. A file by itself is
        light on dark for readers who prefer that.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).figure("band").svg()[:15]
        '<svg role="img"'
        """
        return to_svg(self.drawing)

    @options_checked
    def png(self, *, dpi: int = 200) -> bytes:
        """The bytes of a PNG file.

        Parameters
        ----------
        dpi : int
            Pixels per inch, from 1 to 1200.

        Raises
        ------
        OptionError
            If ``dpi`` is not a whole number from 1 to 1200.
        MissingExtraError
            If matplotlib is not installed; likewise in :meth:`pdf`.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).figure("band").png(dpi=72)[1:4]
        b'PNG'
        """
        if isinstance(dpi, bool) or not isinstance(dpi, int) or not 1 <= dpi <= 1200:
            raise OptionError(f"png: dpi is {_shown(dpi)}; write a whole number from 1 to 1200.")
        return to_png(self.drawing, dpi)

    def pdf(self) -> bytes:
        """The bytes of a PDF file with one page, as large as the figure.

        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).figure("band").pdf()[:4]
        b'%PDF'
        """
        return to_pdf(self.drawing)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figure to a file; the suffix .svg, .png, .pdf, .tex or .tikz says in which format.

        The file is replaced in one step, so that no other program ever reads half of it.

        Parameters
        ----------
        path : str or os.PathLike
            The name of the file.

        Raises
        ------
        OptionError
            If the suffix is none of these.
        MissingExtraError
            If .png or .pdf is asked for and matplotlib is not installed.
        SymconvError
            If the file cannot be written.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).figure("band").save("band.txt")
        Traceback (most recent call last):
            ...
        symconv.errors.OptionError: save: 'band.txt' ends in '.txt'; did you mean '.tex'? Write one of '.svg',
        '.png', '.pdf', '.tex', '.tikz'.
        """
        save_as(self, path, _SUFFIXES)

    def __str__(self) -> str:
        return self.alt

    __repr__ = __str__

    def _repr_svg_(self) -> str:
        """The figure on white: a notebook does not tell pictures whether it is dark."""
        return to_svg(self.drawing, paper=True)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """SVG, and where matplotlib is installed PNG and PDF, for untrusted notebooks and for LaTeX."""
        bundle = {"image/svg+xml": self._repr_svg_(), "text/plain": self.alt}
        try:
            bundle |= {
                "image/png": b64encode(self.png()).decode(),
                "application/pdf": b64encode(self.pdf()).decode(),
            }
        except MissingExtraError:
            return bundle, {}
        sizes = {"width": round(UNIT * self.drawing.width), "height": round(UNIT * self.drawing.height)}
        return bundle, {"image/png": sizes}


Saved = TypeVar("Saved")


def save_as(
    item: Saved, path: str | os.PathLike[str], ways: Mapping[str, Callable[[Saved], str | bytes]]
) -> None:
    """Write something to a file in the way that its suffix says.

    Raises
    ------
    OptionError
        When there is no way for the suffix.
    """
    place = Path(path)
    suffix = place.suffix.lower()
    if suffix not in ways:
        sentence = "save: {place!r} ends in {given!r}; {cure}"
        raise OptionError(sentence, place=str(place), given=place.suffix, allowed=ways)
    content = ways[suffix](item)
    write_whole(place, content if isinstance(content, bytes) else content.encode("utf-8"))


_SUFFIXES: Mapping[str, Callable[[Figure], str | bytes]] = MappingProxyType(
    {".svg": Figure.svg, ".png": Figure.png, ".pdf": Figure.pdf, ".tex": Figure.tikz, ".tikz": Figure.tikz}
)


def _shown(given: Any) -> str:
    """What was given, unless Python would not print so long a number."""
    try:
        return repr(given)
    except ValueError:
        return "a number with thousands of digits"


def require_drawable(name: Any, pattern: Pattern) -> None:
    """Raise unless there is such a figure and the layer is small enough for it.

    Raises
    ------
    OptionError
        When the name is unknown.
    SymbolicSizeError
        When a size is a symbol.
    FigureError
        When the layer is too large to draw.
    """
    if not isinstance(name, str) or name not in FIGURES:
        raise OptionError("there is no figure {given!r}: {cure}", given=name, allowed=FIGURES)
    pattern.require_numbers()
    outputs, taps, inputs = (prod(map(int, pattern.extents[role])) for role in ("output", "tap", "input"))
    sides, sizes = f"{outputs} outputs and {inputs} inputs", "{input_size}, {channels} or {batch}"
    _require_few(name, max(outputs, inputs), MOST_ROWS, sides, sizes, " of each")
    _require_few(name, taps, MOST_WEIGHTS, f"{taps} weights", "{kernel_size}")
    edges, most = len(pattern.incidence()), MOST_EDGES if name == "network" else MOST_WEIGHTS
    _require_few(name, edges, most, f"{edges} connections between inputs and outputs", "{kernel_size}")
    if name == "window":
        cells = prod(int(n) for role in ("output", "input") for n in pattern.padded().extents[role])
        what = f"{cells} cells in its windows"
        _require_few(name, cells, MOST_CELLS, what, "{padding} or {input_size}")


def _require_few(name: str, count: int, most: int, what: str, smaller: str, each: str = "") -> None:
    if count > most:
        wrong = f"this layer has {what}, but a readable figure holds at most {most}{each}."
        cure = f"Choose a smaller {smaller}, or {{dots}}."
        raise FigureError(f"figure {{given!r}}: {wrong} {cure}", given=name)
