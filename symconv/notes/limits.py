"""What the limits of the sum of an output do, and how few products they leave."""

from __future__ import annotations

import re

from symconv.derivation import Formula
from symconv.notes.model import Words
from symconv.notes.pieces import Pen, generic
from symconv.notes.source import Sources

#: What leads an index outside the input back into it, by padding mode.
LED_BACK = {
    "circular": "The remainder brings an index that runs past one end of the input back in at the other.",
    "replicate": "The minimum and the maximum replace an index outside the input by that of the nearest end.",
}


#: A limit of a sum in the text of a formula.
_LIMITS = re.compile(r"=(max|min|ceil|floor)\(|\.\.(max|min|ceil|floor)\(")


def limited(formula: Formula) -> bool:
    """Whether a sum has limits that keep its indices within range."""
    return _LIMITS.search(str(formula)) is not None


def empty_sums(sources: Sources) -> str:
    """What sums of gradients are that have no terms, where some may have none and nothing is told of it yet.

    With one step between windows or taps every input is read, unless padding keeps windows from it.
    """
    opened, spec = sources.opened, sources.opened.spec
    apart = any(axis.geometry[name] != 1 for axis in spec.tied_axes for name in ("stride", "dilation"))
    full = all(axis.options["padding"] == "full" for axis in spec.tied_axes)
    if not apart or (limited(opened.formula("output")) and not full):
        return ""
    gradients = [name for name in ("grad_kernel", "grad_input") if name in opened.formula_names]
    several = any(limited(opened.formula(name)) for name in gradients)
    return " (a sum without terms is 0)" if several else ""


def limits_told(pen: Pen) -> Words:
    """What the limits of the sum do, and what it is where they leave nothing."""
    spec = pen.worked.spec
    text = "The limits of the sum keep the indices of {kernel} and {input} within range"
    if spec.transposed:
        text = "The limits of the sum select the inputs that contribute to {y}"
    elif not spec.kernel.learned:
        text = "The limits of the sum keep the index of the input within range"
    # With full padding every window meets the input.
    full = all(axis.options["padding"] == "full" for axis in spec.tied_axes)
    return pen.say(f"{text}{'' if full else '; a sum without terms is 0'}.", y=generic(pen, "output"))


def fewest(pen: Pen, *, own: bool) -> Words:
    """A position at which the limits leave less than a window; ``own`` where the example is the layer."""
    positions = pen.worked.positions
    most = max(len(p.products) for p in positions)
    least = min(positions, key=lambda p: (len(p.products) or most, -p.output))
    if not 0 < len(least.products) < most:
        return ()
    left = len(least.products)
    if pen.worked.spec.transposed:
        text = f" {'Here' if own else 'In the example'} an"
        text += f" output collects at most {most} products; {{y}} collects {'one' if left == 1 else left}."
        return pen.say(text, y=pen.output(least.output))
    noun = "products" if pen.worked.spec.kernel.learned else "terms"
    many = "one" if left == 1 else str(left)
    remain = "remains" if left == 1 else "remain"
    return pen.say(f" At {{y}} only {many} of the {most} {noun} {remain}.", y=pen.output(least.output))
