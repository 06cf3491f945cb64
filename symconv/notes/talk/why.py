"""The frame that compares a layer with a dense one."""

from __future__ import annotations

from collections.abc import Callable

import symconv.notes.kinds as kinds
from symconv.notes.model import Frame, Piece, Points, Table, Words
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
    sizes = [(what, here), *([(f"{more.inputs:,} inputs", more)] if more else [])]
    head: list[Words] = [("",), ("",)]
    for name, _ in sizes:
        head += [(name,), ("dense",)]
    many = "comparisons" if pooled else "multiplications"
    lines: list[tuple[str, str, Callable[[Costs], tuple[int, int]]]] = [
        ("sparse interactions", "inputs per output", lambda c: (c.window, c.inputs)),
        ("", many, lambda c: (c.multiplications, c.dense)),
        ("parameter sharing", "weights to learn", lambda c: (c.weights if learned else 0, c.dense)),
    ]
    rows = []
    for term, name, read in lines:
        row: list[Words] = [(term,), (name,)]
        for _, costs in sizes:
            row += [(f"{count:,}",) for count in read(costs)]
        rows.append(tuple(row))
    told: tuple[Piece, ...] = (Points(((("Equivariance to shift",), equivariance(sources, pen)),)),)
    return [Frame("Sparse, shared, equivariant", ((Table(tuple(head), tuple(rows)),), told))]
