"""Both passes as formulas, layer by layer, and their derivations: the sections of notes on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from symconv.errors import OptionError, SymconvError
from symconv.network.derivations import ChainFormula
from symconv.network.described import kind_of
from symconv.network.writing import letter_in, say
from symconv.notes.model import Block, Display, Heading, Maths, Points, Prose, Words
from symconv.printing.display import Display as Equations
from symconv.printing.display import Row
from symconv.printing.letters import Letter
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text

#: A formula and the ranges of its indices go on one line of so many characters.
LINE = 62

#: What a derivation is of, in its heading.
_HEADINGS: dict[str, Words] = {
    "grad_kernel": ("Gradient with respect to the kernel",),
    "grad_bias": ("Gradient with respect to the bias",),
}


@dataclass(frozen=True)
class Together:
    """Formulas one below the other, each with the ranges of its indices; letters are explained once."""

    formulas: tuple[ChainFormula, ...]

    def display(self, target: MathsTarget) -> Equations:
        """A row for each formula, and one for its matrix form."""
        rows: list[Row] = []
        said: dict[str, None] = {}
        head, other = target.prose("for "), target.prose("with ")
        for formula in self.formulas:
            for row in formula.display(target).rows:
                assert row is not None
                said |= dict.fromkeys(line for line in row.below if line.startswith(other))
                ranges = [line for line in row.below if line.startswith(head)]
                rows.append(_ranged(target, row._replace(below=()), head, ranges))
        rows[-1] = rows[-1]._replace(below=(*rows[-1].below, *said))
        return Equations(tuple(rows))

    latex, text = as_latex, as_text


def _ranged(target: MathsTarget, row: Row, head: str, ranges: Sequence[str]) -> Row:
    """An equation with the ranges of its indices behind it where there is room, else below it."""
    if not ranges:
        return row
    right = row.parts[-1]
    behind = target.comma + target.comma.join(line.removeprefix(head) for line in ranges)
    fits = isinstance(right, str) and "\n" not in right
    if fits and target.width(f"{row.left}{right}{behind}") <= max(LINE, target.line):
        return row._replace(parts=(*row.parts[:-1], f"{right}{behind}"))
    return row._replace(below=tuple(ranges))


def forwards(chain: Any, numbers: Sequence[int], code: str) -> list[Block]:
    """The pass forwards: a display for each layer."""
    z, a = (_letter(chain, name) for name in "za")
    text = "Layer {l} turns the output of the layer before it into its preactivation {z}, and its activation "
    passed = any(stage.activation.is_identity for stage in chain.stages)
    text += f"turns that into its output {{a}}{' (without one, {a} is {z})' if passed else ''}:"
    if len(chain) == 1:
        text = "For every index, the layer computes this:"
    elif chain.values.numeric:
        text = f"The limits of the sums are for the sizes of this network. {text}"
    found: list[Block] = [Prose(say(text, z=z, a=a, l=Maths("l", "l")))]
    for number in numbers:
        found += _labelled(chain, number)
        names = ["preactivation"] + ["output"] * (not chain.stage(number).activation.is_identity)
        found.append(display(chain, number, names, code, f"formulas-forwards-{number}"))
    return found


def backwards(chain: Any, numbers: Sequence[int], code: str) -> list[Block]:
    """The pass backwards, the last layer first."""
    delta = _letter(chain, "delta")
    text = "On the way back to the layer before, {delta} is multiplied by the transposed matrix, and then, "
    text += "entry by entry ({times}), by the derivative of that layer's activation. "
    of = ["weights"] * any(s.learned for s in chain.stages)
    of += ["biases"] * any(s.layer.bias for s in chain.stages)
    if of:
        text += f"The gradients with respect to the {' and '.join(of)} follow from {{delta}} and from the "
        text += "input of their layer"
    text = f"{text.removesuffix('. ')}:"
    if len(chain) == 1:
        text = "The gradients follow from {delta}, the gradient with respect to the preactivation:"
    found: list[Block] = [Prose(say(text, delta=delta, times=Maths(r"\odot", ".*")))]
    for number in numbers:
        found += _labelled(chain, number)
        names = list(quantities(chain, number, ("delta", "grad_kernel", "grad_bias")))
        names += ["grad_input"] if number == 1 else []
        found.append(display(chain, number, names, code, f"formulas-backwards-{number}"))
    return found


def _labelled(chain: Any, number: int) -> list[Block]:
    """Which layer the next formulas are of, where there are several."""
    return [Prose((f"Layer {number} ({kind_of(chain.stage(number))}):",))] if len(chain) > 1 else []


def _letter(chain: Any, name: str) -> Maths:
    """The letter "z", "a" or "delta" of the notation, without the number of a layer."""
    letter = letter_in(chain.notation, name)
    return Maths(Letter.of(letter).latex, letter)


def quantities(chain: Any, number: int, names: Sequence[str]) -> Iterator[str]:
    """Those of some quantities that a layer has."""
    for name in names:
        try:
            chain.require(name, chain.stage(number))
        except OptionError:
            continue
        yield name


def display(chain: Any, number: int, names: Sequence[str], code: str, label: str) -> Display:
    """Formulas of a layer; one alone with the call that gives it."""
    made = tuple(chain.formula(name, layer=number) for name in names)
    if len(made) == 1:
        return Display(made[0], f"net.formula({names[0]!r}, layer={number})" if code else "", label)
    return Display(Together(made), "", label)


def derivations(chain: Any, code: str) -> list[Block]:
    """Each gradient of each layer from its definition, step by step, every step tried."""
    found: list[Block] = []
    for stage in reversed(chain.stages):
        number = stage.number
        for name in quantities(chain, number, ("delta", "grad_kernel", "grad_bias")):
            made = chain.derive(name, layer=number)
            words = (_letter(chain, "delta"),) if name == "delta" else _HEADINGS[name]
            found.append(Heading((*words, f", layer {number}"), level=2))
            call = f"net.derive({name!r}, layer={number})" if code else ""
            label = f"derivation-{name.replace('_', '-')}-{number}"
            found.append(Display(made, call, label, stepwise=True))
            found.append(Points(tuple(((rule,), (reason,)) for rule, reason in made.reasons().items())))
            if not (verified := made.verify()):
                raise SymconvError(str(verified))
    return found
