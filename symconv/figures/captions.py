"""What to see in a figure: a few sentences that stand below it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from symconv.pattern import Specification

#: Sentences, each with the condition under which it is said: always, where a weight recurs, where there are
#: zeros.
_Said: TypeAlias = Sequence[tuple[str, str]]

_ALWAYS, _RECURS, _ZEROS = "always", "recurs", "zeros"

#: For each figure what is seen in it, by the kind of layer.
_CAPTIONS: Mapping[str, Mapping[str, _Said]] = MappingProxyType(
    {
        "band": {
            "learned": (
                (_ALWAYS, "The matrix of the layer. Row by row, it holds the weights that give one output."),
                (_RECURS, "Each colour marks one weight."),
                (_ZEROS, "The other entries are zero."),
            ),
            "transposed": (
                (_ALWAYS, "The matrix of the layer. Column by column, it holds the weights of one input."),
                (_RECURS, "Each colour marks one weight."),
                (_ZEROS, "The other entries are zero."),
            ),
            "average": (
                (_ALWAYS, "The matrix of the layer. Each row is the mean of one window."),
                (_ZEROS, "Entries outside the window are zero."),
            ),
            "maximum": (
                (_ALWAYS, "The matrix of the layer. Each row selects the largest entry of one window."),
                (_ZEROS, "Entries outside the window are zero."),
            ),
        },
        "window": {
            "learned": (
                (_ALWAYS, "The input, and below it the window of each output."),
                (_RECURS, "Each colour marks one weight."),
            ),
            "transposed": (
                (_ALWAYS, "The output, and below it the window to which each input adds."),
                (_ALWAYS, "Each output is the sum of what is added at its place."),
            ),
            "average": (
                (_ALWAYS, "The input, and below it the window of each output with the weights of the mean."),
            ),
            "maximum": (
                (_ALWAYS, "The input, and below it the window of each output, whose largest entry is kept."),
            ),
        },
        "network": {
            "learned": (
                (_ALWAYS, "The layer as a network."),
                (_RECURS, "Edges drawn in the same style carry the same weight."),
                (_ZEROS, "Missing edges are the zeros of the matrix."),
            ),
            "transposed": (
                (_ALWAYS, "The layer as a network."),
                (_RECURS, "Edges drawn in the same style carry the same weight."),
                (_ALWAYS, "Read from right to left, it is the network of a convolution."),
            ),
            "average": ((_ALWAYS, "The layer as a network. Each output is connected to its window only."),),
            "maximum": ((_ALWAYS, "The layer as a network. Each output selects one input of its window."),),
        },
        "blocks": {
            "learned": (
                (_ALWAYS, "The matrix of the layer in blocks, the name of each above it."),
                (_RECURS, "Blocks of one name are equal."),
            ),
            "average": ((_ALWAYS, "The matrix of the layer in blocks, the name of each above it."),),
            "maximum": ((_ALWAYS, "The matrix of the layer in blocks, the name of each above it."),),
        },
        "input_gradient": {
            "learned": (
                (_ALWAYS, "The transposed matrix."),
                (_ALWAYS, "Each row gives one entry of the gradient with respect to the input."),
            ),
            "average": (
                (_ALWAYS, "The transposed matrix."),
                (_ALWAYS, "Each input receives a share of the gradient of every window that contains it."),
            ),
            "maximum": (
                (_ALWAYS, "The transposed matrix."),
                (_ALWAYS, "The gradient of each window goes to the input that was selected."),
            ),
        },
    }
)


def caption(name: str, spec: Specification) -> str:
    """What to see in a figure of a layer.

    >>> import symconv as sc
    >>> caption("network", sc.Conv1d(4, 3).spec)
    'The layer as a network. Edges drawn in the same style carry the same weight. Missing edges are the
    zeros of the matrix.'
    >>> caption("network", sc.Conv1d(4, 4).spec)
    'The layer as a network.'
    """
    told = _CAPTIONS[name]
    pooled = "maximum" if spec.kernel.depends_on_input else "average"
    kind = "transposed" if spec.transposed else "learned" if spec.kernel.learned else pooled
    incidence = spec.tied.incidence()
    outputs, taps, inputs = (incidence.index[role].tolist() for role in ("output", "tap", "input"))
    cells = len(set(zip(outputs, inputs, strict=True)))
    held = {
        _ALWAYS: True,
        _RECURS: len(set(taps)) < len(taps),
        _ZEROS: cells < incidence.size("output") * incidence.size("input"),
    }
    return " ".join(sentence for when, sentence in told.get(kind, told["learned"]) if held[when])
