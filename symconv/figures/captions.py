"""What to see in a figure: a few sentences that stand below it."""

from collections.abc import Mapping
from types import MappingProxyType

from symconv.pattern import Specification

#: For each figure what is seen in it, by the kind of layer. Names in braces are sentences of
#: :data:`_OF_TIES` and :data:`_OF_ZEROS`, or words of :func:`seen`.
_CAPTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "band": {
            "learned": "The matrix of the layer. Row by row, it holds the weights that give one output."
            "{cells}{others}",
            "transposed": "The matrix of the layer. Column by column, it holds the weights of one input."
            "{cells}{others}",
            "average": "The matrix of the layer. Each row is the mean of one window.{outside}",
            "maximum": "The matrix of the layer. Each row selects the largest entry of one window.{outside}",
        },
        "window": {
            "learned": "The input, and {below} the window of each output.{cells}",
            "transposed": "The output, and {below} the window to which each input adds. Each output is the "
            "sum of what is added at its place{bias}.",
            "average": "The input, and {below} the window of each output with the weights of the mean.",
            "maximum": "The input, and {below} the window of each output, whose largest entry is kept.",
        },
        "position": {
            "learned": "One position of the window. The kernel lies on the coloured entries of the input, "
            "and the products{bias} add up to the framed output.",
            "transposed": "What one input adds. Each weight times the framed input is added to the coloured "
            "output at its place.",
            "average": "One position of the window, coloured. Its mean is the framed output.",
            "maximum": "One position of the window, coloured. Its largest entry is the framed output.",
        },
        "network": {
            "learned": "The layer as a network.{edges}{missing}",
            "transposed": "The layer as a network.{edges}{missing} Read from right to left, it is the "
            "network of a {operation}.",
            "average": "The layer as a network. Each output is connected to its window only.",
            "maximum": "The layer as a network. The edge from the largest entry of each window has weight 1, "
            "the others 0.",
        },
        "blocks": {
            "learned": "The matrix of the layer in blocks, the name of each above it.{names}",
            "average": "The matrix of the layer in blocks, the name of each above it.",
            "maximum": "The matrix of the layer in blocks, the name of each above it.",
        },
        "input_gradient": {
            "learned": "The transposed matrix. Each row gives one entry of the gradient with respect to the "
            "input.",
            "average": "The transposed matrix. Each input receives a share of the gradient of every window "
            "that contains it.",
            "maximum": "The transposed matrix. The gradient of each window goes to the input that was "
            "selected.",
        },
    }
)

#: What is said where a weight recurs, and where entries are zero.
_OF_TIES = {
    "cells": " Each colour marks one weight.",
    "edges": " Edges drawn in the same style share a weight.",
    "names": " Blocks of one name are equal.",
}
_OF_ZEROS = {
    "others": " The other entries are zero.",
    "outside": " Entries outside the window are zero.",
    "missing": " Missing edges are the zeros of {matrix}.",
}


def caption(name: str, spec: Specification) -> str:
    """What to see in a figure of a layer.

    >>> import symconv as sc
    >>> caption("network", sc.Conv1d(4, 3).spec)
    'The layer as a network. Edges drawn in the same style share a weight. Missing edges are the zeros of
    the matrix.'
    >>> caption("network", sc.Conv1d(4, 4).spec)
    'The layer as a network.'
    """
    return seen(name, spec).format(matrix="the matrix")


def seen(name: str, spec: Specification) -> str:
    """The same, with ``{matrix}`` where the letter of the matrix may stand."""
    pooled = "maximum" if spec.kernel.depends_on_input else "average"
    kind = "transposed" if spec.transposed else "learned" if spec.kernel.learned else pooled
    incidence = spec.tied.incidence()
    outputs, taps, inputs = (incidence.index[role].tolist() for role in ("output", "tap", "input"))
    recurs = len(set(taps)) < len(taps)
    zeros = len({*zip(outputs, inputs, strict=True)}) < incidence.size("output") * incidence.size("input")
    said = {key: text * recurs for key, text in _OF_TIES.items()}
    said |= {key: text * zeros for key, text in _OF_ZEROS.items()}
    said |= {"bias": " and the bias" * spec.bias, "operation": spec.operation}
    said |= {"below": "below it" if len(spec.axes) == 1 or spec.transposed else "then"}
    return _CAPTIONS[name].get(kind, _CAPTIONS[name]["learned"]).format(**said)
