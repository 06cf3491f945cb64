"""A stage in motion: SVG that CSS animates, with a still frame for those who want none, and GIF."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any

from symconv.errors import MissingExtraError
from symconv.figures.drawing import Drawing
from symconv.figures.figure import Figure, save_as
from symconv.figures.moving import REST, SLIDE, animated
from symconv.figures.stage import Stage

#: Pixels of a GIF in an inch, and the pictures of it for each position at the most.
_DPI, _STEPS = 96, 4


@dataclass(frozen=True, repr=False)
class Animation:
    """A window that slides over its input while each entry is added up; a notebook plays it.

    Attributes
    ----------
    stage : Stage
        What moves over what.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d(3, 2).animation()
    A window of 2 weights slides over x = (1, 2, 3). At each position the products are added up and give an
    output: y = (14, 23).
    """

    stage: Stage

    @property
    def alt(self) -> str:
        """What happens, in words."""
        return self.stage.alt

    @property
    def still(self) -> Figure:
        """The last position with all that was computed, as a figure that does not move."""
        stage, last = self.stage, len(self.stage.moves) - 1
        marks = tuple(stage.at(last, len(stage.moves[last].pieces)))
        return Figure(Drawing("animation", stage.title, marks, *stage.size, stage.alt))

    def svg(self) -> str:
        """An ``svg`` element that is animated by CSS, without a script.

        It stands still at its last position if the reader prefers reduced motion, or what shows it does not
        know CSS, and stops where a pointer rests on it.

        Examples
        --------
        >>> import symconv as sc
        >>> "@keyframes" in sc.Conv1d(3, 2).animation().svg()
        True
        """
        return animated(self.stage)

    def gif(self) -> bytes:
        """The bytes of a GIF that repeats for ever.

        Raises
        ------
        MissingExtraError
            If matplotlib, with which Pillow comes, is not installed.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(2, 2).animation().gif()[:6]
        b'GIF89a'
        """
        try:
            from PIL import Image
        except ImportError:
            cure = "pip install 'symconv[plot]'"
            raise MissingExtraError(f"a GIF needs Pillow, which comes with matplotlib: {cure}") from None
        frames, lasting, filters = zip(*self._frames(), strict=True)
        pictures = [Image.open(BytesIO(figure.png(dpi=_DPI))).convert("RGB") for figure in frames]
        # One palette for all pictures, that of the last of each filter, on which everything is.
        last = list(dict(zip(filters, pictures, strict=True)).values())
        whole = Image.new("RGB", (last[0].width, last[0].height * len(last)))
        for at, picture in enumerate(last):
            whole.paste(picture, (0, at * picture.height))
        palette = whole.quantize(min(256, 64 * len(last)))
        pictures = [picture.quantize(palette=palette) for picture in pictures]
        file = BytesIO()
        pictures[0].save(
            file, "GIF", save_all=True, append_images=pictures[1:], duration=list(lasting), loop=0
        )
        return file.getvalue()

    def _frames(self) -> Iterator[tuple[Figure, int, int]]:
        """Pictures, each with the milliseconds that it is seen, and its filter."""
        stage = self.stage
        for at, move in enumerate(stage.moves):
            last = len(move.pieces)
            each = max(1, -(-(last - 1) // (_STEPS - 1)))
            for pieces in [*range(1, last, each), last]:
                marks = tuple(stage.at(at, pieces))
                seen = REST + 0.3 if pieces == last else SLIDE
                figure = Figure(Drawing("animation", stage.title, marks, *stage.size, stage.alt))
                yield figure, round(1000 * seen), move.filter

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the animation to a file; the suffix .svg or .gif says in which format.

        Parameters
        ----------
        path : str or os.PathLike
            The name of the file.

        Raises
        ------
        OptionError
            If the suffix is neither of these.
        MissingExtraError
            If .gif is asked for and matplotlib is not installed.
        SymconvError
            If the file cannot be written.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).animation().save("a.mp4")
        Traceback (most recent call last):
            ...
        symconv.errors.OptionError: save: 'a.mp4' ends in '.mp4'; write one of '.svg', '.gif'.
        """
        save_as(self, path, _SUFFIXES)

    def __str__(self) -> str:
        return self.alt

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """The animation, and beside it its last position as PNG where matplotlib is installed."""
        bundle, sizes = self.still._repr_mimebundle_()
        return {**bundle, "image/svg+xml": animated(self.stage, paper=True)}, sizes


_SUFFIXES: Mapping[str, Callable[[Animation], str | bytes]] = MappingProxyType(
    {".svg": Animation.svg, ".gif": Animation.gif}
)
