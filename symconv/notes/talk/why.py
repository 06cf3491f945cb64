"""The frame that compares a layer with a dense one."""

from __future__ import annotations

import symconv.notes.kinds as kinds
from symconv.notes.model import Frame, Points, Table, Words
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.notes.why import equivariance, large_costs
from symconv.notes.worked import Costs


def why(sources: Sources, pen: Pen) -> list[Frame]:
    """What the layer costs against a dense one, and what moves when the input moves."""
    judged = sources.layer if sources.layer.spec.numeric else sources.example
    here, more = Costs.of(judged.spec), large_costs(sources, judged)
    learned, pooled = judged.spec.kernel.learned, kinds.kind(judged.spec) == "maximum"
    what = "this layer" if judged is sources.layer else "the example"
    first = "comparisons" if pooled else "multiplications"
    head: list[Words] = [(name,) for name in ("", "inputs", "outputs", "inputs per output", first, "weights")]
    costs = [c for c in (here, more) if c is not None]
    rows: list[tuple[Words, ...]] = []
    for c in costs:
        weights = c.weights if learned else 0
        sizes = (f"{c.inputs:,}", f"{c.outputs:,}")
        told = (what, *sizes, _each(c), f"{c.multiplications:,}", f"{weights:,}")
        dense = ("a dense layer", *sizes, f"{c.inputs:,}", f"{c.dense:,}", f"{c.dense:,}")
        rows += [tuple((cell,) for cell in row) for row in (told, dense)]
    padded = any(map(_uneven, costs)) and not judged.spec.transposed
    sparse = f"{_SPARSE[judged.spec.transposed]}.{_UNCOUNTED[pooled] if padded else ''}"
    points: list[tuple[Words, Words]] = [
        (("Sparse interactions",), (sparse,)),
        (("Parameter sharing",), (_SHARED[learned],)),
        (("Equivariance to shift",), equivariance(sources, pen, brief=True)),
    ]
    table = Table(tuple(head), tuple(rows))
    return [Frame("Sparse, shared, equivariant", ((table,), (Points(tuple(points)),)))]


def _uneven(costs: Costs) -> bool:
    """Whether some output reads fewer inputs than others."""
    return costs.nonzeros < costs.window * costs.outputs


def _each(costs: Costs) -> str:
    """How many inputs an output reads."""
    return f"{'at most ' if _uneven(costs) else ''}{costs.window:,}"


#: Of a transposed layer, and of any other.
_SPARSE = {
    False: "Each output depends only on the inputs in its window",
    True: "Each output depends only on the inputs whose kernel reaches it",
}

#: What windows that reach over the edge do not count: of a maximum, and of any other layer.
_UNCOUNTED = {
    False: " Multiplications: products with padding are not counted.",
    True: " Comparisons: padding is not counted.",
}

#: With weights to learn, and without.
_SHARED = {True: "Every position uses the same weights.", False: "There are no weights to learn."}
