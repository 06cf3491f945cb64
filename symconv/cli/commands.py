"""The ``symconv`` command: options to a layer, a layer to text; no mathematics."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symconv import __version__
from symconv.cli.command import Command, claimed_names, listed
from symconv.cli.excerpt import excerpt
from symconv.cli.exercises import exercises
from symconv.cli.figure import figure
from symconv.cli.net import net
from symconv.cli.notes import notes
from symconv.cli.options import excerpt_options, geometry, layer_of, number_option
from symconv.cli.prove import prove
from symconv.cli.refusals import REFUSALS, refusal
from symconv.cli.terminal import STREAM, complain, is_terminal, progress, waiting
from symconv.printing.files import write_whole
from symconv.printing.targets import TARGETS

if TYPE_CHECKING:
    from symconv.printing.targets import Displayed


_EXAMPLES = """\b
Examples:
  symconv derive -x 1,2,3,4 -w 5,6,7 --padding full --flip
  symconv claim --input-size N --kernel-size K output "sum(k=0..K-1) w[k]*x[i+k]"
  symconv notes -x 1,2,3,4 -w 5,6,7 --padding full --flip -o notes.pdf
"""


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EXAMPLES,
)
@click.version_option(__version__, prog_name="symconv")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Derive convolution layers: outputs, matrices and gradients, printed and checked.

    Exit codes: 0 success, 1 a check failed or a claim was refuted, 2 the command was wrong.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command(cls=Command)
@geometry()
@excerpt_options
@click.option(
    "--format",
    "form",
    type=click.Choice([*TARGETS, "markdown"]),
    help="By default text on a terminal, and latex into a pipe or a file. Markdown is written for GitHub.",
)
@click.option("-o", "--output", "file", metavar="FILE", help="Write to FILE; - is standard output.")
@click.pass_context
def derive(
    ctx: click.Context, /, show: str | None, steps: bool, prove: bool, activation: str | None,
    form: str | None, file: str | None, **options: Any,
) -> None:  # fmt: skip
    """Print the derivation of a layer's quantities.

    If all sizes are numbers, every entry is written out. If a size is a name such as N, or with --steps,
    a closed form for all entries is printed.

    \b
    Examples:
      symconv derive -x 1,2,3,4 -w 5,6,7 --padding full --flip
      symconv derive --input-size N --kernel-size K --stride s --show grad_input --steps
    """
    from symconv.cli.typeset import typeset

    if file == "":
        raise click.UsageError("-o is empty: give the name of a file.")
    layer = layer_of(**options, values=not steps)
    blocks: list[str | Displayed] = [layer.description]
    with waiting("deriving"):
        for passage in excerpt(layer, show, steps=steps, prove=prove, activation=activation):
            blocks += [passage.reason, passage.display, *passage.remarks]
        streamed = file in (None, STREAM)
        shown: Callable[..., None] | None = ctx.obj if file is None and form is None else None
        usual = "text" if streamed and is_terminal(sys.stdout) else "latex"
        text = "" if shown else typeset(blocks, form or usual)
    if shown:
        shown(blocks)
    elif streamed:
        click.echo(text, nl=False)
    else:
        write_whole(Path(str(file)), text.encode())


@cli.command(cls=Command)
@click.argument("name", shell_complete=listed(claimed_names))
@click.argument("formula")
@geometry(looks=False)
@click.pass_context
def claim(ctx: click.Context, /, name: str, formula: str, **options: Any) -> None:
    """Judge a formula for a quantity: proved, verified, or refuted with the smallest counterexample.

    The quantities are output_size, output, matrix, windows, grad_input, grad_kernel, grad_bias (with a
    bias), upstream_matrix and tying. Write the formula as text or LaTeX, such as
    "sum(k=0..K-1) w[k]*x[i+k]". Entries outside a sequence are 0. If the formula begins with a minus
    sign, put -- before the name; if it is -, it is read from standard input. The exit code is 1 if the
    claim is refuted.

    To judge entries, give the values and the numbers, separated by commas, row by row. The name may
    then be a single entry, such as output[2], or a count: zeros, weights, parameters, multiplications,
    left_over.

    \b
    Examples:
      symconv claim --input-size N --kernel-size K --stride s output "sum(k=0..K-1) w[k]*x[s*i + k]"
      symconv claim -x 1,2,3,4 -w 5,6,7 --padding full --flip output "5,16,34,52,45,28"
      symconv claim --input-size N --kernel-size K output - < formula.tex
    """
    from symconv.derivation import parse
    from symconv.derivation.value_claims import about_entries, reads_as_entries

    if formula == STREAM:
        formula = sys.stdin.read().strip() if sys.stdin else ""
        if not formula:
            raise click.UsageError(
                "standard input holds no formula: write one into it, or in the place of -."
            )
    valued = any(options[letter] is not None for letter in ("x", "w", "delta", "b"))
    with waiting("judging the claim"):
        if about_entries(name, formula, valued=valued and reads_as_entries(formula)):
            answer = layer_of(**options).claim(name, formula)
        else:
            answer = layer_of(**options, values=False).claim(name, parse(formula))
    click.echo(answer)
    if not answer:
        ctx.exit(1)


@cli.command(cls=Command)
@geometry(looks=False)
@number_option("--draws", 3, "How many sets of random integers to try.")
@number_option("--seed", 0, "Seed of the random integers.")
@click.pass_context
def check(ctx: click.Context, /, draws: int, seed: int, **options: Any) -> None:
    """Compare every quantity with independent references; the exit code is 1 if one differs.

    \b
    Examples:
      symconv check --input-size 9 --kernel-size 3 --stride 2 --padding 1
      symconv check --input-size 8,8 --kernel-size 3 --in-channels 2 --out-channels 4 --draws 1
    """
    layer = layer_of(**options)
    report = layer.check(draws=draws, seed=seed, progress=partial(progress, label="checking"))
    click.echo(f"{layer.description}\n{report}")
    if not report:
        ctx.exit(1)


cli.add_command(notes)
cli.add_command(exercises)
cli.add_command(figure)
cli.add_command(net)
cli.add_command(prove)


def run(arguments: list[str] | None = None, show: Callable[..., None] | None = None) -> int:
    """The exit code of a command; whatever goes wrong is one line on standard error.

    ``show`` is how prose and displays in turn appear where no format is asked for; by default as text.
    """
    try:
        code = cli.main(args=arguments, prog_name="symconv", standalone_mode=False, obj=show)
    except REFUSALS as error:
        return _fail(refusal(error))
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped.", 130)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int = 2) -> int:
    complain(message)
    return code


def main(arguments: list[str] | None = None) -> None:
    """Run a command in a process of its own."""
    try:
        code = run(arguments)
    except OSError as error:
        # What is printed finds no reader, or no room; the interpreter would try once more at its end.
        if sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1 if isinstance(error, BrokenPipeError) else _fail(f"cannot print: {error.strerror}.")
    sys.exit(code)
