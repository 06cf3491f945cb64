"""The ``symconv net`` command: a network in a TOML file, its formulas or numbers, and notes on it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symconv.cli.command import Command, listed
from symconv.cli.excerpt import Passage
from symconv.cli.exercises import deliver
from symconv.cli.network import read_network, refusing
from symconv.cli.options import document_arguments, document_options
from symconv.cli.terminal import waiting
from symconv.errors import OptionError
from symconv.printing.display import Beside, Display, Grid, Row
from symconv.printing.targets import TARGETS

if TYPE_CHECKING:
    from symconv.network import Chain
    from symconv.printing.target import MathsTarget
    from symconv.printing.targets import Displayed

#: The quantities in the order of both passes: forwards layer by layer, then backwards.
_FORWARDS, _BACKWARDS = ("preactivation", "output"), ("delta", "grad_input", "grad_kernel", "grad_bias")

#: The suffixes of pictures.
_PICTURES = (".svg", ".png")


@click.command(cls=Command)
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--show",
    shell_complete=listed(lambda: (*_FORWARDS, *_BACKWARDS, "summary")),
    help="Quantities separated by commas: summary, preactivation, output, delta, grad_input, grad_kernel, "
    "grad_bias. By default all but grad_input.",
)
@click.option("--layer", type=int, help="Show the quantities of this layer only; layers count from 1.")
@click.option("--steps", is_flag=True, help="Derive closed forms step by step, each with its rule.")
@click.option("--check", is_flag=True, help="Compare every quantity with independent references instead.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*TARGETS, "markdown"]),
    help="Of what is printed. By default text on a terminal, and latex into a pipe.",
)
@click.option("--depth", metavar="DEPTH", help="Length of the notes.")
@click.option("--title", help="Title of the notes. By default the number of layers.")
@click.option("--slides", is_flag=True, help="Slides in place of notes (.tex, .pdf).")
@click.option("--handout", is_flag=True, help="With --slides: one page a frame, everything shown.")
@document_options
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    help="Write notes to FILE; its suffix chooses the format: .tex .pdf .typ .md .html .ipynb .rst .txt; "
    ".svg and .png get the picture of the network.",
)
@click.pass_context
def net(
    ctx: click.Context, /, spec: Path, show: str | None, layer: int | None, steps: bool, check: bool,
    form: str | None, file: str | None, **options: Any,
) -> None:  # fmt: skip
    """Derive backpropagation through the network that a TOML file describes, or write notes on it.

    The file has a [[layers]] table for each part of the network. With values for x and the weights,
    numbers are printed, and otherwise closed forms.

    \b
    Examples:
      symconv net network.toml --show delta --layer 1 --steps
      symconv net network.toml -o network.pdf
    """
    given = [name for name, value in options.items() if value]
    chain = read_network(spec)
    if check:
        shown = {"show": show, "layer": layer, "steps": steps, "format": form, "output": file}
        given += [name for name, value in shown.items() if value not in (None, False)]
        if given:
            raise click.UsageError(f"--{given[0]} does nothing beside --check: leave out one of them.")
        with waiting("checking"):
            report = chain.check()
        click.echo(report)
        if not report:
            ctx.exit(1)
    elif file is None:
        if given:
            raise click.UsageError(f"--{given[0]} needs -o FILE.")
        _print(chain, show, layer, steps, form)
    elif form is not None or show is not None or layer is not None or steps:
        raise click.UsageError("--show, --layer, --steps and --format say what is printed: leave out -o.")
    elif file.endswith(_PICTURES):
        if given:
            raise click.UsageError(f"--{given[0]} is for notes, but {file} gets a picture: leave it out.")
        with waiting("drawing"):
            refusing(spec.name, chain.figure).save(file)
    else:
        deliver(file, None, "network", partial(_files, chain, options))


def _print(chain: Chain, show: str | None, layer: int | None, steps: bool, form: str | None) -> None:
    from symconv.cli.typeset import typeset

    usual = "text" if sys.stdout.isatty() else "latex"
    with waiting("deriving"):
        blocks: list[str | Displayed] = []
        for passage in passages(chain, show, layer, steps=steps):
            blocks += [passage.display, *passage.remarks]
        text = typeset(blocks, form or usual)
    click.echo(text, nl=False)


def _files(chain: Chain, options: dict[str, Any], name: str) -> dict[str, bytes]:
    """The files of the notes."""
    from symconv.notes import rendered

    own = {option: options.pop(option) for option in ("depth", "title")}
    document = chain.notes(**{option: value for option, value in own.items() if value is not None})
    return rendered(document, name, **document_arguments(options, "slides", "handout"))


def passages(
    chain: Chain, show: str | None = None, layer: int | None = None, *, steps: bool = False
) -> Iterator[Passage]:
    """What is shown of a chain: its summary, and its quantities in the order of both passes.

    Raises
    ------
    OptionError
        If a name in ``show`` is no quantity, or of no layer shown.
    """
    every = ("summary", *_FORWARDS, *_BACKWARDS)
    names = [name.strip() for name in show.split(",")] if show is not None else list(every)
    for name in names:
        if name not in every:
            sentence = "{option} names {given!r}, which is not a quantity of a network: {cure}"
            raise OptionError(sentence, "show", name, allowed=every)
    if steps and chain.values.given:
        sentence = "{option} derives closed forms, which have no values: leave it out, or the values."
        raise OptionError(sentence, "steps")
    if "summary" in names and (show is not None or layer is None):
        yield Passage("summary", "", chain.summary())
    numbers = range(1, len(chain) + 1) if layer is None else [chain.stage(layer).number]
    found = False
    for order, several in ((list(numbers), _FORWARDS), (list(reversed(numbers)), _BACKWARDS)):
        for number in order:
            for name in several:
                if name not in names or (show is None and name == "grad_input"):
                    continue
                try:
                    chain.require(name, chain.stage(number))
                except OptionError:
                    continue
                if name == "output" and show is None and chain.stage(number).activation.is_identity:
                    continue
                found = True
                yield _shown(chain, name, number, steps)
    if not found and names != ["summary"]:
        chain.require(next(name for name in names if name != "summary"), chain.stage(numbers[-1]))


def _shown(chain: Chain, name: str, number: int, steps: bool) -> Passage:
    label = f"{name}-{number}"
    if chain.values.given:
        return Passage(label, "", Entries(chain, name, number))
    if not steps:
        return Passage(label, "", chain.formula(name, layer=number))
    made = chain.derive(name, layer=number)
    return Passage(label, "", made, tuple(f"{rule}: {why}" for rule, why in made.reasons().items()))


@dataclass(frozen=True)
class Entries:
    """The entries of a quantity of a chain, to be displayed; of more than two axes, matrix by matrix."""

    chain: Chain
    name: str
    layer: int

    def display(self, target: MathsTarget) -> Display:
        """The letter of the quantity and its entries."""
        target = self._lettered(target)
        found = self.chain.quantity(self.name, layer=self.layer)
        nested = found.tolist() if hasattr(found, "tolist") else [found]
        return Display((Row(self._letter(target), (self._written(nested, target),)),))

    def _lettered(self, target: MathsTarget) -> MathsTarget:
        """A target that writes what an unknown loss sends back as its derivatives."""
        from sympy import Symbol

        from symconv.network.values import letter_of

        chain, loss = self.chain, self.chain.loss_function
        if not loss.unknown:
            return target
        base, shape = chain.notation.base, chain.values.sizes
        letter, by = letter_of(chain.notation, len(chain)), target.letter(chain.notation.loss)
        names = {}
        for at, index in enumerate(product(*map(range, shape))):
            entry = target.indexed(letter, *(i + base for i in index))
            names[Symbol(f"d{loss.name}{at}")] = target.derivative(by, entry)
        return target.named(names)

    def _letter(self, target: MathsTarget) -> str:
        from symconv.network.values import letter_of

        stage, notation = self.chain.stage(self.layer), self.chain.notation
        letters = stage.layer.spec.written
        by = {
            "preactivation": letters.output, "output": letter_of(notation, self.layer),
            "delta": letters.upstream, "grad_kernel": letters.kernel, "grad_bias": letters.bias,
            "grad_input": letters.input,
        }[self.name]  # fmt: skip
        written = target.letter(by)
        if not self.name.startswith("grad"):
            return written
        return target.derivative(target.letter(notation.loss), written)

    def _written(self, nested: Sequence[Any], target: MathsTarget) -> Grid | Beside:
        if not any(isinstance(part, list) for part in nested):
            return Grid((tuple(map(target.expr, nested)),))
        if not any(isinstance(part, list) for row in nested for part in row):
            return Grid(tuple(tuple(map(target.expr, row)) for row in nested))
        grids = [self._written(part, target) for part in nested]
        return Beside(tuple(piece for grid in grids for piece in _pieces(grid)))


def _pieces(part: Grid | Beside) -> tuple[Any, ...]:
    return part.pieces if isinstance(part, Beside) else (part,)
