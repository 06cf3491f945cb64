"""The passes of a layer as lines of Python, by what its kernel is: weights, a mean, or a selection."""

from __future__ import annotations

from dataclasses import dataclass

from symconv.algorithms.loops import Loops, entry, nested
from symconv.algorithms.written import Written

#: The letters of the operands by their roles, in the order of factors.
OPERANDS = {"tap": "w", "input": "x", "output": "delta"}


@dataclass(frozen=True)
class Pass:
    """One pass as lines.

    Attributes
    ----------
    given : str
        The letters of the operands, in the order of arguments.
    role : str
        The role of the result: "output", "tap", "input" or "bias".
    lines : list of str
        What fills the result, ``y`` or the gradient ``g``, which is zero before.
    reason : str
        A sentence for the reader.
    """

    given: str
    role: str
    lines: list[str]
    reason: str


def weighted(loops: Loops) -> dict[str, Pass]:
    """Each pass is a sum of products of the two operands that it does not give."""

    def added(letter: str, role: str) -> list[str]:
        factors = (loops.entry(operand, other) for other, operand in OPERANDS.items() if other != role)
        return [f"{loops.entry(letter, role)} += {' * '.join(factors)}"]

    each = [index for index, _ in loops.outputs]
    start = [f"{entry('y', each)} = {loops.entry('b', 'bias')}"]
    if loops.apart:
        output = [*nested(loops.outputs, start), *loops.visited(added("y", "output"))]
        forward = "Each input times each tap is added to the output that they reach"
        back = "Each input sums the gradients of the outputs that it reached, times the taps"
    else:
        output = loops.visited(added("y", "output"), before=start)
        forward = "Each output sums tap times input over its window"
        back = "Each output sends its gradient back to the inputs of its window, times the taps"
    within = " in all channels of its group" if loops.shape["bias"] else ""
    flipped = ", with the kernel flipped" if loops.flip else ""
    forward += f"{within}{flipped}; outputs start from the bias, which is 0 in a layer without one."
    tied = "Each tap is used at many positions, and its gradient is the sum over all of them."
    bias = nested(loops.outputs, [f"{loops.entry('g', 'bias')} += {entry('delta', each)}"])
    shared = "The bias is added to every output"
    shared += " of its channel" if within else ""
    return {
        "output": Pass("x w b", "output", output, forward),
        "grad_input": Pass("delta w", "input", loops.visited(added("g", "input")), f"{back}{flipped}."),
        "grad_kernel": Pass("delta x", "tap", loops.visited(added("g", "tap")), tied),
        "grad_bias": Pass("delta", "bias", bias, f"{shared}, so its gradient is the sum of theirs."),
    }


def averaged(loops: Loops) -> dict[str, Pass]:
    """Each output is a mean, and sends back equal shares."""

    def shared(total: str, term: str) -> list[str]:
        return loops.visited([f"{total} += {Written(term) / loops.divisor}"])

    x, y, delta = loops.entry("x", "input"), loops.entry("y", "output"), loops.entry("delta", "output")
    return {
        "output": Pass(
            "x", "output", shared(y, x), "Each output is the mean of its window, padding included."
        ),
        "grad_input": Pass(
            "delta",
            "input",
            shared(loops.entry("g", "input"), delta),
            "Each output sends an equal share of its gradient back to every input of its window.",
        ),
    }


def selected(loops: Loops) -> dict[str, Pass]:
    """Each output is the largest entry of its window, the first of which gets its gradient."""
    x, y, delta = loops.entry("x", "input"), loops.entry("y", "output"), loops.entry("delta", "output")
    first = {index: index.replace("j", "a") for index in loops.index["input"]}
    output = loops.visited([f"{y} = max({y}, {x})"], before=[f"{y} = -inf"])
    grad_input = loops.visited(
        [f"m = {x}", *(f"{kept} = {index}" for index, kept in first.items())],
        before=["m = -inf", *(f"{kept} = 0" for kept in first.values())],
        after=[f"{entry('g', list(first.values()))} += {delta}"],
        when=[f"{x} > m"],
    )
    largest = (
        "Each output is the largest entry of its window; positions in the padding are never the largest."
    )
    back = "Each output sends its gradient back to the first of the largest entries of its window"
    back += ", first in the order of rows and then of columns." if len(first) == 2 else "."
    return {
        "output": Pass("x", "output", output, largest),
        "grad_input": Pass("delta x", "input", grad_input, back),
    }
