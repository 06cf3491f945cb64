"""Questions on sizes: how many outputs there are, and what lies after the last window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from random import Random
from typing import Any

from sympy import ceiling, floor, sympify

from symconv.errors import SymconvError
from symconv.index_sums.printers import of_formulas
from symconv.notes.exercises.exercise import Draft, Entries, Exercise
from symconv.notes.exercises.letters import others_above, put_in, sized
from symconv.notes.exercises.mistakes import Mistaken, mistaken
from symconv.notes.exercises.practised import Practised, Subject
from symconv.notes.exercises.written import Writes, by, maths, nested, number, say, words, worked
from symconv.notes.model import Words
from symconv.pattern import Spatial
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget


def output_size(subject: Subject, rng: Random) -> Exercise | None:
    """The number of outputs: of other inputs where sizes are numbers, else the formula."""
    return _in_numbers(subject, rng) if subject.spec.numeric else _as_formula(subject, rng)


def _in_numbers(subject: Subject, rng: Random) -> Exercise | None:
    layer = _resized(subject, rng)
    if layer is None:
        return None
    inputs = [axis.geometry["input_size"] for axis in layer.spec.tied_axes]
    alike = len(set(layer.spec.output_sizes)) == 1
    along = "" if len(inputs) == 1 else " along each axis"
    question = say("The input has {n} entries; {others}. How many outputs are there{ask}?",
                   n=lambda t: by(t, *inputs), others=others_above(layer), ask=along)  # fmt: skip
    sizes = list(map(int, layer.spec.output_sizes))
    ways = mistaken(subject, layer, lambda made: _size(made, alike))
    return Draft(
        kind="output_size", question=[question],
        asked=words("{m}", m=lambda t: t.letter(layer.spec.notation.output_size)),
        value=sizes[0] if alike else sizes, wrong=[*_interleaved(_by_rule(layer, alike), ways)],
        solution=[put_in(layer), worked(partial(sized, layer=layer))], written=number if alike else nested,
        judge=Entries(layer, "output_size"), form="number" if alike else "list",
    ).made(rng)  # fmt: skip


def _interleaved(first: Iterable[Mistaken], second: Iterable[Mistaken]) -> Iterator[Mistaken]:
    """Mistakes of both kinds in turn, so that neither crowds out the other."""
    one, two = list(first), list(second)
    for at in range(max(len(one), len(two))):
        yield from one[at : at + 1]
        yield from two[at : at + 1]


def _size(made: Practised, alike: bool) -> Any:
    sizes = list(map(int, made.spec.output_sizes))
    if alike and len(set(sizes)) > 1:
        raise IndexError(sizes)
    return sizes[0] if alike else sizes


#: A size depends on no channels and no samples.
_SINGLE = {"in_channels": None, "out_channels": None, "groups": 1, "channels": None, "batch": None}


def _resized(subject: Subject, rng: Random) -> Practised | None:
    """The layer with another number of inputs."""
    axes = subject.spec.tied_axes
    same = len({axis.geometry["input_size"] for axis in axes}) == 1
    for _ in range(20):
        counts = []
        for axis in axes:
            spanned = axis.geometry["dilation"] * (axis.geometry["kernel_size"] - 1) + 1
            low = 3 if subject.spec.transposed else max(3, spanned)
            counts.append(rng.randint(low, low + 14))
        counts = counts[:1] * len(axes) if same else counts
        if counts == [axis.geometry["input_size"] for axis in axes]:
            continue  # how many outputs these have is said at the head
        try:
            inputs = counts[0] if len(counts) == 1 else tuple(counts)
            return subject.remade(subject.layer, input_size=inputs, **_SINGLE)
        except SymconvError:
            continue
    return None


def _rules(axis: Spatial) -> dict[str, tuple[str, Any]]:
    """Wrong formulas for the outputs of an axis, by the mistake that each is."""
    sizes = {name: sympify(size) for name, size in axis.geometry.items()}
    n, k, s, d = (sizes[name] for name in ("input_size", "kernel_size", "stride", "dilation"))
    pads = sizes["before"] + sizes["after"]
    found: dict[str, tuple[str, Any]] = {}
    right = sympify(axis.extents["output"][0])
    if axis.dependent_role == "output":
        found["as a convolution"] = (
            "The formula of an ordinary convolution was used.",
            floor((n + pads - d * (k - 1) - 1) / s) + 1,
        )
        found["stride times inputs"] = ("The kernel was forgotten: this is N times s.", n * s)
        found["off by one"] = ("The last + 1 was forgotten.", right - 1)
        found["inputs for gaps"] = (
            "N inputs have N - 1 gaps between them, but N gaps were counted.",
            right + s,
        )
        return found
    found["off by one"] = ("The + 1 was forgotten: the first window counts too.", right - 1)
    if not axis.options.get("ceil_mode"):
        found["rounding"] = (
            "The division was rounded up, but an incomplete step gives no output.",
            ceiling((n + pads - d * (k - 1) - 1) / s) + 1,
        )
    found["full for valid"] = ("N + K - 1 was used, which is for full convolution with stride 1.", n + k - 1)
    found["valid for all"] = ("N - K + 1 was used, which is for no padding and stride 1.", n - k + 1)
    return found


def _by_rule(layer: Practised, alike: bool) -> Iterator[Mistaken]:
    each = [_rules(axis) for axis in layer.spec.tied_axes]
    for name in each[0]:
        values = [int(rules[name][1]) for rules in each if name in rules]
        whole = len(values) == len(each) and all(value > 0 for value in values)
        if whole and (not alike or len(set(values)) == 1):
            yield name, _lettered(layer, each[0][name][0]), partial(_alike, values, alike)


def _alike(values: list[int], alike: bool) -> Any:
    return values[0] if alike else values


def _itself(value: Any) -> Any:
    return value


def _lettered(layer: Practised, sentence: str) -> Words:
    """A sentence with its formulas in the letters of the layer."""
    n = layer.spec.notation

    own = {name: size for name, size in layer.spec.tied_axes[0].geometry.items() if not isinstance(size, int)}

    def letter(t: MathsTarget, name: str) -> str:
        return t.expr(sympify(own[name])) if name in own else t.letter(getattr(n, name))

    def formula(sign: str, other: str) -> Writes:
        return lambda t: f"{letter(t, 'input_size')} {sign} {letter(t, 'kernel_size')} {other} 1"

    sentence = sentence.replace("N + K - 1", "{full}").replace("N - K + 1", "{valid}")
    sentence = sentence.replace("N times s", "{n} times {s}").replace("N inputs", "{n} inputs")
    sentence = sentence.replace("N - 1 gaps", "{less} gaps").replace("but N gaps", "but {n} gaps")
    sentence = sentence.replace("+ 1", "{one}")
    return words(
        sentence,
        full=formula("+", "-"),
        valid=formula("-", "+"),
        n=lambda t: letter(t, "input_size"),
        s=lambda t: letter(t, "stride"),
        less=lambda t: f"{letter(t, 'input_size')} - 1",
        one=lambda t: "+1" if t.stacked else "+ 1",
    )


def _as_formula(subject: Subject, rng: Random) -> Exercise | None:
    """A choice among formulas, on the first axis."""
    layer, symbols = subject.layer, subject.layer.closed.symbols
    axis = layer.spec.tied_axes[0]

    def write(value: Any) -> Words:
        return (maths(lambda t: of_formulas(t, symbols).expr(sympify(value))),)

    named = sorted(axis_symbols(axis), key=str)
    rules = (
        (name, _lettered(layer, said), partial(_itself, value))
        for name, (said, value) in _rules(axis).items()
    )
    ways = mistaken(subject, layer, lambda made: made.spec.output_sizes[0])
    several = len(layer.spec.axes) > 1
    return Draft(
        kind="output_size",
        question=[
            say(
                "How many outputs are there{axis}, as a formula in {letters}?",
                axis=" along the first axis" if several else "",
                letters=lambda t: ", ".join(map(t.expr, named)),
            )
        ],
        asked=words("{m}", m=lambda t: of_formulas(t, symbols).expr(symbols.m_letter(0))),
        value=axis.extents["output"][0], wrong=[*_interleaved(rules, ways)],
        solution=[
            say(
                "The first window starts at the first position of the padded input, each further window one "
                "stride later, and the last one must end inside:"
                if axis.dependent_role == "input"
                else "The first input adds its copy of the kernel at the start of the output, each further "
                "input one stride later; then the output is cropped:"
            ),
            worked(lambda t: _derived(t, layer)),
        ],
        written=write, judge=Entries(layer, "output_size"), form="choice",
    ).made(rng)  # fmt: skip


def axis_symbols(axis: Spatial) -> set[Any]:
    """The open sizes of an axis."""
    return {s for size in axis.geometry.values() for s in sympify(size).free_symbols}


def _derived(t: MathsTarget, layer: Practised) -> Iterator[Row]:
    """The formula in general letters, and what it is here."""
    symbols = layer.closed.symbols
    form, axis = of_formulas(t, symbols), layer.spec.tied_axes[0]
    general = next(sized(t, layer)).parts[0]
    right = form.expr(sympify(axis.extents["output"][0]))
    yield Row(form.expr(symbols.m_letter(0)), (general, right) if general != right else (right,))


#: What is left after the first window: less than a step where that is the only one.
_AFTER = (
    "After the first window {first} {room}, fewer than a step of {s}.",
    "After the first window {first} {room}; steps of {s} use {used} of them and leave {value}.",
)

#: So many numbers of inputs are drawn until something is left over.
DRAWN = 20


def left_over(subject: Subject, rng: Random) -> Exercise | None:
    """How many positions of the padded input lie after the last window, for a stride."""
    axes = subject.spec.tied_axes
    if not subject.spec.numeric or subject.spec.transposed or len(axes) != 1:
        return None
    if axes[0].geometry["stride"] == 1 or axes[0].options.get("ceil_mode"):
        return None
    drawn = (_resized(subject, rng) for _ in range(DRAWN))
    layer = next((made for made in drawn if made is not None and _remainder(made)), None)
    if layer is None:
        return None
    axis = layer.spec.tied_axes[0]
    g = {name: int(size) for name, size in axis.geometry.items()}
    n, k, s, d = g["input_size"], g["kernel_size"], g["stride"], g["dilation"]
    pads, m = g["before"] + g["after"], int(axis.extents["output"][0])
    reach = d * (k - 1)
    room = n + pads - reach - 1
    value = _remainder(layer)
    letter = layer.spec.notation

    def rows(t: MathsTarget) -> Iterator[Row]:
        last = f"({m} - 1) {t.dot.strip()} {s} + {reach + 1}"
        yield Row(f"{n} + {pads} - \\bigl({last}\\bigr)" if t.stacked else f"{n} + {pads} - ({last})",
                  (f"{n + pads} - {(m - 1) * s + reach + 1}", str(value)))  # fmt: skip

    def formula(sign: str) -> Writes:
        def write(t: MathsTarget) -> str:
            p, inputs = t.letter(letter.padding), t.letter(letter.input_size)
            around = f" + 2{t.times}{p}" if g["before"] == g["after"] else f" + {p} + {p}'"
            return f"({inputs}{around if pads else ''} {sign} {t.letter(letter.kernel_size)})"

        return write

    wrong: list[Mistaken] = [
        ("padding", "The padding was forgotten.", lambda: (n - reach - 1) % s),
        ("off by one", "The remainder of the size was taken without subtracting the window.",
         lambda: (n + pads) % s),
        ("dilation", "The dilation was forgotten.", lambda: (n + pads - k) % s),
        ("rounding", "The positions missing for one more window were counted.", lambda: s - value),
        ("stride", "Only one window was subtracted.", lambda: n + pads - reach - 1),
    ]  # fmt: skip
    if d == 1:
        told = "The remainder of {a} by the stride was taken, not that of {b}."
        told_words = words(told, a=formula("+"), b=formula("-"))
        wrong.insert(0, ("wrong crop", told_words, lambda: (n + pads + k) % s))
    return Draft(
        kind="left_over",
        question=[
            say(
                "The input has {n} entries; {others}. How many positions at the end of the {padded} does no "
                "window reach?",
                n=n, others=others_above(layer), padded="padded input" if pads else "input",
            )
        ],
        asked=("Number of positions",), value=value, wrong=wrong,
        solution=[
            say(
                "The {m} windows start {s} positions apart and span {span} positions each, so they cover the "
                "first {end} of {whole} positions. What is left is"
                if m > 1
                else "The one window spans {span} positions, so it covers the first {end} of {whole} "
                "positions. What is left is",
                m=m, s=s, span=reach + 1, end=(m - 1) * s + reach + 1, whole=n + pads,
            ),
            worked(rows),
            say(
                f"{_AFTER[m > 1]} No output depends on {'this' if value == 1 else 'these'} "
                f"position{'s' * (value > 1)}.",
                first=lambda t: f"{n + pads} - {reach + 1} = {room}",
                room=f"position{'s remain' if room > 1 else ' remains'}", used=room - value, value=value, s=s,
            ),
        ],
        written=number, judge=Entries(layer, "left_over"),
    ).made(rng)  # fmt: skip


def _remainder(layer: Practised) -> int:
    """How many positions lie after the last window."""
    size = {name: int(value) for name, value in layer.spec.tied_axes[0].geometry.items()}
    reach = size["dilation"] * (size["kernel_size"] - 1) + 1
    return (size["input_size"] + size["before"] + size["after"] - reach) % size["stride"]
