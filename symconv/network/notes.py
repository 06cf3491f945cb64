"""Notes on a chain: its layers, the pass forwards, the gradient on its way back, and how we know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import Expr, flatten

from symconv.errors import FigureError, OptionError, SymconvError
from symconv.network.figure import figure
from symconv.network.stages import Flatten, Residual, parts_of
from symconv.network.values import letter_of
from symconv.notes import Document
from symconv.notes.model import Block, Display, Heading, Maths, Picture, Points, Prose, Table, Words
from symconv.printing.english import counted, joined
from symconv.printing.letters import Letter
from symconv.printing.targets import target_of

#: How deep notes may go, as for a layer.
DEPTHS = ("standard", "full")

#: Lists of more numbers than this are not shown.
MOST_SHOWN = 16

_DELTA, _Z, _A, _L = Maths("\\delta", "delta"), Maths("z", "z"), Maths("a", "a"), Maths("l", "l")

_LEAD: Words = (
    "A network is a chain of layers. Each multiplies its input by a matrix, adds a bias and applies a "
    "function. Its gradient is computed from the loss back to the input, one layer after the other.",
)
_FORWARDS: Words = (
    "Layer ", _L, " turns the output of the layer before it into its preactivation ", _Z,
    ", and the activation turns that into its output ", _A,
    ". The input of the first layer is the input of the network.",
)  # fmt: skip
_BACKWARDS: Words = (
    "Let ", _DELTA, " be the derivative of the loss with respect to the preactivation of a layer. It is "
    "multiplied by the transposed matrix of the layer, and then by the derivative of the activation before "
    "it. The gradients with respect to weights and biases follow from ", _DELTA,
    " and from the input of their layer.",
)  # fmt: skip

#: What a derivation is of, in its heading.
_HEADINGS: Mapping[str, Words] = {
    "delta": (_DELTA,),
    "grad_kernel": ("Gradient with respect to the kernel",),
    "grad_bias": ("Gradient with respect to the bias",),
}


def notes(chain: Any, *, depth: str = "standard", title: str | None = None) -> Document:
    """Lecture notes on the chain: its layers, both passes in closed form, its numbers, and what was checked.

    Parameters
    ----------
    depth : str
        "standard", or "full", with the derivation of each gradient.
    title : str, optional

    Raises
    ------
    OptionError
        If the depth is unknown.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 2))
    >>> net.notes()
    <Document 'A network of 2 layers': 16 blocks>
    """
    if depth not in DEPTHS:
        raise OptionError("{option} is {given!r}: {cure}", "depth", depth, allowed=DEPTHS)
    symbolic = chain.in_symbols()
    code = _code(symbolic)
    blocks: list[Block] = [Prose(_LEAD, lead=True), Heading(("The layers",)), _layers(chain)]
    blocks += _picture(symbolic, code)
    blocks += [Heading(("Forwards",)), Prose(_FORWARDS)]
    for stage in chain.stages:
        blocks += _displays(symbolic, stage.number, ("preactivation",), code)
        if not stage.activation.is_identity:
            blocks += _displays(symbolic, stage.number, ("output",), code)
    blocks += [Heading(("Backwards",)), Prose(_BACKWARDS)]
    for stage in reversed(chain.stages):
        blocks += _displays(symbolic, stage.number, ("delta", "grad_kernel", "grad_bias"), code)
    if chain.values.complete and chain.values.given.get("target"):
        blocks += [Heading(("On numbers",)), *_numbers(chain)]
    blocks += [Heading(("How we know",)), Prose((_known(symbolic),))]
    if depth == "full":
        blocks.append(Heading(("Derivations",)))
        for stage in reversed(chain.stages):
            blocks += _derivations(symbolic, stage.number, code)
    usual = f"A network of {counted(len(chain), 'layer')}"
    return Document(title or usual, tuple(blocks), code and f"import symconv as sc\n\nnet = {code}")


def _layers(chain: Any) -> Block:
    head, *rows = chain.summary().rows
    return Table(tuple((name,) for name in head), tuple(tuple((cell,) for cell in row) for row in rows))


def _picture(chain: Any, code: str) -> list[Block]:
    """The network with what its first output sees, if it can be drawn."""
    if not chain.values.numeric:
        return []
    first = (int(chain.notation.base),) * len(chain.stages[-1].shape)
    try:
        drawn = figure(chain, output=first)
    except FigureError:
        return []
    words = "The network. Marked is what reaches its first output, and the way that its gradient takes back."
    return [Picture((words,), drawn, f"net.figure(output={first})" if code else "", "network")]


def _names(chain: Any, number: int, names: Sequence[str]) -> Iterator[str]:
    """Those of some quantities that a layer has."""
    for name in names:
        try:
            chain.require(name, chain.stage(number))
        except OptionError:
            continue
        yield name


def _displays(chain: Any, number: int, names: Sequence[str], code: str) -> list[Block]:
    found: list[Block] = []
    for name in _names(chain, number, names):
        call = f"net.formula({name!r}, layer={number})" if code else ""
        found.append(Display(chain.formula(name, layer=number), call, f"{name.replace('_', '-')}-{number}"))
    return found


def _derivations(chain: Any, number: int, code: str) -> list[Block]:
    found: list[Block] = []
    for name in _names(chain, number, ("delta", "grad_kernel", "grad_bias")):
        made = chain.derive(name, layer=number)
        found.append(Heading((*_HEADINGS[name], f", layer {number}"), level=2))
        call = f"net.derive({name!r}, layer={number})" if code else ""
        label = f"derivation-{name.replace('_', '-')}-{number}"
        found.append(Display(made, call, label, stepwise=True))
        found.append(Points(tuple(((rule,), (reason,)) for rule, reason in made.reasons().items())))
        if not (verified := made.verify()):
            raise SymconvError(str(verified))
    return found


def _numbers(chain: Any) -> list[Block]:
    """What both passes give, a row a quantity."""
    rows = []
    for stage in chain.stages:
        letters = stage.layer.spec.written
        for name, letter in (
            ("preactivation", letters.output),
            ("output", letter_of(chain.notation, stage.number)),
        ):
            rows.append((_letter(letter), _listed(chain.quantity(name, layer=stage.number))))
    for stage in reversed(chain.stages):
        letters = stage.layer.spec.written
        pairs = {"delta": letters.upstream, "grad_kernel": letters.kernel, "grad_bias": letters.bias}
        for name in _names(chain, stage.number, tuple(pairs)):
            shown = _letter(pairs[name]) if name == "delta" else _gradient(chain, pairs[name])
            rows.append((shown, _listed(chain.quantity(name, layer=stage.number))))
    table = Table((("quantity",), ("entries, row by row",)), tuple(((one,), (two,)) for one, two in rows))
    words = Prose(("The loss is ", _expr(chain.loss), "."))
    return [table, words]


def _letter(name: str) -> Maths:
    return Maths(Letter.of(name).latex, name)


def _gradient(chain: Any, letter: str) -> Maths:
    loss = chain.notation.loss
    latex, text = target_of("latex"), target_of("text")
    written = (latex.derivative(latex.letter(loss), latex.letter(letter)), text.derivative(loss, letter))
    return Maths(*written)


def _expr(expr: Expr) -> Maths:
    return Maths(target_of("latex").expr(expr), target_of("text").expr(expr))


def _listed(entries: Any) -> str:
    found = [str(entry) for entry in flatten(entries.tolist() if hasattr(entries, "tolist") else [entries])]
    if len(found) > MOST_SHOWN:
        return f"{', '.join(found[:MOST_SHOWN])}, … ({len(found)} in all)"
    return ", ".join(found)


def _known(chain: Any) -> str:
    report = chain.check(draws=1)
    if not report:
        raise SymconvError(f"the chain does not agree with its references:\n{report}")
    exactly = all(finding.largest_error == 0 for finding in report.findings)
    count = sum(finding.cases for finding in report.findings)
    how = "exactly" if exactly else "in 50 digits"
    unknown = dict.fromkeys(s.activation.name for s in chain.stages if s.activation.unknown)
    tried = f" For this, a polynomial stood for {joined(list(unknown))}." if unknown else ""
    return (
        "Every quantity of every layer was compared with plain loops that carry derivatives along with their "
        f"numbers. All {count} entries agree {how}.{tried}"
    )


def _code(chain: Any) -> str:
    """The call that makes the chain; nothing where a function of one's own stands in it."""
    written = [_part(part) for part in chain.parts]
    if not all(written):
        return ""
    loss = [] if chain._loss_name is None else [f"loss={chain._loss_name!r}"]
    own = repr(chain.notation)
    notation = [] if own == "Notation()" else [f"notation=sc.{own}"]
    return f"sc.Chain({', '.join([*written, *loss, *notation])})"


def _part(part: Any) -> str:
    if isinstance(part, Residual):
        inside, beside = ([_part(one) for one in parts_of(of)] for of in (part.chain, part.shortcut))
        if not all([*inside, *beside]):
            return ""
        shortcut = f", shortcut=[{', '.join(beside)}]" if beside else ""
        return f"sc.Residual([{', '.join(inside)}]{shortcut})"
    if isinstance(part, Flatten):
        return "sc.Flatten()"
    if hasattr(part, "function"):
        return f"sc.{part!r}" if isinstance(part.function, str) else ""
    return f"sc.{part!r}".replace("notation=Notation(", "notation=sc.Notation(")
