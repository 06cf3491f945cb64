"""The table of reference algorithms: which there are for a product of relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from symconv.algorithms.rows import ROWS, Algorithm
from symconv.pattern import Batch, Relation, Unshared

#: The algorithms by their names.
ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType({row.name: row for row in ROWS})


def algorithms_for(
    relations: Sequence[Relation], *, average: bool = False, bias: bool = True
) -> dict[str, Algorithm]:
    """The algorithms of a layer by the quantities that they compute; none where none is written.

    Samples of a batch, and the channels of a pooling layer, go through a layer independently of each
    other: the algorithm is that of one of them, and its reason says so.

    Parameters
    ----------
    relations : sequence of Relation
        Those whose product the layer is.
    average : bool
        Whether all taps are 1 over their number.
    bias : bool
        Whether the layer has a bias, which then has a gradient.

    >>> from symconv.pattern import Axis
    >>> [algorithm.name for algorithm in algorithms_for((Axis.make(4, 3),), bias=False).values()]
    ['correlation', 'correlation_grad_input', 'correlation_grad_kernel']
    """
    if any(relation.options.get("padding_mode", "zeros") != "zeros" for relation in relations):
        return {}
    samples = [relation for relation in map(_tied, relations) if isinstance(relation, Batch)]
    kinds = tuple(
        (type(relation), bool(relation.options.get("flip")))
        for relation in relations
        if not isinstance(_tied(relation), Batch)
    )
    found = {}
    for row in ALGORITHMS.values():
        if kinds in row.layers and row.average == average and (bias or row.quantity != "grad_bias"):
            told = [_of_one(sample, row.quantity) for sample in samples]
            found[row.quantity] = replace(row, reason=" ".join([row.reason, *told]))
    return found


def _tied(relation: Relation) -> Relation:
    """What an untied relation is made of, but for axes, whose windows then select."""
    return relation.relation if type(relation) is Unshared else relation


def _of_one(sample: Batch, quantity: str) -> str:
    one = {"batch": "sample of the batch", "channels": "channel"}[sample.name]
    if quantity in ("grad_kernel", "grad_bias"):
        return f"The gradients of each {one} add up."
    return f"This is done for each {one} by itself."
