"""Notes on a chain: numbers, picture, both passes, one neuron, one weight, what was checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from symconv.errors import OptionError
from symconv.network import closed, paths, pictures, story
from symconv.network.code import code_of
from symconv.network.described import called, cell_of, convention_told, matrices_told
from symconv.network.examples import example
from symconv.network.figure import compact
from symconv.network.known import known
from symconv.network.pen import Pen
from symconv.network.talk import frames, numbered, plain_frames
from symconv.network.worked import Worked
from symconv.network.writing import say
from symconv.notes import Document
from symconv.notes.frames import plainly
from symconv.notes.model import Block, Frame, Heading, Maths, Picture, Prose, Table, Words
from symconv.notes.sections import briefly, wanted_sections
from symconv.printing.english import counted, spelt
from symconv.printing.names import Depth

#: Of chains of so many layers only notes of depth full have tables and matrices.
MANY = 3

_TABLE = (
    "The table gives the outputs of each layer and its cost{sized}. The receptive field is the width of the "
    "span of inputs, padding included, that one output sees, and the jump is how far this span moves from "
    "one output to the next."
)


@dataclass(frozen=True)
class Noted:
    """A chain as its notes see it, and what they consist of.

    Notes that are ``short`` leave out tables and matrices.
    """

    chain: Any
    sections: Sequence[str] = ()
    short: bool = False

    @cached_property
    def symbolic(self) -> Any:
        """The chain without its values."""
        return self.chain.in_symbols()

    @cached_property
    def code(self) -> str:
        """The Python that makes it; nothing where a function of one's own stands in it."""
        return code_of(self.symbolic)

    @cached_property
    def example(self) -> Worked | None:
        """The chain on numbers; nothing where it is too large for them."""
        return example(self.chain)

    @cached_property
    def sized(self) -> Any:
        """The chain with the sizes of the example."""
        assert self.example is not None
        return self.chain._with({}, self.example.stages, self.example.shape)

    @cached_property
    def known(self) -> str:
        """What was checked."""
        return known(self.symbolic, self.example)

    @cached_property
    def pen(self) -> Pen:
        """What writes about the example."""
        assert self.example is not None
        return Pen(self.example)


def _numbers(told: Noted) -> list[Block]:
    formulas = "backwards" in told.sections and not told.short
    return story.numbers(told.pen, formulas=formulas) if told.example else []


def _network(told: Noted) -> list[Block]:
    open_sizes = told.example is not None and bool(told.example.letters)
    drawn = [
        *pictures.picture(told),
        *(pictures.in_letters(told) if open_sizes and len(told.chain) > 1 else []),
    ]
    if told.short:
        return drawn
    head, *rows = (told.sized if open_sizes else told.chain).summary().rows
    words = _TABLE.format(sized=", with the sizes of the example" * open_sizes)
    second = [*(cell_of(stage) for stage in told.chain.stages), rows[-1][1]]
    cells = [(row[0], what, *row[2:]) for row, what in zip(rows, second, strict=True)]
    table = Table(tuple((name,) for name in head), tuple(tuple((cell,) for cell in row) for row in cells))
    detail = told.example is not None
    table = replace(table, detail=detail, close=True)
    return [Prose((words,), detail=detail), table, *_below(rows, detail=detail), *drawn]


def _below(rows: Sequence[Sequence[str]], *, detail: bool) -> list[Block]:
    """What the table leaves out, or has 0 for."""
    text = ""
    if any(set(row[-1]) <= {"0", "×"} for row in rows[:-1] if row[-1]):
        text = "The jump of a dense layer is 0: each of its outputs sees the whole input of the layer. "
    if not all(row[-1] for row in rows[:-1]):
        text += "Where nothing is given, the outputs of a layer see different numbers of inputs."
    return [Prose((text.strip(),), detail=detail, close=True)] if text else []


def _forwards(told: Noted) -> list[Block]:
    made = closed.forwards(told.symbolic, range(1, len(told.chain) + 1), told.code)
    words = matrices_told(told.chain.stages) if len(told.chain) > 1 else ()
    shown = story.matrices(told.pen) if told.example and not told.short else []
    return [*([Prose(words)] if words else []), *shown, *made]


def _backwards(told: Noted) -> list[Block]:
    said = convention_told(told.chain) if told.example is None else ""
    return [
        *([Prose((said.strip(),))] if said else []),
        *closed.backwards(
            told.symbolic, range(len(told.chain), 0, -1), told.code, after="forwards" in told.sections
        ),
    ]


def _neuron(told: Noted) -> list[Block]:
    return paths.neuron(told.pen) if told.example else []


def _weights(told: Noted) -> list[Block]:
    return paths.weights(told.pen) if told.example else []


def _checks(told: Noted) -> list[Block]:
    return [Prose((told.known,))]


def _derivations(told: Noted) -> list[Block]:
    return closed.derivations(told.symbolic, told.code)


#: Each section by its name: its heading, and what it consists of.
SECTIONS: Mapping[str, tuple[Callable[[Noted], str], Callable[[Noted], list[Block]]]] = MappingProxyType(
    {
        "numbers": (lambda told: "The numbers", _numbers),
        "network": (lambda told: "The network", _network),
        "forwards": (lambda told: "Forwards, in formulas", _forwards),
        "backwards": (lambda told: "Backwards, in formulas", _backwards),
        "neuron": (lambda told: paths.heading(told.pen), _neuron),
        "weights": (lambda told: paths.weight_heading(told.pen), _weights),
        "checks": (lambda told: "How we know", _checks),
        "derivations": (lambda told: "Derivations", _derivations),
    }
)

#: What each depth consists of.
DEPTHS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "page": ("numbers", "network", "neuron", "weights", "checks"),
        "standard": ("numbers", "network", "forwards", "backwards", "neuron", "weights", "checks"),
        "full": tuple(SECTIONS),
    }
)


def notes(
    chain: Any, *, depth: Depth = "standard", title: str | None = None, sections: Sequence[str] | None = None
) -> Document:
    """Lecture notes on the chain: worked on small numbers, in formulas, and what was checked.

    Parameters
    ----------
    depth : str
        "page", "standard" (two or three pages for up to three layers), or "full", with the derivation of each
        gradient, and with the table and the matrix of chains of three layers or more.
    title : str, optional
    sections : sequence of str, optional
        By default those of the depth: "numbers", "network", "forwards", "backwards", "neuron", "weights",
        "checks" and "derivations". Those on numbers say nothing of a chain that is too large for them.

    Raises
    ------
    OptionError
        If the depth or a section is unknown, or a section has nothing to say of this chain.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 2))
    >>> net.notes(sections=["neuron"])
    <Document 'Backpropagation through a network of 2 layers': 3 blocks>
    """
    wanted = wanted_sections(depth, sections, DEPTHS, SECTIONS, ("numbers", "neuron"))
    short = sections is None and depth != "full" and len(chain) >= MANY
    told = Noted(chain, wanted, short)
    blocks: list[Block] = [] if sections is not None else [Prose(opening(told), lead=True)]
    parts: dict[str, list[Block]] = {}
    for name in wanted:
        parts[name] = SECTIONS[name][1](told)
    if "numbers" in parts and "network" in parts:
        parts["numbers"], parts["network"] = pictures.placed(parts["numbers"], parts["network"])
    for name in wanted:
        heading, found = SECTIONS[name][0], parts[name]
        if depth == "page":
            spare = 1 if name == "neuron" else 0  # left out after the picture, where there is no room
            found = [replace(block, spare=block.spare or spare) for block in briefly(found)]
        elif told.short:  # print leaves pictures out where there is no room
            found = [replace(b, spare=b.spare or 1) if isinstance(b, Picture) else b for b in found]
        if found and depth == "page" and name in ("network", "checks"):
            blocks += found
        elif found:
            blocks += [Heading((heading(told),), spare=min(b.spare for b in found)), *found]
        elif sections is not None:
            why = "this chain is too large for numbers" if told.example is None else "it has none"
            raise OptionError(f"section {{given!r}} has nothing to say: {why}.", given=name)
    code = told.code and f"import symconv as sc\n\nnet = {told.code}"
    named = _title(told) if title is None else title.strip()
    pages = (
        {"page": 1, "standard": 2 if len(chain) == 1 else 3, "full": 0}[depth]
        if sections is None and told.example
        else 0
    )
    return Document(named, tuple(blocks), code, pages, _frames(told, named, parts, whole=sections is None))


def _frames(
    told: Noted, title: str, parts: Mapping[str, Sequence[Block]], *, whole: bool
) -> tuple[Frame, ...]:
    """The slides: the story on numbers, and behind it what notes of depth full have besides."""
    rest = plainly([Heading(("Derivations",)), *parts["derivations"]]) if "derivations" in parts else []
    if not whole:
        return ()
    if told.example is None:
        some = numbered(len(told.chain))
        shown = [
            Heading(("The network",)),
            *_network(told)[:2],
            Heading(("Forwards, in formulas",)),
            *closed.forwards(told.symbolic, some, told.code, once=False),
            Heading(("Backwards, in formulas",)),
            *closed.backwards(told.symbolic, some[::-1], told.code, once=False),
            Heading(("How we know",)),
            *_checks(told),
        ]
        return (*plain_frames(title, opening(told), shown), *rest)
    return (
        *frames(told.pen, told.symbolic, title, opening(told), pictures.picture(told, compact), told.known),
        *rest,
    )


def _title(told: Noted) -> str:
    count = len(told.chain)
    if count > 1:
        return f"Backpropagation through a network of {count} layers"
    (stage,) = told.chain.stages
    what = called(stage)
    follows = "" if stage.activation.is_identity else f", followed by {stage.activation.name}"
    return f"{what[0].upper()}{what[1:]}{_filters(stage)}{follows}"


def _filters(stage: Any) -> str:
    """How many filters a convolution has, if that is a number."""
    if not stage.learned or stage.matrix_is_kernel:
        return ""
    count = stage.shape[0] if len(stage.shape) > len(stage.layer.axes) else 1
    return f" with {counted(spelt(count), 'filter') if count != 1 else 'one filter'}"


def opening(told: Noted) -> Words:
    """The question that the notes answer."""
    if len(told.chain) > 1:
        text = "The loss depends on a weight of the first layer only through the layers after it. "
        text += "Backpropagation finds the gradient one layer at a time, from the loss back to the input. "
        text += "These notes do so by hand on small numbers, and then in formulas."
        if not told.example:
            text = text.replace("by hand on small numbers, and then in formulas", "in formulas")
        return (text,)
    (stage,) = told.chain.stages
    what = f"{called(stage)}{_filters(stage)}"
    letters = {"dense": Maths("z = W a", "z = W a"), "z": Maths("z", "z"), "then": Maths("f(z)", "f(z)")}
    text = "A dense layer computes {dense} and then {then}. "
    if stage.activation.is_softmax or stage.activation.is_identity:
        text = "A dense layer computes {dense}. "
    if stage.matrix_is_kernel:
        text += "These notes work it out on numbers, forwards and backwards."
    else:
        text += f"These notes show what {{z}} is when the layer is {what}, what its output is, and what the "
        text += "gradients are."
    if stage.activation.unknown:
        text += " Here {f} is any differentiable function, and {slope} is its derivative."
        f = stage.activation.letter
        letters |= {"f": Maths(f, f), "slope": Maths(f"{f}'", f"{f}'")}
    return say(text, **letters)
