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
    head: list[Words] = [("",), ("inputs",), ("inputs per output",), (first,), ("weights to learn",)]
    rows: list[tuple[Words, ...]] = []
    for c in (here, more):
        if c is None:
            continue
        for name, counts in (
            (what, (c.inputs, c.window, c.multiplications, c.weights if learned else 0)),
            ("a dense layer", (c.inputs, c.inputs, c.dense, c.dense)),
        ):
            rows.append(((name,), *((f"{count:,}",) for count in counts)))
    points: list[tuple[Words, Words]] = [
        (("Sparse interactions",), (_SPARSE[judged.spec.transposed],)),
        (("Parameter sharing",), (_SHARED[learned],)),
        (("Equivariance to shift",), equivariance(sources, pen)),
    ]
    table = Table(tuple(head), tuple(rows))
    return [Frame("Sparse, shared, equivariant", ((table,), (Points(tuple(points)),)))]


#: Of a transposed layer, and of any other.
_SPARSE = {
    False: "Each output depends only on the inputs in its window.",
    True: "Each output depends only on the inputs whose kernel reaches it.",
}

#: With weights to learn, and without.
_SHARED = {True: "Every position uses the same weights.", False: "There are no weights to learn."}
