"""The ``symconv exercises`` command: a sheet of exercises on a layer, with or without solutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from symconv.cli.command import Command, listed
from symconv.cli.options import (
    document_arguments,
    document_options,
    format_option,
    geometry,
    layer_of,
    number_option,
)
from symconv.cli.terminal import STREAM, print_files, waiting
from symconv.printing.names import ExerciseName

if TYPE_CHECKING:
    from symconv.notes.exercises.sheet import Exercises

_KINDS = get_args(ExerciseName)


@click.command(cls=Command)
@geometry()
@number_option("--seed", 0, "Seed of the random numbers.")
@number_option("--count", 8, "How many exercises.")
@click.option(
    "--kinds",
    shell_complete=listed(lambda: _KINDS),
    help=f"Kinds of exercises, separated by commas: {', '.join(_KINDS)}. By default all.",
)
@click.option("--solutions", is_flag=True, help="Add worked solutions and the mistakes behind wrong answers.")
@document_options
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    help="Write to FILE; its suffix chooses the format: .tex .pdf .typ .md .html .ipynb .rst .txt, or .xml "
    "for Moodle; - is standard output. By default the sheet is printed as text.",
)
@format_option("sheet", "xml")
def exercises(file: str | None, form: str | None, **options: Any) -> None:
    """Write a sheet of exercises on a layer: sizes, outputs, the matrix, gradients, conventions.

    The same seed gives the same sheet. The values are random: -x and -w only set the sizes.

    \b
    Examples:
      symconv exercises --input-size 4 --kernel-size 3 --padding full --flip -o sheet.pdf --solutions
      symconv exercises --input-size N --kernel-size K --stride 2 --seed 3 --count 5 -o bank.xml
    """
    if file is None and form is not None:
        file = STREAM
    if file is not None:
        deliver(file, form, "sheet", partial(sheet_files, options=options))
        return
    with waiting("writing exercises"):
        sheet, solutions, given = _sheet(options)
        for option in given:
            raise click.UsageError(f"--{option} needs -o FILE.")
        text = str(sheet.document(solutions=solutions))
    click.echo(text, nl=False)


def deliver(file: str, form: str | None, stem: str, make: Callable[[str], dict[str, bytes]]) -> None:
    """Write the files that a name makes, or print them."""
    from symconv.notes import write

    name = streamed_name(file, form, stem)
    with waiting(f"writing {name if file == STREAM else file}"):
        files = make(name)
    if file == STREAM:
        print_files(files)
    else:
        write(Path(file).parent, files)


def streamed_name(file: str, form: str | None, stem: str) -> str:
    """The name of a file, which says its format; of standard output, the one that a format gives it."""
    if file == STREAM:
        return f"{stem}.{form or 'txt'}"
    if form is not None:
        raise click.UsageError(
            "--format says what -o - prints: leave it out, the suffix of FILE says it too."
        )
    if not Path(file).name.isprintable():
        raise click.UsageError(f"-o is {file!r}: write the name of a file in letters that can be printed.")
    return Path(file).name


def sheet_files(name: str, options: dict[str, Any]) -> dict[str, bytes]:
    """The files of one sheet."""
    sheet, solutions, given = _sheet(options)
    return sheet.files(name, solutions=solutions, **given)


def _sheet(options: dict[str, Any]) -> tuple[Exercises, bool, dict[str, Any]]:
    """A sheet, whether its solutions are wanted, and what its format is told."""
    seed, count, kinds, solutions = (options.pop(key) for key in ("seed", "count", "kinds", "solutions"))
    given = document_arguments(options)
    named = None if kinds is None else [kind.strip() for kind in kinds.split(",")]
    sheet = layer_of(**options).exercises(seed=seed, count=count, kinds=named)
    return sheet, solutions, given
