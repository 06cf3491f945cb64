"""Why each equation of a layer holds, in a sentence for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The reasons of a layer whose kernel slides over the input.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "output_size": "Output size: as many as the kernel has places on the input and its padding, a stride "
        "apart.",
        "output": "Output: each entry is one window of the input times the kernel.",
        "activation": "Activation: the function is applied to each output entry.",
        "matrix": "As a matrix acting on the input: a dense layer whose entries are weights of the kernel "
        "or zero.",
        "windows": "As windows times kernel: row by row, the input that each output sees.",
        "filters": "As windows times filters: a column a filter, a row a place, all filters in one product.",
        "blocks": "The matrix in blocks: one relation after the other, the innermost written out.",
        "grad_input": "Gradient of the input: the transposed matrix acts on the upstream gradient.",
        "grad_kernel": "Gradient of the kernel: the transposed windows act on the upstream gradient, so each "
        "tied weight receives the sum of its gradients.",
        "grad_bias": "Gradient of the bias: a bias reaches every output of its filter, so it receives the "
        "sum of their gradients.",
        "upstream_matrix": "Gradient of the input once more: the upstream gradient as a matrix acting on the "
        "kernel.",
        "tying": "Ties: which entry of the matrix, row by row, holds which tap.",
        "dense_gradient": "Gradient of an unconstrained dense matrix in the place of the convolution matrix.",
        "masked_gradient": "The same, held at zero by a bracket that is 1 where an entry of the "
        "convolution matrix holds a weight, whatever its value, and else 0; summed over the ties it is the "
        "gradient of the kernel.",
    }
)

#: What else is true of a layer that meets the kernel from its other end.
FLIPPED: Mapping[str, str] = MappingProxyType(
    {"output": "Output: each entry is one window of the input times the flipped kernel."}
)

#: Of a layer whose padding reads the input again.
FOLDED: Mapping[str, str] = MappingProxyType(
    {
        "matrix": "As a matrix acting on the input: a dense layer whose entries are weights of the kernel, "
        "sums of some, or zero."
    }
)

#: Of a layer whose inputs lay the kernel on the output.
TRANSPOSED: Mapping[str, str] = MappingProxyType(
    {
        "output_size": "Output size: each input lays the kernel on the output, a stride further than the one "
        "before{cut}{added}.",
        "output": "Output: each entry is the sum of what the inputs lay on it, an input times a tap each.",
        "windows": "As windows times kernel: row by row, the inputs that lay something on each output.",
    }
)

#: Of a layer whose taps are all 1 over their number.
AVERAGE: Mapping[str, str] = MappingProxyType(
    {
        "output_size": "Output size: as many as the window has places on the input and its padding, a stride "
        "apart.",
        "output": "Output: each entry is the average of one window, so every tap is 1 over their number.",
        "matrix": "As a matrix acting on the input: a dense layer whose entries are 1 over the number of "
        "taps or zero.",
        "windows": "As windows times a constant kernel: row by row, the input that each output sees.",
    }
)

#: Of maximum pooling, which has these equations only.
MAXIMUM: Mapping[str, str] = MappingProxyType(
    {
        "output_size": AVERAGE["output_size"],
        "output": "Output: each entry is the largest of one window of the input.",
        "selection": "Selection: an indicator that is 1 at the first of the largest entries of each window.",
        "matrix": "As a matrix acting on the input: each row selects one entry, which depends on the input.",
        "windows": "Windows: {by}, the entries of which an output is the largest.",
        "grad_input": "Gradient of the input: each upstream gradient goes to the entry that was selected, "
        "since the others do not change the maximum.",
    }
)

#: Of notations that write the windows as columns.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "windows": "As kernel times windows: column by column, the input that each output sees.",
        "filters": "As filters times windows: a row a filter, a column a place, all filters in one product.",
        "grad_kernel": "Gradient of the kernel: the windows act on the upstream gradient, so each tied "
        "weight receives the sum of its gradients.",
    }
)


def transposed(*, cut: bool, added: bool) -> dict[str, str]:
    """The reasons of a transposed layer, by whether it has a padding and an output padding."""
    size = TRANSPOSED["output_size"].format(
        cut="; the padding is cut off the ends" if cut else "",
        added="; the output padding is added behind" if added else "",
    )
    return {**TRANSPOSED, "output_size": size}


def maximum(*, columns: bool) -> dict[str, str]:
    """The reasons of maximum pooling, by whether windows are columns."""
    by = "column by column" if columns else "row by row"
    return {**MAXIMUM, "windows": MAXIMUM["windows"].format(by=by)}


def reasons_of(*more: Mapping[str, str]) -> dict[str, str]:
    """The reasons of a layer, by what it is besides a sliding kernel; the last word counts."""
    found = dict(REASONS)
    for reasons in more:
        found.update(reasons)
    return found
