"""The ``symconv exercises`` command: a sheet of exercises on a layer, with or without solutions."""

from pathlib import Path
from typing import Any

import click

from symconv.cli.options import geometry, layer_of

#: What ``Exercises.save`` takes of the format, by the same names.
_OF_FORMATS = ("fragment", "myst", "mathjax")


@click.command()
@geometry()
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random numbers.")
@click.option("--count", type=int, default=8, show_default=True, help="How many exercises.")
@click.option("--kinds", help="Kinds of exercises, separated by commas. By default all.")
@click.option("--solutions", is_flag=True, help="Add worked solutions and the mistakes behind wrong answers.")
@click.option("--fragment", is_flag=True, help="Write a fragment for \\input (.tex).")
@click.option("--myst", is_flag=True, help="Write Markdown for MyST, not for GitHub (.md).")
@click.option("--mathjax", metavar="ADDRESS", help="Address or path of MathJax (.html).")
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    help="Write to FILE; its suffix chooses the format: .tex .pdf .md .html .ipynb .rst .txt, or .xml for "
    "Moodle. By default the sheet is printed as text.",
)
def exercises(
    seed: int, count: int, kinds: str | None, solutions: bool, file: str | None, **options: Any
) -> None:
    """Write a sheet of exercises on a layer: sizes, outputs, the matrix, gradients, conventions.

    The same seed gives the same sheet. The values are random: -x and -w only set the sizes.

    \b
    Examples:
      symconv exercises --input-size 4 --kernel-size 3 --padding full --flip -o sheet.pdf --solutions
      symconv exercises --input-size N --kernel-size K --stride 2 --seed 3 --count 5 -o bank.xml
    """
    told = {key: options.pop(key) for key in _OF_FORMATS}
    layer = layer_of(**options)
    named = None if kinds is None else [kind.strip() for kind in kinds.split(",")]
    sheet = layer.exercises(seed=seed, count=count, kinds=named)
    given = {option: value for option, value in told.items() if value is not None and value is not False}
    if file is None:
        for option in given:
            raise click.UsageError(f"--{option} needs -o FILE.")
        click.echo(sheet.document(solutions=solutions), nl=False)
        return
    sheet.save(Path(file), solutions=solutions, **given)
