"""The ``symconv`` command: options to a layer, a layer to text; no mathematics."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from symconv import __version__
from symconv.errors import SymconvError, did_you_mean
from symconv.options import geometry, layer_of


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="symconv")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Derive convolution layers: outputs, matrices and gradients, printed and checked.

    Exit codes: 0 done, 1 a check failed or a claim is refuted, 2 the call was wrong.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@cli.command()
@geometry
@click.option("--show", help="Quantities with commas between, or all. By default the main ones.")
@click.option("--steps", is_flag=True, help="Closed forms step by step, each step with its rule.")
@click.option("--activation", metavar="NAME", help="Also apply a function of this name to each output.")
@click.option(
    "--format", "form", type=click.Choice(["latex", "text", "markdown"]), default="latex", show_default=True
)
@click.option("-o", "--output", "file", metavar="FILE", help="Write to a file instead of the terminal.")
def derive(
    show: str | None, steps: bool, activation: str | None, form: str, file: str | None, **options: Any
) -> None:
    """Print the derivation of a layer's quantities.

    With numbers for all sizes every entry is written out; with names such as N, or with --steps, the
    closed form stands for all entries.

    \b
    Examples:
      symconv derive -x 1,2,3,4 -w 5,6,7 --padding full --flip
      symconv derive --input-size N --kernel-size K --stride s --show grad_input --steps
    """
    from symconv.equations import Displayed, typeset

    layer = layer_of(**options, values=not steps)
    closed = steps or not layer.pattern.numeric
    if closed and activation:
        raise click.UsageError("--activation goes with explicit entries: give numbers, and no --steps.")
    every = layer.formula_names if closed else layer.equation_names
    blocks: list[str | Displayed] = [layer.description]
    for name in _quantities(show, every, activation):
        blocks.append(layer.reasons[name])
        if not closed:
            blocks.append(layer.equation(name, function=activation))
        elif steps:
            derivation = layer.derive(name)
            blocks.append(derivation)
            blocks += [f"{rule}: {reason}" for rule, reason in derivation.reasons().items()]
            blocks.append(f"Both sides of each step were compared: {derivation.steps[0].evidence}.")
        else:
            blocks.append(layer.formula(name))
    _write(typeset(blocks, form), file)


@cli.command()
@click.argument("name")
@click.argument("formula")
@geometry
@click.pass_context
def claim(ctx: click.Context, /, name: str, formula: str, **options: Any) -> None:
    """Judge a formula for a quantity: proved, verified, or refuted with the smallest counterexample.

    The formula is in the index notation in which formulas print as text; entries outside a sequence
    are 0. Put -- before the name where the formula begins with a minus. Exit with 1 if it is refuted.

    \b
    Example:
      symconv claim --input-size N --kernel-size K --stride s output "sum(k=0..K-1) w[k]*x[s*i + k]"
    """
    from symconv.derivation import parse

    answer = layer_of(**options, values=False).claim(name, parse(formula))
    click.echo(answer)
    if not answer:
        ctx.exit(1)


@cli.command()
@geometry
@click.option("--draws", type=int, default=3, show_default=True, help="Sets of random integers to try.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random integers.")
@click.pass_context
def check(ctx: click.Context, /, draws: int, seed: int, **options: Any) -> None:
    """Compare every quantity with independent references; exit with 1 if one differs.

    Example: symconv check --input-size 9 --kernel-size 3 --stride 2 --padding 1
    """
    layer = layer_of(**options)
    report = layer.check(draws=draws, seed=seed, progress=_progress)
    click.echo(f"{layer.description}\n{report}")
    if not report:
        ctx.exit(1)


def _quantities(show: str | None, every: list[str], activation: str | None) -> list[str]:
    if show is None:
        wanted = [
            "output_size",
            "output",
            "activation",
            "selection",
            "matrix",
            "windows",
            "grad_input",
            "grad_kernel",
            "grad_bias",
        ]
        return [name for name in wanted if name in every and (activation or name != "activation")]
    if show.strip() == "all":
        return [name for name in every if activation or name != "activation"]
    names = [name.strip() for name in show.split(",")]
    for name in names:
        if name == "grad_bias" and name not in every:
            raise click.UsageError("--show has no grad_bias: this layer has no bias; add --bias or -b.")
        if name not in every:
            raise click.UsageError(f"--show has no quantity {name!r}: {did_you_mean(name, every)}")
    return names


def _write(text: str, file: str | None) -> None:
    """To the terminal, or to a file that is either whole or not there."""
    if file is None:
        click.echo(text, nl=False)
        return
    if not file:
        raise click.UsageError("-o needs the name of a file.")
    target = Path(file)
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as part:
            part.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(part.name, 0o666 & ~mask)
        os.replace(part.name, target)
    except OSError as error:
        if "part" in locals():
            Path(part.name).unlink(missing_ok=True)
        raise click.UsageError(f"cannot write {file}: {error.strerror}.") from None


@contextmanager
def _progress(comparisons: Iterable[Any]) -> Iterator[Iterable[Any]]:
    """A bar on a terminal, nothing when piped."""
    if not sys.stderr.isatty():
        yield comparisons
        return
    with click.progressbar(comparisons, label="checking", file=sys.stderr) as bar:
        yield bar


def main(arguments: list[str] | None = None) -> None:
    """Run the command; whatever goes wrong is one line on standard error."""
    try:
        code = cli.main(args=arguments, prog_name="symconv", standalone_mode=False)
    except click.ClickException as error:
        code = _fail(error.format_message())
    except SymconvError as error:
        code = _fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        code = _fail("stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (MemoryError, RecursionError, OverflowError) as error:
        code = _fail(f"this layer is too large to write out ({type(error).__name__}): use smaller sizes.")
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int = 2) -> int:
    click.echo(f"symconv: {' '.join(message.split())}", err=True)
    return code
