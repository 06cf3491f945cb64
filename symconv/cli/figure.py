"""The ``symconv figure`` command: a picture of a layer, or its window in motion, as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from symconv.cli.command import Command, listed
from symconv.cli.options import geometry, layer_of
from symconv.cli.terminal import STREAM, waiting
from symconv.printing.english import either
from symconv.printing.names import FigureName

if TYPE_CHECKING:
    from symconv.figures import Animation, Figure

NAMES = get_args(FigureName)

_HELP = """\
Draw a figure of a layer: {names}.

With --animate no name is needed: the window slides over the input, products are added up, and each
entry appears. Input channels stand as planes, each with its slice of the filter, and the output channels
follow one after the other. SVG and TikZ (.tex) need nothing else; .png, .pdf and .gif need matplotlib.

\b
Examples:
  symconv figure network --input-size 4 --kernel-size 3 -o network.svg
  symconv figure --animate -x 1,2,3,4 -w 5,6,7 --padding full --flip -o window.svg
  symconv figure --animate --input-size 5 --kernel-size 3 --in-channels 3 --out-channels 2 -o planes.svg
"""

#: What a file may be, still and in motion.
_STILL, _MOVING = ".svg, .tex, .png or .pdf", ".svg or .gif"


@click.command(cls=Command, help=_HELP.format(names=either(NAMES)))
@click.argument("name", required=False, shell_complete=listed(lambda: NAMES))
@geometry()
@click.option("--animate", is_flag=True, help="Draw the window in motion, on numbers, instead of a figure.")
@click.option(
    "-o", "--output", "file", metavar="FILE",
    help=f"The suffix chooses the format: {_STILL}; with --animate {_MOVING}. - is standard output, which "
    "gets SVG.",
)  # fmt: skip
def figure(name: Any, file: str | None, animate: bool, **options: Any) -> None:
    """The command, whose help names every figure."""
    if animate and name not in (None, "window"):
        raise click.UsageError(f"--animate shows the window: leave out {name}.")
    if name is None and not animate:
        raise click.UsageError(f"no figure is named: write {either(NAMES)}, or --animate.")
    if not file:
        raise click.UsageError(
            f"no file is named: give -o FILE, which ends in {_MOVING if animate else _STILL}."
        )
    layer = layer_of(**options)
    with waiting("drawing"):
        drawn: Animation | Figure = layer.animation() if animate else layer.figure(name or "window")
        if file == STREAM:
            printed = drawn.svg()
        else:
            drawn.save(file)
    if file == STREAM:
        click.echo(printed, nl=False)
