"""Counts: the parameters of a chain and its multiplications, as numbers and as closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Max, Min, Mul, Sum, Symbol, ceiling, floor, sympify

from symconv.errors import OptionError
from symconv.network.arrays import whole
from symconv.network.fields import parameters_of, receptive_field, written_out
from symconv.network.stages import Stage
from symconv.printing.display import Display
from symconv.printing.rich import table, words
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, target_of


def multiplications(chain: Any, padding: bool = True, *, layer: int | None = None) -> Any:
    """The number of products of a weight and an entry, in all or in one layer.

    Parameters
    ----------
    padding : bool
        Whether products with the zeros of the padding count.
    layer : int, optional

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d(8, 3, padding=1), sc.Activation("relu"), sc.Dense(None, 2))
    >>> net.multiplications(), net.multiplications(padding=False), net.parameters
    (40, 38, 19)
    """
    stages = chain.stages if layer is None else (chain.stage(layer),)
    return total([multiplications_of(stage, padding=padding) for stage in stages])


def multiplications_of(stage: Stage, *, padding: bool) -> Any:
    """How many products of a weight and an entry the output of a layer takes: none for pooling.

    Where a transposed layer crops its output, what is cropped counts as padding.
    """
    if not stage.learned:
        return 0
    products: Any = 1
    for relation in stage.layer.spec.tied.relations:
        products = products * _products(relation, padding=padding)
    return whole(written_out(stage, products))


def _products(relation: Any, *, padding: bool) -> Any:
    """How many pairs of an output and a tap meet; with those that meet padding, or without."""
    extents = {role: Mul(*map(sympify, sizes)) for role, sizes in relation.extents.items()}
    if not relation.spatial or "out_features" in relation.geometry:
        # A batch has one tap for all; channels and dense layers have taps that belong to their outputs.
        return extents["tap"] if extents["tap"] != 1 else extents["output"]
    sizes = {name: sympify(size) for name, size in relation.geometry.items()}
    other = extents["input" if relation.dependent_role == "output" else "output"]
    if padding or relation.fill.reads_input or (sizes["before"] == 0 == sizes["after"]):
        return other * sizes["kernel_size"]
    if relation.numeric:
        return len(relation.incidence())
    return _within(sizes, other, extents[relation.dependent_role])


def _within(sizes: dict[str, Expr], others: Expr, dependent: Expr) -> Expr:
    """The sum, over the taps, of the places at which a tap lies on the input."""
    k = Symbol("k", integer=True)
    s, d, p = sizes["stride"], sizes["dilation"], sizes["before"]
    first, last = Max(0, ceiling((p - d * k) / s)), Min(others - 1, floor((dependent - 1 + p - d * k) / s))
    return Sum(Max(0, last - first + 1), (k, 0, sizes["kernel_size"] - 1))


@dataclass(frozen=True, repr=False)
class Summary:
    """The table of a chain: a row a layer, with a head; it prints as text.

    Attributes
    ----------
    rows : tuple of tuples of str
    """

    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        return target_of("text").table(self.rows, "lllrrrr")

    __repr__ = __str__

    def display(self, target: MathsTarget) -> Display:
        """The rows as they stand."""
        return Display(whole=target.table(self.rows, "lllrrrr"))

    def latex(self) -> str:
        """The rows as an ``array``."""
        return as_latex(self)

    def _repr_html_(self) -> str:
        head, *rows = ([words(cell) for cell in row] for row in self.rows)
        return table(head, rows)


def summary_of(chain: Any) -> Summary:
    """A table of the layers: their outputs, parameters, multiplications and receptive fields.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Chain(sc.Conv1d(8, 3, padding=1), sc.Activation("relu"), sc.Dense(None, 2)).summary()
    layer  kind          output  parameters  multiplications  receptive field  jump
    1      Conv1d, relu  8       3           24               3                1
    2      Dense         2       16          16               8                0
           total                 19          40
    """
    head = "layer", "kind", "output", "parameters", "multiplications", "receptive field", "jump"
    rows: list[tuple[str, ...]] = [head]
    for stage in chain.stages:
        count, products = sum(parameters_of(stage)), multiplications_of(stage, padding=True)
        sizes = size_told(stage.shape), str(count), str(products)
        rows.append((str(stage.number), kind_told(stage), *sizes, *field_told(chain, stage)))
    products = chain.multiplications()
    rows.append(("", "total", "", str(chain.parameters), str(products), "", ""))
    return Summary(tuple(rows))


def kind_told(stage: Stage) -> str:
    """What a layer is called, with its activation and what is added to its output."""
    activation = "" if stage.activation.is_identity else f", {stage.activation.name}"
    return f"{stage.kind}{activation}{added_told(stage)}"


def added_told(stage: Stage) -> str:
    """What is added to the output of a layer."""
    return "".join(f", + layer {other}" if other else ", + the input" for other in stage.added)


def field_told(chain: Any, stage: Stage) -> tuple[str, str]:
    """The size and the jump of the receptive field of a layer; nothing where it has none in closed form."""
    try:
        field = receptive_field(chain, stage.number)
        return size_told(field.size), size_told(field.jump)
    except OptionError:
        return "", ""


def size_told(size: Any) -> str:
    """A number, or one for each axis."""
    return "×".join(map(str, size)) if isinstance(size, tuple) else str(size)


def total(counts: Sequence[Any]) -> Any:
    """The sum of numbers or expressions."""
    return whole(sum(map(sympify, counts), sympify(0)))
