"""The registry of quantities: a row each, with its contraction, its letter, its meaning, its reasons."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType

from symconv.errors import OptionError
from symconv.pattern import Specification

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

_DENSE = "As a matrix acting on the input: a dense layer whose entries are"
_TIED = "act on the upstream gradient, so each tied weight receives the sum of its gradients."
_WINDOWS_FIT = "Output size: as many as the window has places on the input and its padding, a stride apart."

_ROWS = (
    Quantity(
        "output_size", "output_size", "The number of outputs along each axis.",
        {
            "": "Output size: as many as the kernel has places on the input and its padding, a stride apart.",
            **dict.fromkeys(("uniform", "clipped", "selection"), _WINDOWS_FIT),
            "transposed": "Output size: each input lays the kernel on the output, a stride further than the "
            "one before{cut}{added}.",
        },
        kinds=_ALL, derived=_ALL, main=True, parts=(),
    ),
    Quantity(
        "output", "output", "``y``, M entries: ``y[i] = b + sum_k w[k] x[j]`` with ``j`` from the relation.",
        {
            "": "Output: each entry is one window of the input times the kernel{bias}.",
            "flipped": "Output: each entry is one window of the input times the flipped kernel{bias}.",
            "transposed": "Output: each entry is the sum of what the inputs lay on it, an input times a tap "
            "each{bias}.",
            "clipped": "Output: each entry is the average of the places of one window that count.",
            "uniform": "Output: each entry is the average of one window, so every tap is 1 over their "
            "number.",
            "selection": "Output: each entry is the largest of one window of the input.",
        },
        "pattern", _OUTPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "activation", "activation", "A function of each output entry.",
        {"": "Activation: the function is applied to each output entry."}, main=True, parts=("output",),
    ),
    Quantity(
        "selection", "selection",
        "``S``, M by K: 1 where tap k of output i meets the first of the largest entries that i sees.",
        {"": "Selection: an indicator that is 1 at the first of the largest entries of each window."},
        "tied", _OUTPUT, _TAP, kinds=("selection",), main=True,
    ),
    Quantity(
        "matrix", "matrix", "``T``, M by N, with ``y = T x``: ``T[i, j] = w[k]`` where the relation holds.",
        {
            "": f"{_DENSE} weights of the kernel or zero.",
            "folded": f"{_DENSE} weights of the kernel, sums of some, or zero.",
            "uniform": f"{_DENSE} 1 over the number of taps or zero.",
            "clipped": f"{_DENSE} 1 over what the window of their row is divided by, or zero.",
            "selection": "As a matrix acting on the input: each row selects one entry, which depends on the "
            "input.",
        },
        "pattern", _OUTPUT, _INPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "windows", "windows",
        "``X``, M by K, with ``y = X w`` (im2col): ``X[i, k] = x[j]``, 0 in the padding.",
        {
            "": "As windows times kernel: row by row, the input that each output sees.",
            "transposed": "As windows times kernel: row by row, the inputs that lay something on each "
            "output.",
            "uniform": "As windows times a constant kernel: row by row, the input that each output sees.",
            "columns": "As kernel times windows: column by column, the input that each output sees.",
            "selection": "Windows: {by}, the entries of which an output is the largest.",
        },
        "pattern", _OUTPUT, _TAP, kinds=("weights", "uniform", "selection"), derived=_LEARNED, main=True,
    ),
    Quantity(
        "filters", "feature_maps", "``A = X W``: all filters at all places.",
        {
            "": "As windows times filters: a column a filter, a row a place, all filters in one product.",
            "columns": "As filters times windows: a row a filter, a column a place, all filters in one "
            "product.",
        },
        parts=("filter_windows", "filter_matrix"),
    ),
    Quantity(
        "blocks", "matrix", "``T`` in blocks, a level a relation.",
        {"": "The matrix in blocks: one relation after the other, the innermost written out."},
        parts=("matrix",),
    ),
    Quantity(
        "grad_input", "input", "The derivative of the loss by ``x``, in its shape: ``T^T delta``.",
        {
            "": "Gradient of the input: the transposed matrix acts on the upstream gradient.",
            "selection": "Gradient of the input: each upstream gradient goes to the entry that was selected, "
            "since the others do not change the maximum.",
        },
        "pattern", _INPUT, kinds=_ALL, derived=_ALL, main=True,
    ),
    Quantity(
        "grad_kernel", "kernel", "The derivative of the loss by ``w``, in its shape: ``X^T delta``.",
        {
            "": f"Gradient of the kernel: the transposed windows {_TIED}",
            "columns": f"Gradient of the kernel: the windows {_TIED}",
        },
        "pattern", _TAP, derived=_LEARNED, main=True,
    ),
    Quantity(
        "grad_bias", "bias",
        "The derivative of the loss by ``b``: the sum of the upstream gradient, over each channel.",
        {
            "": "Gradient of the bias: a bias reaches every output of its filter, so it receives the sum of "
            "their gradients."
        },
        "biases", _TAP, _INPUT, derived=_LEARNED, biased=True, main=True,
    ),
    Quantity(
        "upstream_matrix", "upstream_matrix",
        "``Delta``, N by K, with ``grad_input = Delta w``: ``Delta[j, k] = delta[i]`` where they meet.",
        {"": "Gradient of the input once more: the upstream gradient as a matrix acting on the kernel."},
        "pattern", _INPUT, _TAP, derived=_LEARNED,
    ),
    Quantity(
        "tying", "tying",
        "``E``, M N by K, with ``vec T = E w`` row by row, so ``grad_kernel = E^T vec(delta x^T)``.",
        {"": "Ties: which entry of the matrix, row by row, holds which tap."},
        "pattern", ("output", "input"), _TAP, derived=_LEARNED,
    ),
    Quantity(
        "filter_windows", "windows",
        "``X`` of ``A = X W``: a row a place, with what one filter over all input channels sees there.",
        {}, "single_filter", _OUTPUT, _TAP,
    ),
    Quantity(
        "filter_matrix", "filter_matrix",
        "``W`` of ``A = X W``: a column a filter, with zeros for the input channels of other groups.",
        {}, "single_place", _INPUT, _OUTPUT,
    ),
    Quantity(
        "dense_gradient", "matrix",
        "``delta x^T``, M by N: the gradient that a dense matrix in the place of ``T`` would have.",
        {"": "Gradient of an unconstrained dense matrix in the place of the convolution matrix."},
        "dense", _TAP, shape=(_OUTPUT, _INPUT),
    ),
    Quantity(
        "masked_gradient", "matrix",
        "``delta x^T`` with the zeros of ``T`` held at zero: a dense layer with zeros but no ties.",
        {
            "": "The same, held at zero by a bracket that is 1 where an entry of the convolution matrix "
            "holds a weight, whatever its value, and else 0; summed over the ties it is the gradient of the "
            "kernel."
        },
        "unshared", _TAP, shape=(_OUTPUT, _INPUT),
    ),
)  # fmt: skip

#: Every quantity by its name, in the order in which they are shown.
QUANTITIES: Mapping[str, Quantity] = MappingProxyType({row.name: row for row in _ROWS})


def printed(spec: Specification) -> list[str]:
    """The quantities that a layer has an equation of."""
    return [name for name, row in QUANTITIES.items() if row.reasons and row.belongs(spec, row.kinds)]


def derived(spec: Specification) -> list[str]:
    """The quantities that a layer has a closed form of."""
    return [name for name, row in QUANTITIES.items() if row.belongs(spec, row.derived)]


def compared(spec: Specification, own: Collection[str] = ()) -> list[str]:
    """The quantities with entries to compare with those of references; or those of layers of more kinds."""
    return [name for name, row in QUANTITIES.items() if row.relation and row.belongs(spec, row.kinds, own)]


def required(name: str, spec: Specification, *, explicit: bool = False) -> Quantity:
    """The row of a quantity that a layer has an equation of, or entries; an OptionError if it has none."""
    if name == "grad_bias" and not spec.bias:
        raise OptionError("{given}: this layer has no bias; {with_bias}.", given=name)
    what, names = "quantity", printed(spec)
    if explicit:
        what, names = "explicit quantity", compared(spec, spec.kernel.kinds)
    if not isinstance(name, str) or name not in names:
        raise OptionError(f"{{given!r}} is no {what}: {{cure}}", given=name, allowed=names)
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
