"""Which numbers of a layer its general formulas have built in, and for which sizes these hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sympy import Expr, Ge, Le, S, Symbol, sympify
from sympy.logic.boolalg import Boolean

import symconv.notes.kinds as kinds
from symconv.explicit.layout import Sheet
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Maths, Words
from symconv.notes.phrases import enumerated, letter
from symconv.notes.pieces import Pen
from symconv.notes.source import Sources
from symconv.pattern import PADDING_MODES, Specification
from symconv.pattern.reading import MODES
from symconv.printing.english import counted, joined, per_axis
from symconv.printing.target import MathsTarget


def built_in(spec: Specification, *, whole: bool = False) -> list[str]:
    """The stride, the padding and so on that stand in formulas as numbers, each with its name.

    Where some axes have letters, the numbers of the others are told axis by axis. The ``whole`` list counts
    channels and samples too.

    >>> import symconv as sc
    >>> [built_in(sc.Conv1d("N", "K", stride=stride).spec) for stride in (2, "s")]
    [['stride 2', 'no padding'], ['no padding']]
    >>> built_in(sc.Conv2d(("N", "H"), 3, padding=1, padding_mode="reflect", dilation=(1, 2)).spec)
    ['stride 1', 'dilation 1 along the first axis and 2 along the second axis', 'reflect padding 1']
    >>> built_in(sc.Conv2d(("N", 5), 3, stride=("s", 2), padding=("p", 1)).spec)
    ['stride 2 along the second axis', 'padding 1 along the second axis']
    """
    axes = [axis.geometry for axis in spec.tied_axes]

    def told(name: str, usual: int | None = None) -> list[str]:
        found = [axis.get(name, usual) for axis in axes]
        numbers = [str(size) if isinstance(size, int) else "" for size in found]
        plain = not any(numbers) or all(size == usual for size in found)
        called = name.replace("_", " ").replace("kernel", spec.kernel.called if whole else "kernel")
        return [] if plain else [f"{called} {per_axis(numbers)}"]

    groups = [r.geometry["groups"] for r in spec.tied.relations if "groups" in r.geometry]
    counts = [
        counted(relation.geometry[name], noun)
        for relation in spec.tied.relations
        for name, noun in _COUNTS.items()
        if whole and isinstance(relation.geometry.get(name), int)
    ]
    return [
        *(told("input_size") + told("kernel_size") if whole else []),
        *told("stride"),
        *told("dilation", 1),
        *_padding(spec),
        *told("output_padding", 0),
        *(["ceil mode"] if spec.tied_axes[0].options.get("ceil_mode") else []),
        *([counted(groups[0], "group")] if groups and groups[0] != 1 and isinstance(groups[0], int) else []),
        *counts,
    ]


_COUNTS = {
    "in_channels": "input channel",
    "out_channels": "output channel",
    "channels": "channel",
    "batch": "sample",
}


def _padding(spec: Specification) -> list[str]:
    """The padding by its name, or how much of it there is; nothing where it has a letter."""
    mode = f"{spec.padding_mode} " * (spec.padding_mode != "zeros")
    found = []
    for axis in spec.tied_axes:
        before, after = axis.geometry["before"], axis.geometry["after"]
        named = axis.options["padding"]
        if named in MODES and named != "valid":
            found.append(f"{named} padding")
        elif not (isinstance(before, int) and isinstance(after, int)):
            found.append(f"{mode}padding" if mode else "")
        elif before != after:
            found.append(f"{mode}padding {before} before and {after} after")
        else:
            found.append(f"{mode}padding {before}" if before else "no padding")
    return [per_axis(found)] if any(found) else []


def listed(settings: Sequence[str]) -> str:
    """Settings one after the other, with a comma before the last where one of them has an "and" itself.

    >>> listed(["stride 2", "padding 1"]), listed(["stride 2", "padding 0 before and 1 after"])
    ('stride 2 and padding 1', 'stride 2, and padding 0 before and 1 after')
    """
    apart = len(settings) > 1 and any(" and " in setting for setting in settings)
    return f"{', '.join(settings[:-1])}, and {settings[-1]}" if apart else joined(settings)


def as_here(sources: Sources) -> str:
    """That a general formula has the settings of this layer, which those of its example need not be."""
    settings = built_in(sources.opened.spec)
    if not settings:
        return ""
    own = built_in(sources.example.spec)
    shared = all(any(f"{one} ".startswith(f"{setting} ") for one in own) for setting in settings)
    return f"with {listed(settings)} as {'here' if shared else 'in the title'}"


def kernel_indices(pen: Pen) -> Words:
    """What the first two indices of a weight say, where there are channels."""
    spec, n = pen.worked.spec, pen.worked.spec.written
    if not kinds.channelled(spec):
        return ()
    whole = max(int(r.geometry.get("groups", 1)) for r in spec.tied.relations) == 1
    out, inside = n.output_channel_index, n.tap_channel_index
    first, second = (n.input_channel_index, out if whole else inside) if spec.transposed else (out, inside)
    text = "Here {w} is the kernel that takes input channel {from} to output channel {to}."
    if not whole:
        own = "input channel {from} uses for output channel {to}" if spec.transposed else ""
        own = own or "output channel {to} uses for input channel {from}"
        text = f"Here {{w}} is the kernel that {own} of its group."

    def kernel(s: Sheet) -> str:
        form = s.form
        return form.entry(form.letter(n.kernel), form.places.join(map(form.letter, (first, second))))

    names = {"from": first, "to": second} if spec.transposed else {"to": first, "from": second}
    return pen.say(text, w=pen(kernel), **{name: letter(own) for name, own in names.items()})


def held(sources: Sources, pen: Pen, sizes: Sequence[str]) -> Words:
    """The letters among ``sizes``, and when there is such a layer: all that a proof takes for granted.

    Each letter has its least value, with its greatest where a condition gives it; other conditions follow.
    """
    symbols = sources.opened.closed.symbols
    mode = symbols.spec.padding_mode
    least, others = _conditions(sources.opened.formula("output").conditions)
    modes = [limit for axis in symbols.spec.tied_axes for limit in getattr(axis, "limits", ())]
    asked, others_asked = _conditions(modes if PADDING_MODES[mode].slack is not None else [])
    every = dict.fromkeys([*least, *sorted(symbols.integers, key=str)])
    letters = [symbol for symbol in every if symbol.name in sizes]
    bounds = (other for other in reversed(others) if isinstance(other, Le) and other.lhs in least)
    most = {bound.lhs: bound for bound in bounds if bound.lhs in letters}

    def written(write: Callable[[MathsTarget], str]) -> Maths:
        return pen(lambda s: write(of_formulas(s.form, symbols)))

    def at_least(symbol: Symbol) -> Maths:
        bound = Ge(symbol, least[symbol], evaluate=False) if symbol in least else symbol
        return written(lambda form: form.expr(bound))

    def chain(*parts: Expr) -> Maths:
        return written(lambda form: form.at_most.join(map(form.expr, parts)))

    def told(piece: Maths, required: bool) -> Words:
        return (piece, f" (as {mode} padding requires)") if required else (piece,)

    plain, bounded = list[Words](), list[Words]()
    for symbol in letters:
        if symbol in most:
            limit = most[symbol]
            bounded.append(told(chain(least[symbol], symbol, limit.rhs), limit in others_asked))
        else:
            raised = asked.get(symbol, 1) > 1 and asked[symbol] == least[symbol]
            plain.append(told(at_least(symbol), raised))
    found = enumerated([*plain, *bounded])
    rest = [other for other in others if other not in most.values()]
    if not rest:
        return found
    pieces = [told(pen(partial(printed, symbols, other)), other in others_asked) for other in rest]
    return (*found, " where ", *enumerated(pieces))


def fits(sources: Sources) -> list[Boolean]:
    """The conditions that a kernel whose size has a letter fits into the padded input."""
    opened = sources.opened
    if opened.spec.transposed:
        return []
    _, others = _conditions(opened.formula("output").conditions)
    sizes = [sympify(axis.geometry["kernel_size"]) for axis in opened.spec.tied_axes]
    taps = {symbol.name for size in sizes for symbol in size.free_symbols}
    return [one for one in others if taps & {symbol.name for symbol in one.free_symbols}]


def printed(symbols: LayerSymbols, condition: Boolean, s: Sheet) -> str:
    """A condition in the letters of a layer."""
    return of_formulas(s.form, symbols).expr(condition)


def _conditions(given: Iterable[Boolean]) -> tuple[dict[Symbol, Expr], list[Boolean]]:
    """The least value of each letter that has one, and all other conditions, those of an order as "at most".

    >>> from sympy.abc import K, N
    >>> _conditions([N >= 1, K >= 1, N + 2 >= K, N - 1 >= 1])
    ({N: 2, K: 1}, [K <= N + 2])
    """
    least: dict[Symbol, Expr] = {}
    others: list[Boolean] = []
    for one in given:
        if isinstance(one, Ge):
            one = Le(one.rhs, one.lhs, evaluate=False)
        (letter,) = one.free_symbols if len(one.free_symbols) == 1 else (S.Zero,)
        slack = one.rhs - letter if isinstance(one, Le) and one.lhs.is_Integer else letter
        if letter.is_Symbol and slack.is_Integer:
            least[letter] = max(one.lhs - slack, least.get(letter, S.Zero))
        else:
            others.append(one)
    return least, list(dict.fromkeys(others))
