"""Both passes as formulas, layer by layer, and their derivations: the sections of notes on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from symconv.errors import OptionError, SymconvError
from symconv.network.derivations import ChainFormula
from symconv.network.described import kind_of
from symconv.network.values import letter_of
from symconv.network.writing import letter_in, say
from symconv.notes.model import Block, Display, Heading, Maths, Points, Prose, Words
from symconv.printing.display import Display as Equations
from symconv.printing.display import Row
from symconv.printing.letters import Letter
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, target_of

#: Letters for the number of any layer, the first that stands for nothing else.
_NUMBERS = ("l", "h", "q", "t", "g", "z", "c", "y")

#: A formula and the ranges of its indices go on one line of so many characters.
LINE = 62

#: What a derivation is of, in its heading.
_HEADINGS: dict[str, Words] = {
    "grad_kernel": ("Gradient with respect to the kernel",),
    "grad_bias": ("Gradient with respect to the bias",),
}


@dataclass(frozen=True)
class Together:
    """Formulas one below the other, each with the ranges of its indices; letters are explained once.

    Those that formulas ``before`` have explained are known. Where the formulas ``alike`` of other layers
    differ in the number of the layer only, there is the letter l in its place.
    """

    formulas: tuple[ChainFormula, ...]
    before: tuple[ChainFormula, ...] = ()
    alike: tuple[ChainFormula, ...] = ()

    def display(self, target: MathsTarget) -> Equations:
        """A row for each formula, and one for its matrix form."""
        rows: list[Row] = []
        said: dict[str, None] = {}
        head, known = target.prose("for "), self._known(target)
        for formula, after in zip_longest(self.formulas, self.formulas[1:]):
            for row in formula.shown(target, explained=False).rows:
                assert row is not None
                ranges = [line for line in row.below if line.startswith(head)]
                said |= dict.fromkeys(line for line in row.below if line not in (*ranges, *known))
                if after is not None and after.index == formula.index:
                    ranges = []  # they stand beside the next formula
                rows.append(_ranged(target, row._replace(below=()), head, ranges))
        sizes = self._sizes(target)
        others = [line for line in said if line not in sizes]
        if self.alike:
            rows, others = self._general(target, rows), []
        below = (*rows[-1].below, *_abreast(target, [line for line in sizes if line not in known]), *others)
        return Equations((*rows[:-1], rows[-1]._replace(below=below)))

    latex, text = as_latex, as_text

    def _general(self, target: MathsTarget, rows: Sequence[Row]) -> list[Row]:
        """The rows with the letter l for the number of their layer."""
        found = []
        for row in rows:
            left, *parts = (_of_any(target, str(text), self.formulas[0]) for text in (row.left, *row.parts))
            below = tuple(_of_any(target, line, self.formulas[0]) for line in row.below)
            found.append(row._replace(left=left, parts=tuple(parts), below=below))
        return found

    def general(self) -> str:
        """The formulas with l for the number of their layer, but what their letters stand for."""
        rows = replace(self, alike=self.formulas).display(target_of("latex")).rows
        return repr([(row.left, row.parts) for row in rows if row])

    def _sizes(self, target: MathsTarget) -> list[str]:
        every = (*self.formulas, *self.alike)
        found = (formula._derivation.sizes(formula._form(target)) for formula in every)
        return list(dict.fromkeys(line for lines in found for line in lines))

    def _known(self, target: MathsTarget) -> set[str]:
        displays = (formula.shown(target, explained=False) for formula in self.before)
        return {line for shown in displays for row in shown.rows if row for line in row.below}


def number_letter(chain: Any) -> str:
    """The letter for the number of any layer: l, or another one where l stands for something else."""
    layers = [stage.layer for stage in chain.stages]
    taken = {letter for layer in layers for letter in layer.spec.written.meanings()}
    taken |= {symbol.name for layer in layers for symbol in layer.closed.symbols.symbols}
    return next(letter for letter in _NUMBERS if letter not in taken)


def _of_any(target: MathsTarget, text: str, formula: ChainFormula) -> str:
    """A side of a formula with l, l - 1 and l + 1 for the numbers of its layer and those beside it."""
    chain, number, sizes = formula._derivation._chain, formula.layer, dict[str, str]()
    any_ = number_letter(chain)
    names = {number - 1: f"{any_}-1", number: any_, number + 1: f"{any_}+1"}
    for of, told in names.items():
        letters = chain[of].closed.symbols.definitions if 0 < of <= len(chain) else ()
        head = f"{chain.notation.output_size}_"
        for letter in letters:
            axis = letter.name.removeprefix(f"{head}{of}")  # of several axes the letter has a number too
            index = f"{told}, {axis}" if axis else told
            index = f"{{{index}}}" if target.stacked else index if index == any_ else f"({index})"
            made = f"{target.letter(chain.notation.output_size)}_{index}"
            sizes[target.expr(letter)] = made.replace("\\", r"\\")  # a letter may be a command
    if number == 1:
        start = target.letter(letter_of(chain.notation, 1)).replace("(1)", "(0)")
        given = re.escape(target.letter(chain.notation.input))
        text = re.sub(rf"(?<![A-Za-z\\]){given}(?![A-Za-z(])", lambda _: start, text)
    for size, general in sizes.items():
        text = re.sub(rf"(?<![A-Za-z]){re.escape(size)}(?!\d)", general, text)
    return re.sub(r"\^(\{?)\((\d+)\)", lambda m: f"^{m[1]}({names.get(int(m[2]), m[2])})", text)


def _abreast(target: MathsTarget, lines: Sequence[str]) -> list[str]:
    """Sizes beside each other, as far as there is room."""
    found: list[str] = []
    for line in lines:
        more = f"{found[-1]}{target.comma}{line.removeprefix(target.prose('with '))}" if found else line
        found[-1:] = [more] if target.width(more) <= max(LINE, target.line) else [*found[-1:], line]
    return found


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


def forwards(chain: Any, numbers: Sequence[int], code: str, *, once: bool = True) -> list[Block]:
    """The pass forwards: a display for each layer; letters are explained once, or in each display."""
    z, a = (_letter(chain, name) for name in "za")
    text = "Layer {l} turns the output of the layer before it into its preactivation {z}, and its activation "
    passed = any(stage.activation.is_identity for stage in chain.stages)
    text += f"turns that into its output {{a}}{' (without one, {a} is {z})' if passed else ''}:"
    if len(chain) == 1:
        text = "For every index, the layer computes this:"
    elif chain.values.numeric:
        text = f"The limits of the sums are for the sizes of this network. {text}"
    any_ = number_letter(chain)
    found: list[Block] = [Prose(say(text, z=z, a=a, l=Maths(any_, any_)))]
    return [*found, *_layers(chain, numbers, _forwards, code, "formulas-forwards", (), once=once)]


def _layers(
    chain: Any, numbers: Sequence[int], names: Callable[[Any, int], list[str]], code: str, label: str,
    before: tuple[ChainFormula, ...], last: Sequence[str] = (), *, once: bool,
) -> list[Block]:  # fmt: skip
    """Formulas of each layer, those of layers that are alike together."""
    found: list[Block] = []
    every = {number: _of(chain, number, names(chain, number)) for number in numbers}
    groups: list[list[int]] = []
    for number in numbers:
        general = [Together(every[n]).general() for n in (number, *(groups[-1][:1] if groups else ()))]
        alike = len(chain) > 2 and len(general) == 2 and general[0] == general[1]
        groups = [*groups[:-1], [*groups[-1], number]] if alike else [*groups, [number]]
    for group in groups:
        first, *others = (every[number] for number in group)
        more = _of(chain, 1, last if group[-1] == 1 else ())
        known = before if once else ()
        found += _labelled(chain, group)
        together = () if others else more
        found.append(display(first + together, code, f"{label}-{group[0]}", known, sum(others, ())))
        before += sum(others, first + more)
        if others and more:
            found.append(Prose(("Input:",)))
            found.append(display(more, code, f"{label}-input", before if once else ()))
    return found


def _forwards(chain: Any, number: int) -> list[str]:
    return ["preactivation"] + ["output"] * (not chain.stage(number).activation.is_identity)


def _of(chain: Any, number: int, names: Sequence[str]) -> tuple[ChainFormula, ...]:
    return tuple(chain.formula(name, layer=number) for name in names)


def backwards(
    chain: Any, numbers: Sequence[int], code: str, *, once: bool = True, after: bool = False
) -> list[Block]:
    """The pass backwards, the last layer first; ``after`` the pass forwards, which has explained letters."""
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
    before = tuple(f for n in numbers if after for f in _of(chain, n, _forwards(chain, n)))
    return [
        *found,
        *_layers(chain, numbers, _backwards, code, "formulas-backwards", before, ["grad_input"], once=once),
    ]


def _backwards(chain: Any, number: int) -> list[str]:
    return list(quantities(chain, number, ("delta", "grad_kernel", "grad_bias")))


def _labelled(chain: Any, group: Sequence[int]) -> list[Block]:
    """Which layers the next formulas are of, where there are several."""
    kind = kind_of(chain.stage(group[0]))
    if len(group) == 1:
        return [Prose((f"Layer {group[0]} ({kind}):",))] if len(chain) > 1 else []
    text = f"For each layer {{l}} ({kind}){{start}}:"
    ends = [str(number) for number in sorted(group)]
    listed = [", ".join(ends if len(ends) < 4 else [ends[0], dots, ends[-1]]) for dots in (r"\dots", "...")]
    letters = Letter.of(letter_of(chain.notation, 1)), Letter.of(chain.notation.input)
    latex, plain = ([getattr(letter, form) for letter in letters] for form in ("latex", "name"))
    said = (f"{a.replace('(1)', '(0)')} = {x}" for a, x in (latex, plain))
    start = (", with ", Maths(*said)) if 1 in group else ()
    return [
        Prose(say(text, l=Maths(*(f"{number_letter(chain)} = {numbers}" for numbers in listed)), start=start))
    ]


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


def display(
    made: tuple[ChainFormula, ...], code: str, label: str, before: tuple[ChainFormula, ...],
    alike: tuple[ChainFormula, ...] = (),
) -> Display:  # fmt: skip
    """Formulas of a layer; one alone that is shown whole with the call that gives it."""
    (one, *others), shown = made, Together(made, before, alike)
    if others or not code or shown.text() != one.text():
        return Display(shown, "", label)
    return Display(one, f"net.formula({one.name!r}, layer={one.layer})", label)


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
