"""Letters, index base, colours and limits of a course or a text, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from symconv.errors import NotationError, reject_unknown

_LETTER = re.compile(r"[A-Za-z]+(_[A-Za-z0-9]+)?(\^\([A-Za-z0-9]+\))?'{0,3}")

#: Names that xcolor, KaTeX and MathJax all know without options, and by which they mean the same colour:
#: TeX's orange, for one, is not that of a browser.
COLOURS = ("black", "blue", "cyan", "gray", "magenta", "olive", "red", "teal", "yellow")

#: The colours of the taps where a notation names none. Of the names that can be read as text on white
#: these stay apart for readers without red, green or blue cones too, neighbours most of all; no gray is
#: among them, since zeros are gray.
PALETTE = ("blue", "olive", "magenta", "teal", "black")

UPSTREAM_STYLES = ("delta", "partial")


@dataclass(frozen=True, kw_only=True)
class Notation:
    """How a text writes a convolution layer. Letters only: no field changes a result.

    Letters may carry a subscript (``"L_in"``), a bracketed superscript (``"delta^(l)"``) or primes,
    and Greek names print as Greek.

    Attributes
    ----------
    input, kernel, bias, output, upstream, loss, activation : str
        Letters of the quantities; entries take an index, as in ``x0``.
    kernel_matrix : str, optional
        The kernel as a whole where it is multiplied with the windows; by default its own letter.
    window_columns : bool
        Whether the windows are the columns of their matrix, with the kernel as a row on its left.
    matrix, windows, upstream_matrix, tying : str
        Letters of the matrices that act on the input, kernel, kernel and kernel.
    all_windows : str
        Letter of the matrix that acts on all filters one behind the other, where there are several;
        ``windows`` is then what each of them meets.
    selection : str
        Letter of what maximum pooling selects by.
    feature_maps, filter_matrix : str
        Letters of the output with a column a filter, and of the kernels as columns: ``A = X W``.
    input_size, kernel_size, output_size, stride, dilation, padding, output_padding : str
        Letters of the sizes.
    output_index, tap_index, input_index : str
        Letters of the indices of places; with several axes they bear the number of the axis.
    batch_index, output_channel_index, tap_channel_index, input_channel_index : str
        Letters of the indices of samples, output channels, input channels within a group, and input channels.
    base : 0 or 1
        The first index.
    upstream_style : "delta" or "partial"
        Whether the upstream gradient prints as its letter or as the derivative of the loss.
    tap_colours : tuple of str
        Colours of the taps in LaTeX, used in turn; empty for none. Figures, and formulas that stand beside
        them, then take :data:`PALETTE`.
    max_rows : int or None
        Matrices and lists with more rows or columns than this show dots; None shows all.
    source : str
        The text that writes so, and its conventions.

    >>> Notation(base=1).name("input", 0), Notation.preset("cs231n").windows
    ('x1', 'X_col')
    """

    input: str = "x"
    kernel: str = "w"
    kernel_matrix: str | None = None
    bias: str = "b"
    output: str = "y"
    upstream: str = "delta"
    loss: str = "L"
    activation: str = "f"
    matrix: str = "T"
    windows: str = "X"
    all_windows: str = "U"
    upstream_matrix: str = "Delta"
    tying: str = "E"
    selection: str = "S"
    feature_maps: str = "A"
    filter_matrix: str = "W"
    input_size: str = "N"
    kernel_size: str = "K"
    output_size: str = "M"
    stride: str = "s"
    dilation: str = "d"
    padding: str = "p"
    output_padding: str = "a"
    output_index: str = "i"
    tap_index: str = "k"
    input_index: str = "j"
    batch_index: str = "n"
    output_channel_index: str = "o"
    tap_channel_index: str = "c"
    input_channel_index: str = "C"
    base: int = 0
    upstream_style: str = "delta"
    window_columns: bool = False
    tap_colours: tuple[str, ...] = ()
    max_rows: int | None = 10
    source: str = field(default="symconv's own letters.", compare=False)

    def __new__(cls, **given: Any) -> Notation:
        reject_unknown("Notation", given, [item.name for item in fields(cls)])
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for name, value in self._letters():
            if not isinstance(value, str) or not _LETTER.fullmatch(value):
                raise NotationError(
                    f"{name} is {value!r}: write a letter or a Greek name, with at most one "
                    "subscript such as 'L_in', one superscript such as 'delta^(l)', and primes."
                )
        if type(self.base) is not int or self.base not in (0, 1):
            raise NotationError(f"base is {self.base!r}: indices start at 0 or at 1.")
        if self.upstream_style not in UPSTREAM_STYLES:
            sentence, style = "{option} is {given!r}: {cure}", self.upstream_style
            raise NotationError(sentence, "upstream_style", style, allowed=UPSTREAM_STYLES)
        if not isinstance(self.window_columns, bool):
            raise NotationError(f"window_columns is {self.window_columns!r}: write True or False.")
        if not isinstance(self.tap_colours, tuple | list):
            sentence = "{option} is {given!r}: write a tuple, such as ('blue', 'olive')."
            raise NotationError(sentence, "tap_colours", self.tap_colours)
        object.__setattr__(self, "tap_colours", tuple(self.tap_colours))
        for colour in self.tap_colours:
            if colour not in COLOURS:
                raise NotationError("tap colour {given!r} is unknown: {cure}", given=colour, allowed=COLOURS)
        limit = self.max_rows
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 3):
            raise NotationError("{option} is {given!r}: write {rows}.", "max_rows", limit)
        self._check_letters_differ()

    def _check_letters_differ(self) -> None:
        meanings: dict[str, str] = {}
        kernel = self.kernel, self.kernel_matrix  # which may bear one letter in all its shapes
        for name, letter in self._letters():
            if letter in {"kernel_matrix": kernel[:1], "filter_matrix": kernel}.get(name, ()):
                continue
            if letter in meanings:
                both = f"{meanings[letter]} and for {name}"
                raise NotationError(f"the letter {letter!r} stands for {both}: give each its own.")
            meanings[letter] = name

    def _letters(self) -> list[tuple[str, str]]:
        """The fields that are letters."""
        letters = ((item.name, getattr(self, item.name)) for item in fields(self))
        given = [row for row in letters if row != ("kernel_matrix", None)]
        return [(name, letter) for name, letter in given if name not in _NOT_LETTERS]

    @classmethod
    def preset(cls, name: str) -> Notation:
        """The notation of a known text, by name; see :data:`PRESETS`."""
        if not isinstance(name, str) or name not in PRESETS:
            raise NotationError("notation {given!r} is unknown: {cure}", given=name, allowed=PRESETS)
        return PRESETS[name]

    @staticmethod
    def preset_names() -> tuple[str, ...]:
        """The names that :meth:`preset` takes."""
        return tuple(PRESETS)

    def replace(self, **changes: Any) -> Notation:
        """This notation with some fields changed."""
        reject_unknown("a notation", changes, [item.name for item in fields(self)])
        return replace(self, **changes)

    def meanings(self, names: Sequence[str] | None = None) -> dict[str, str]:
        """What each letter stands for; of the fields that are named, or of all but that of the function.

        >>> Notation().meanings(["input", "stride"])
        {'x': 'input', 's': 'stride'}
        """
        return {
            letter: name.replace("_", " ")
            for name, letter in self._letters()
            if name != "activation" and (names is None or name in names)
        }

    def coloured(self) -> Notation:
        """This notation with the colours of its figures in formulas too.

        >>> Notation().coloured().tap_colours[:2], Notation(tap_colours=("red",)).coloured().tap_colours
        (('blue', 'olive'), ('red',))
        """
        return self.replace(tap_colours=self.tap_colours or PALETTE)

    @property
    def kernel_whole(self) -> str:
        """The letter of the kernel where it is multiplied with the windows."""
        return self.kernel_matrix or self.kernel

    def name(self, quantity: str, *index: int) -> str:
        """The symbol name of an entry, counted from 0: ``x0``, or ``L_in_0`` where a mark comes first."""
        return entry_name(getattr(self, quantity), *(i + self.base for i in index))


def on_axis(letter: str, axis: int, rank: int) -> str:
    """The letter of one axis of several: a number joins its subscript.

    >>> on_axis("i", 0, 1), on_axis("i", 0, 2), on_axis("L_in", 1, 2)
    ('i', 'i_1', 'L_in2')
    """
    if rank == 1:
        return letter
    head = re.compile(r"([A-Za-z]+)(_[A-Za-z0-9]+)?")
    return head.sub(lambda found: f"{found[1]}{found[2] or '_'}{axis + 1}", letter, count=1)


def entry_name(letter: str, *index: int | str) -> str:
    """The name of the symbol that stands for an entry; of all there is, without an index.

    >>> entry_name("x", 0), entry_name("L_in", 0), entry_name("w", 1, 0), entry_name("b")
    ('x0', 'L_in_0', 'w1_0', 'b')
    """
    return f"{letter}{'' if letter.isalpha() or not index else '_'}{'_'.join(map(str, index))}"


def entry_names(letter: str, shape: Sequence[int], base: int = 0) -> list[str]:
    """The names of all entries of a shape, row-major: those of :func:`entry_name`, made at once.

    >>> entry_names("x", (2,), base=1), entry_names("w", (1, 2)), entry_names("b", ())
    (['x1', 'x2'], ['w0_0', 'w0_1'], ['b'])
    """
    head = entry_name(letter, *("",) * min(len(shape), 1))
    counts = ([str(at) for at in range(base, base + extent)] for extent in shape)
    return [head + "_".join(index) for index in product(*counts)]


_NOT_LETTERS = {"base", "upstream_style", "window_columns", "tap_colours", "max_rows", "source"}

_BOOK = Notation(
    kernel="K", upstream="G", loss="J", base=1, input_size="m", kernel_size="n", output_size="o",
    tap_index="l", batch_index="e", output_channel_index="u", tap_channel_index="v", input_channel_index="r",
)  # fmt: skip

#: Known texts. A row says only what differs from symconv's own letters.
PRESETS: Mapping[str, Notation] = MappingProxyType({
    "symconv": Notation(),
    "goodfellow": _BOOK.replace(
        input="I", output="S", selection="Q",
        source="Goodfellow, Bengio and Courville, Deep Learning, section 9.1: feature map S of image I "
        "under kernel K, with the upstream gradient G of section 9.5; the book counts from 1.",
    ),
    "goodfellow-channels": _BOOK.replace(
        input="V", output="Z",
        source="Goodfellow, Bengio and Courville, Deep Learning, section 9.5: observed V, kernel K, "
        "output Z, upstream gradient G, loss J; the book counts from 1.",
    ),
    "dumoulin-visin": Notation(
        input_size="i", kernel_size="k", output_size="o", stride="s", dilation="d", padding="p",
        output_index="u", tap_index="v", input_index="t", output_channel_index="q",
        source="Dumoulin and Visin, A guide to convolution arithmetic: sizes i, k, s, p, o; a transposed "
        "layer marks its own with primes.",
    ),
    "pytorch": Notation(
        input_size="L_in", output_size="L_out", kernel_size="K", stride="s", dilation="d", padding="p",
        upstream_style="partial", source="PyTorch: lengths L_in and L_out, cross-correlation.",
    ),
    "cs231n": Notation(
        input_size="W", kernel_size="F", stride="S", padding="P", selection="Q",
        output_size="V", windows="X_col", kernel_matrix="W_row", filter_matrix="W_row",
        window_columns=True, upstream_style="partial",
        source="Stanford CS231n: volume W, receptive field F, stride S, zero padding P, windows as the "
        "columns of X_col, the kernel as the row W_row.",
    ),
    "ufldl": Notation(
        input="a", kernel="W", output="z", upstream="delta^(l)", loss="J", activation="f",
        output_padding="q", filter_matrix="W",
        source="Stanford UFLDL: activations a, weights W, error terms delta^(l). The text writes true "
        "convolution: build its layers with flip=True.",
    ),
})  # fmt: skip
