"""The registry of quantities: a row each, with its contraction, its letter, its meaning, its reasons."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType
from typing import Any

from symconv.errors import OptionError
from symconv.pattern import Specification
from symconv.printing.names import EquationName, FormulaName

#: The kinds of kernels.
_ALL, _LEARNED = ("weights", "uniform", "clipped", "selection"), ("weights",)


@dataclass(frozen=True)
class Quantity:
    """What is asked of a layer.

    ``reasons`` say why its equation holds, for the reader: by the facets of a layer of which something else
    is said, and by "" for all others. ``relation`` is what is contracted: "pattern", the layer's own
    relation, "tied", that through shared taps, or one made from it: "biases", "single_filter" or
    "single_place" of :class:`symconv.pattern.Relation`, "dense" or "unshared" of the enumerated pattern. The
    roles of its rows and columns are kept; those that are summed over bring their operand along: an output
    its upstream gradient, a tap its weight, an input its value.
    """

    name: str
    letter: str  # the field of a notation that has it, or a letter of its own
    meaning: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    relation: str = ""  # none for what has no entries
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    shape: tuple[tuple[str, ...], tuple[str, ...]] | None = (
        None  # the roles, if not those of rows and columns
    )
    kinds: tuple[str, ...] = _LEARNED  # the kernels of the layers that have an equation of it
    derived: tuple[str, ...] = ()  # and a closed form
    biased: bool = False  # whether only a layer with a bias has it
    main: bool = False  # whether it is shown where nothing is chosen
    parts: tuple[str, ...] | None = None  # the quantities whose cells its equation prints, if not its own

    @property
    def is_matrix(self) -> bool:
        """Whether it is a matrix; the columns of the relation of biases are the constant 1."""
        return self.relation != "biases" and bool(self.columns or self.shape)

    def belongs(self, spec: Specification, kinds: Collection[str], own: Collection[str] = ()) -> bool:
        """Whether it belongs to layers with kernels of some kinds, of which a layer is one."""
        return not {*kinds}.isdisjoint(own or [spec.kernel.name]) and (spec.bias or not self.biased)

    def reason(self, spec: Specification) -> str:
        """Why its equation holds, in a sentence for the reader."""
        said = self.reasons[""]
        for facet in spec.facets:
            said = self.reasons.get(facet, said)
        return said.format(**spec.phrases)


_OUTPUT, _TAP, _INPUT = ("output",), ("tap",), ("input",)

_MATRIX = "As a matrix acting on the input: the matrix"
_GRADIENT = "Gradient with respect to the"
_SHARED = "Shared weights sum their gradients."
_WINDOWS_FIT = "Output size: one output per window position on the padded input, in steps of the stride."

_ROWS = (
    Quantity(
        "output_size", "output_size", "The number of outputs along each axis.",
        {
            "": "Output size: one output per kernel position on the padded input, in steps of the stride.",
            **dict.fromkeys(("uniform", "clipped", "selection"), _WINDOWS_FIT),
            "transposed": "Output size: each input adds a copy of the kernel to the output, and successive "
            "copies start one stride apart{cut}{added}.",
        },
        kinds=_ALL, derived=_ALL, main=True, parts=(),
    ),
    Quantity(
        "output", "output",
        "The output ``y``; ``y[i] = b + sum_k w[k] x[j]``, where i reads input j through tap k.",
        {
            "": "Output: each entry is the dot product of one window of the input with the kernel{bias}.",
            "flipped": "Output: each entry is the dot product of one window of the input with the flipped "
            "kernel{bias}.",
            "transposed": "Output: each entry is the sum of input times weight over all inputs that reach "
            "it{bias}.",
            **dict.fromkeys(("uniform", "clipped"), "Output: each entry is {mean}."),
            "selection": "Output: each entry is the maximum of one window of the input.",
        },
        "pattern", _OUTPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "activation", "activation", "A function of each output entry.",
        {"": "Activation: the function is applied to each output entry."}, main=True, parts=("output",),
    ),
    Quantity(
        "selection", "selection",
        "``S``, M by K, with ``S[i, k] = 1`` if tap k meets the first maximum of window i, else 0.",
        {"": "Selection: 1 at the first maximum of each window, 0 elsewhere."},
        "tied", _OUTPUT, _TAP, kinds=("selection",), main=True,
    ),
    Quantity(
        "matrix", "matrix",
        "``T``, M by N, with ``y = T x``; ``T[i, j] = w[k]`` if i reads j through k, else 0.",
        {
            "": f"{_MATRIX} contains only kernel weights and zeros.",
            "folded": f"{_MATRIX} contains only kernel weights, sums of kernel weights, and zeros.",
            "uniform": f"{_MATRIX} contains only zeros and one constant, the weight of the average.",
            "clipped": f"{_MATRIX} contains only zeros and, in each row, 1 over the divisor of its window.",
            "selection": "As a matrix acting on the input: each row selects one input entry; which one "
            "depends on the input.",
        },
        "pattern", _OUTPUT, _INPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "windows", "windows",
        "``X``, M by K, with ``y = X w`` (im2col); ``X[i, k]`` is what i reads through k, 0 in the padding.",
        {
            "": "As windows times kernel: each row is the window of one output.",
            "transposed": "As windows times kernel: each row holds the inputs that reach one output.",
            "uniform": "As windows times a constant kernel: each row is the window of one output.",
            "columns": "As kernel times windows: each column is the window of one output.",
            "selection": "Windows: each {line} is the window of one output. The output is its largest entry.",
        },
        "pattern", _OUTPUT, _TAP, kinds=("weights", "uniform", "selection"), derived=_LEARNED, main=True,
    ),
    Quantity(
        "filters", "feature_maps", "``A = X W``, all filters at all positions.",
        {
            "": "As windows times filters: one product computes all filters. The result has one column per "
            "filter, one row per position.",
            "columns": "As filters times windows: one product computes all filters. The result has one row "
            "per filter, one column per position.",
        },
        parts=("filter_windows", "filter_matrix"),
    ),
    Quantity(
        "blocks", "matrix", "``T`` in blocks, one level per axis (batch, channels, then spatial axes).",
        {"": "The matrix in blocks: blocks are nested axis by axis, and the innermost are written out."},
        parts=("matrix",),
    ),
    Quantity(
        "grad_input", "input",
        "The derivative ``T^T delta`` of the loss with respect to ``x``, in the shape of ``x``.",
        {
            "": f"{_GRADIENT} input: multiply the upstream gradient by the transposed matrix.",
            "selection": f"{_GRADIENT} input: each upstream gradient goes to the entry that was selected, "
            "since the other entries do not change the maximum.",
        },
        "pattern", _INPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "grad_kernel", "kernel",
        "The derivative ``X^T delta`` of the loss with respect to ``w``, in the shape of ``w``.",
        {
            "": f"{_GRADIENT} kernel: multiply the upstream gradient by the transposed window matrix. "
            f"{_SHARED}",
            "columns": f"{_GRADIENT} kernel: multiply the upstream gradient by the window matrix. {_SHARED}",
        },
        "pattern", _TAP, derived=_LEARNED, main=True,
    ),
    Quantity(
        "grad_bias", "bias",
        "The derivative of the loss with respect to ``b``, the sum of the upstream gradient per channel.",
        {"": f"{_GRADIENT} bias: a bias is added to every output of its filter, so it sums their gradients."},
        "biases", _TAP, _INPUT, derived=_LEARNED, biased=True, main=True,
    ),
    Quantity(
        "upstream_matrix", "upstream_matrix",
        "``Delta``, N by K, with ``grad_input = Delta w``; ``Delta[j, k] = delta[i]`` or 0.",
        {"": f"{_GRADIENT} input, in a second form: a matrix of upstream gradients times the kernel."},
        "pattern", _INPUT, _TAP, derived=_LEARNED,
    ),
    Quantity(
        "tying", "tying",
        "``E``, M N by K, with ``vec T = E w`` row by row, so ``grad_kernel = E^T vec(delta x^T)``.",
        {"": "Ties: column k marks the entries of the matrix, read row by row, that hold weight k."},
        "pattern", ("output", "input"), _TAP, derived=_LEARNED,
    ),
    Quantity(
        "filter_windows", "windows",
        "``X`` of ``A = X W``, one row per position, with the window of all input channels there.",
        {}, "single_filter", _OUTPUT, _TAP,
    ),
    Quantity(
        "filter_matrix", "filter_matrix",
        "``W`` of ``A = X W``, one column per filter, with zeros for the input channels of other groups.",
        {}, "single_place", _INPUT, _OUTPUT,
    ),
    Quantity(
        "dense_gradient", "matrix",
        "``delta x^T``, M by N, the gradient with respect to a dense matrix in place of ``T``.",
        {"": f"{_GRADIENT} matrix of a dense layer: no entry is shared, and none is held at zero."},
        "dense", _TAP, shape=(_OUTPUT, _INPUT),
    ),
    Quantity(
        "masked_gradient", "matrix",
        "``delta x^T``, masked where ``T`` holds no weight; a dense layer with zeros but no shared weights.",
        {
            "": "The same, masked: the bracket is 1 where the convolution matrix holds a weight, else 0. "
            "Summing over each weight's positions gives the gradient with respect to the kernel."
        },
        "unshared", _TAP, shape=(_OUTPUT, _INPUT),
    ),
)  # fmt: skip

#: Every quantity by its name, in the order in which they are shown.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType({row.name: row for row in _ROWS})


def printed(spec: Specification) -> list[EquationName]:
    """The quantities that a layer has an equation of."""
    return list[Any](n for n, row in QUANTITIES.items() if row.reasons and row.belongs(spec, row.kinds))


def derived(spec: Specification) -> list[FormulaName]:
    """The quantities that a layer has a closed form of."""
    return list[Any](name for name, row in QUANTITIES.items() if row.belongs(spec, row.derived))


def compared(spec: Specification, own: Collection[str] = ()) -> list[str]:
    """The quantities with entries to compare with those of references; or those of layers of more kinds."""
    return [name for name, row in QUANTITIES.items() if row.relation and row.belongs(spec, row.kinds, own)]


def required(
    name: str, spec: Specification, *, explicit: bool = False, besides: Iterable[str] = ()
) -> Quantity:
    """The row of a quantity that a layer has an equation of, or entries; an OptionError if it has none.

    The error names what there is, and what may be asked for ``besides``.
    """
    if name == "grad_bias" and not spec.bias:
        raise OptionError("{given} needs a bias, and this layer has none: {with_bias}.", given=name)
    what, names = "quantity", list[str](printed(spec))
    if explicit:
        what, names = "explicit quantity", compared(spec, spec.kernel.kinds)
    if not isinstance(name, str) or name not in names:
        raise OptionError(f"there is no {what} {{given!r}}: {{cure}}", given=name, allowed=[*names, *besides])
    return QUANTITIES[name]


def cells(name: str, spec: Specification) -> int:
    """How many cells of a matrix, or terms of sums, an equation prints, as far as sizes tell."""
    row, tied = QUANTITIES[name], spec.tied
    if row.parts is not None:
        return max((cells(part, spec) for part in row.parts), default=0)
    relation = getattr(tied, row.relation)() if row.relation.startswith("single") else tied
    rows, columns = row.shape or (row.rows, row.columns)
    if not columns:
        return tied.count("output") * tied.single_filter().count("tap")
    return prod(relation.count(role) for role in (*rows, *columns))
