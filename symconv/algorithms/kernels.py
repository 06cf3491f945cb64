"""The passes of a layer as lines of Python, by what its kernel is: weights, a mean, or a selection."""

from math import prod
from typing import NamedTuple

from symconv.algorithms.loops import Loops, entry, nested
from symconv.algorithms.written import Written

#: The letters of the operands by their roles, in the order of factors.
OPERANDS = {"tap": "w", "input": "x", "output": "delta"}


class Pass(NamedTuple):
    """The letters of the operands, the role of the result, the lines that fill it from zero, and a reason.

    The result is ``y``, the output, or ``g``, the gradient of its role, which may be "bias".
    """

    given: str
    role: str
    lines: list[str]
    reason: str


def weighted(loops: Loops) -> dict[str, Pass]:
    """Each pass is a sum of products of the two operands that it does not give."""

    def added(letter: str, role: str) -> list[str]:
        factors = (loops.met(operand, other) for other, operand in OPERANDS.items() if other != role)
        return [f"{loops.met(letter, role)} += {' * '.join(factors)}"]

    within = " in all channels of its group" if loops.pairs["bias"] else ""
    flipped = ", with the kernel flipped" if loops.flip else ""
    mode = loops.padding_mode
    mapped = "" if mode == "zeros" else f" Indices in the padding are mapped into the input (mode {mode})."
    start = [f"{loops.each('y', 'output')} = {loops.each('b', 'bias')}"]
    forward = "Each output starts at the bias (0 if there is none)"
    if loops.dependent_role == "output":
        output = [*nested(loops.pairs["output"], start), *loops.visited(added("y", "output"))]
        forward += "; the product of each input and each weight is added to the output that it reaches"
        back = "Each input sums weight times gradient over the outputs that it reaches"
    else:
        output = loops.visited(added("y", "output"), before=start)
        forward += " and sums weight times input over its window"
        back = "Each output passes its gradient, times the weights, back to the inputs in its window"
    inputs, taps = loops.visited(added("g", "input")), loops.visited(added("g", "tap"))
    tied = "Each weight is used at many positions, and its gradient is the sum over all of them"
    bias = [f"{loops.each('g', 'bias')} += {loops.each('delta', 'output')}"]
    shared = f"The bias is added to every output{' of its channel' if within else ''}"
    summed = f"{shared}, so its gradient is the sum of theirs."
    return {
        "output": Pass("x w b", "output", output, f"{forward}{within}{flipped}.{mapped}"),
        "grad_input": Pass("delta w", "input", inputs, f"{back}{within}{flipped}.{mapped}"),
        "grad_kernel": Pass("delta x", "tap", taps, f"{tied}{flipped}.{mapped}"),
        "grad_bias": Pass("delta", "bias", nested(loops.pairs["output"], bias), summed),
    }


def averaged(loops: Loops) -> dict[str, Pass]:
    """Each output is a mean, and sends back equal shares."""
    count, divisor = [], prod(loops.window_sizes, start=Written("1"))
    if given := loops.kernel.options["divisor_override"]:
        divisor = Written(str(given))
    elif not loops.kernel.uniform:
        count, divisor = [f"n = {divisor}"], Written("n")

    def shared(result: str, role: str, term: str) -> list[str]:
        return loops.visited([f"{loops.met(result, role)} += {Written(term) / divisor}"], before=count)

    output = shared("y", "output", loops.met("x", "input"))
    inputs = shared("g", "input", loops.met("delta", "output"))
    back = "Each output passes an equal share of its gradient back to each input in its window."
    return {
        "output": Pass("x", "output", output, f"Each output is {loops.kernel.mean}."),
        "grad_input": Pass("delta", "input", inputs, back),
    }


def selected(loops: Loops) -> dict[str, Pass]:
    """Each output is the largest entry of its window, the first of which gets its gradient."""
    x, y, delta = loops.met("x", "input"), loops.met("y", "output"), loops.met("delta", "output")
    first = {index: index.replace("j", "a") for index, _ in loops.pairs["input"]}
    output = loops.visited([f"{y} = max({y}, {x})"], before=[f"{y} = -inf"])
    inputs = loops.visited(
        [f"m = {x}", *(f"{kept} = {index}" for index, kept in first.items())],
        before=["m = -inf", *(f"{kept} = 0" for kept in first.values())],
        after=[f"{entry('g', list(first.values()))} += {delta}"],
        when=f"{x} > m",
    )
    largest = "Each output is the maximum of its window; the padding is never chosen."
    back = "Each output passes its gradient back to the first maximum of its window"
    back += ", in row-major order." if len(first) > 1 else "."
    return {
        "output": Pass("x", "output", output, largest),
        "grad_input": Pass("delta x", "input", inputs, back),
    }
