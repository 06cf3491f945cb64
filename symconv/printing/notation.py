"""Letters, index base, colours and limits of a course or a text, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from symconv.errors import NotationError, reject_unknown
from symconv.printing.choice import clash, free_letter, settled
from symconv.printing.colours import COLOURS, PALETTE
from symconv.printing.letters import Letter, entry_name, read_letter
from symconv.printing.names import PresetName, UpstreamStyle
from symconv.printing.options import options_checked
from symconv.printing.rich import maths, paragraph, table, words

UPSTREAM_STYLES = ("delta", "partial")

#: The fields that are letters, and those of them that stand for sizes that a layer is made with.
LETTERS = (
    "input", "kernel", "kernel_matrix", "bias", "output", "upstream", "loss", "activation",
    "activated_output", "matrix", "windows", "all_windows", "upstream_matrix", "tying", "selection",
    "feature_maps", "filter_matrix", "input_size", "kernel_size", "output_size", "stride", "dilation",
    "padding", "output_padding", "output_index", "tap_index", "input_index", "batch_index",
    "output_channel_index", "tap_channel_index", "input_channel_index",
)  # fmt: skip
SIZES = ("input_size", "kernel_size", "stride", "dilation", "padding", "output_padding")


_Kind = TypeVar("_Kind", bound=type)


def _remembering(kind: _Kind) -> _Kind:
    """A class of fields whose instances remember which were given, and whose wrong options are refused.

    The dataclass writes the method that makes an instance, so this one is put around it afterwards.
    """
    written: Any = kind
    make = written.__init__

    @wraps(make)
    def made(self: Any, *letters: Any, **given: Any) -> None:
        self._put("_given", frozenset(given))
        make(self, *letters, **given)

    written.__init__ = options_checked(made)
    return kind


@_remembering
@dataclass(frozen=True, kw_only=True, repr=False)
class Notation:
    r"""How a text writes a convolution layer. Letters only: no field changes a result.

    A letter is written as in LaTeX or as in plain text: Greek by name, command or character (``"delta"``,
    ``r"\delta"``, ``"δ"``), with a subscript (``"L_in"``), a superscript (``"a^{(l-1)}"``), primes, bold
    (``r"\mathbf{w}"``) or an accent (``r"\hat{y}"``): see ``symconv.printing.letters``.

    A letter that is not given is symconv's own. It moves out of the way of those that are given, to the
    first of its second choices that is free (``symconv.printing.choice.SECOND``). Two letters that are
    given may be the same, as long as no layer prints both.

    Attributes
    ----------
    input, kernel, bias, output, upstream, loss, activation : str
        Letters of the quantities; entries take an index, as in ``x0``.
    activated_output : str, optional
        The output after the activation, as in ``a' = f(z)``; by default the function stands alone.
    kernel_matrix : str, optional
        The kernel as a whole where it is multiplied with the windows; by default its own letter.
    window_columns : bool
        Whether the windows are the columns of their matrix; the kernel is then a row to its left.
    matrix, windows, upstream_matrix, tying : str
        Letters of the matrices that act on the input, kernel, kernel and kernel.
    all_windows : str
        Letter of the matrix that acts on all filters, stacked into one vector, if there are several;
        ``windows`` is then the matrix that each filter meets.
    selection : str
        Letter of the selection in maximum pooling.
    feature_maps, filter_matrix : str
        Letters of the output with one column per filter, and of the kernels as columns: ``A = X W``.
    input_size, kernel_size, output_size, stride, dilation, padding, output_padding : str
        Letters of the sizes.
    output_index, tap_index, input_index : str
        Letters of the indices of positions; with several axes they bear the number of the axis.
    batch_index, output_channel_index, tap_channel_index, input_channel_index : str
        Letters of the indices of samples, output channels, input channels within a group, and input channels.
    base : 0 or 1
        The first index.
    upstream_style : "delta" or "partial"
        Whether the upstream gradient prints as its letter or as the derivative of the loss.
    tap_colours : tuple of str
        Colours of the weights in LaTeX, used in turn; empty for none. Figures, and formulas beside them,
        then use a palette of four.
    max_rows : int or None
        The most rows or columns that are shown before dots; None shows all.
    source : str
        The text that uses this notation, and its conventions.

    Examples
    --------
    >>> Notation(base=1).name("input", 0), Notation.preset("cs231n").windows
    ('x1', 'X_col')
    >>> hers = Notation(input="a", matrix="W", output="z")
    >>> hers.kernel, hers.filter_matrix, hers.output_padding
    ('w', 'V', 'q')
    """

    input: str = "x"
    kernel: str = "w"
    kernel_matrix: str | None = None
    bias: str = "b"
    output: str = "y"
    upstream: str = "delta"
    loss: str = "L"
    activation: str = "f"
    activated_output: str | None = None
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
    base: Literal[0, 1] = 0
    upstream_style: UpstreamStyle = "delta"
    window_columns: bool = False
    tap_colours: tuple[str, ...] = ()
    max_rows: int | None = 10
    source: str = field(default="symconv's own letters.", compare=False)

    def __post_init__(self) -> None:
        for name in self.chosen:
            self._put(name, self._read(name))
        own = {item.name: str(item.default) for item in fields(self) if item.name in LETTERS}
        del own["kernel_matrix"], own["activated_output"]
        for name, letter in settled({name: getattr(self, name) for name in self.chosen}, own).items():
            self._put(name, letter)
        if type(self.base) is not int or self.base not in (0, 1):
            raise NotationError(f"base is {self.base!r}: indices start at 0 or at 1.")
        if self.upstream_style not in UPSTREAM_STYLES:
            sentence, style = "{option} is {given!r}: {cure}", self.upstream_style
            raise NotationError(sentence, "upstream_style", style, allowed=UPSTREAM_STYLES)
        if not isinstance(self.window_columns, bool):
            raise NotationError(f"window_columns is {self.window_columns!r}: write True or False.")
        if not isinstance(self.tap_colours, tuple | list):
            sentence = "{option} is {given!r}: write a tuple, such as ('teal', 'blue')."
            raise NotationError(sentence, "tap_colours", self.tap_colours)
        object.__setattr__(self, "tap_colours", tuple(self.tap_colours))
        for colour in self.tap_colours:
            if colour not in COLOURS:
                raise NotationError("tap colour {given!r} is unknown: {cure}", given=colour, allowed=COLOURS)
        limit = self.max_rows
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 3):
            raise NotationError("{option} is {given!r}: write {rows}.", "max_rows", limit)

    def _put(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _read(self, name: str) -> str:
        """The letter that is given for a field, by its name."""
        given = getattr(self, name)
        found = read_letter(given) if isinstance(given, str) else None
        if found is None:
            raise NotationError(
                f"{name} is {given!r}: write a letter or a Greek name, with at most one subscript such as "
                "'L_in', one superscript such as 'delta^(l)', primes, and bold or an accent as in LaTeX."
            )
        if name == "activation" and not found.isidentifier():
            raise NotationError(f"activation is {given!r}: write a letter without superscript and primes.")
        return found

    @property
    def chosen(self) -> tuple[str, ...]:
        """The fields whose letters are given, so that they stay."""
        given: frozenset[str] = self.__dict__["_given"]
        return tuple(name for name in LETTERS if name in given and getattr(self, name) is not None)

    def beside(self, names: Iterable[str], axes: int = 1) -> Notation:
        """This notation with symconv's own letters out of the way of the names that a layer's sizes have.

        >>> Notation().beside(["k", "w"]).tap_index, Notation(tap_index="k").beside(["k"]).tap_index
        ('v', 'k')
        """
        given, sizes = self.chosen, dict.fromkeys(names)
        letters = {name: letter for name in LETTERS if (letter := getattr(self, name)) is not None}
        moved: dict[str, str] = {}
        for name, letter in letters.items():
            if name in SIZES or name in given:
                continue
            if any(clash(name, letter, "", size, (), axes) for size in sizes):
                taken = [(n, other) for n, other in {**letters, **moved}.items() if n != name]
                moved[name] = free_letter(name, [*taken, *(("", size) for size in sizes)])
        return self.rewritten(**moved) if moved else self

    def rewritten(self, **changes: Any) -> Notation:
        """This notation with other values in some fields, while all others stay as they are."""
        made = copy(self)
        for name, value in changes.items():
            made._put(name, value)
        return made

    @classmethod
    def preset(cls, name: PresetName) -> Notation:
        """The notation of a known text, by name: see :doc:`/presets`."""
        if not isinstance(name, str) or name not in PRESETS:
            raise NotationError("notation {given!r} is unknown: {cure}", given=name, allowed=PRESETS)
        return PRESETS[name]

    @staticmethod
    def preset_names() -> tuple[PresetName, ...]:
        """The names that :meth:`preset` takes."""
        return tuple(PRESETS)

    if TYPE_CHECKING:

        @property
        def replace(self) -> type[Notation]: ...

    else:

        def replace(self, **changes: Any) -> Notation:
            """This notation with some fields changed, and the letters that are not given chosen anew."""
            reject_unknown("a notation", changes, [item.name for item in fields(self)])
            return Notation(**{name: getattr(self, name) for name in self._given} | changes)

    def __repr__(self) -> str:
        given: frozenset[str] = self.__dict__["_given"]
        told = (f"{item.name}={getattr(self, item.name)!r}" for item in fields(self) if item.name in given)
        return f"Notation({', '.join(told)})"

    def _repr_html_(self) -> str:
        letters = ((name.replace("_", " "), getattr(self, name)) for name in LETTERS)
        rows = [(meaning, maths(Letter.of(letter).latex)) for meaning, letter in letters if letter]
        return f"{paragraph(words(self.source))}\n{table(('meaning', 'letter'), rows)}"

    def meanings(self, names: Sequence[str] | None = None) -> dict[str, str]:
        """What each letter stands for; of the fields that are named, or of all but that of the function.

        >>> Notation().meanings(["input", "stride"])
        {'x': 'input', 's': 'stride'}
        """
        return {
            letter: name.replace("_", " ")
            for name in LETTERS
            if name != "activation" and (letter := getattr(self, name)) and (names is None or name in names)
        }

    def letter(self, name: str) -> str:
        """The letter of a field; another name is a letter of its own, with primes where it is in use.

        >>> Notation().letter("matrix"), Notation().letter("B"), Notation(matrix="B").letter("B")
        ('T', 'B', "B'")
        """
        if name in LETTERS:
            return str(getattr(self, name))
        taken = self.meanings()
        while name in taken:
            name += "'"
        return name

    def coloured(self) -> Notation:
        """This notation with the colours of its figures in formulas too.

        >>> Notation().coloured().tap_colours[:2], Notation(tap_colours=("red",)).coloured().tap_colours
        (('teal', 'blue'), ('red',))
        """
        return self.rewritten(tap_colours=self.tap_colours or PALETTE)

    @property
    def kernel_whole(self) -> str:
        """The letter of the kernel where it is multiplied with the windows."""
        return self.kernel_matrix or self.kernel

    def name(self, quantity: str, *index: int) -> str:
        """The symbol name of an entry, counted from 0: ``x0``, or ``L_in_0`` where a mark comes first."""
        return entry_name(getattr(self, quantity), *(i + self.base for i in index))


_BOOK = Notation(
    kernel="K", upstream="G", loss="J", base=1, input_size="m", kernel_size="n", output_size="o",
    tap_index="l", batch_index="e", output_channel_index="u", tap_channel_index="v", input_channel_index="r",
)  # fmt: skip

#: Known texts. A row says only what differs from symconv's own letters.
PRESETS: Mapping[PresetName, Notation] = MappingProxyType({
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
