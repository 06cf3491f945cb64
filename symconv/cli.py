"""The ``symconv`` command: options to a layer, a layer to text; no mathematics."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symconv import __version__
from symconv.errors import SymconvError, did_you_mean
from symconv.notation import COLOURS, PRESETS, UPSTREAM_STYLES

if TYPE_CHECKING:
    from symconv.layers import Conv1d

_NUMBER = re.compile(r"[-+]?(\d{1,100}(/\d{1,100})?|\d{0,100}\.\d{1,100}|\d{1,100}\.)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?")


def _entries(ctx: click.Context, param: click.Parameter, value: str | None) -> list[Any] | None:
    """Numbers (whole, decimal, or fractions) and names of symbols, with commas between them."""
    return None if value is None else [_entry(text.strip()) for text in value.split(",")]


def _entry(text: str) -> Any:
    if re.search(r"/0+$", text):
        raise click.BadParameter(f"{text!r} divides by zero.")
    if _NUMBER.fullmatch(text):
        return Fraction(text)
    if _NAME.fullmatch(text):
        from sympy import Symbol

        return Symbol(text)
    raise click.BadParameter(
        f"{text!r} is no entry: write numbers or names with commas between them, as in 1,1/3,-2.5,a."
    )


def _size(ctx: click.Context, param: click.Parameter, value: str | int | None) -> int | str | None:
    return _whole(value) if isinstance(value, str) else value


def _padding(ctx: click.Context, param: click.Parameter, value: str) -> Any:
    """A number, two numbers with a comma between them, or a mode."""
    parts = [_whole(part) for part in value.split(",")]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if re.fullmatch(r"[-+]?\d{1,100}", text) else text


def _geometry(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a layer, in the words of the Python interface."""
    options = [
        click.option(
            "-x",
            "x",
            callback=_entries,
            metavar="ENTRIES",
            help="Entries of the input; without it they are symbols.",
        ),
        click.option("-w", "w", callback=_entries, metavar="ENTRIES", help="Entries of the kernel."),
        click.option(
            "--delta", callback=_entries, metavar="ENTRIES", help="Entries of the upstream gradient."
        ),
        click.option("-b", "b", callback=_entries, metavar="ENTRIES", help="The bias."),
        click.option(
            "--input-size", callback=_size, metavar="SIZE", help="N; by default the number of entries of -x."
        ),
        click.option(
            "--kernel-size", callback=_size, metavar="SIZE", help="K; by default the number of entries of -w."
        ),
        click.option("--stride", callback=_size, metavar="SIZE", default="1", show_default=True),
        click.option(
            "--padding",
            callback=_padding,
            metavar="P",
            default="0",
            show_default=True,
            help="P, BEFORE,AFTER, valid, same or full.",
        ),
        click.option("--dilation", callback=_size, metavar="SIZE", default="1", show_default=True),
        click.option("--bias", is_flag=True, help="Add a bias."),
        click.option("--flip", is_flag=True, help="True convolution: the kernel is flipped."),
        click.option("--notation", type=click.Choice(list(PRESETS)), default="symconv", show_default=True),
        click.option("--index-base", type=click.Choice(["0", "1"]), help="The first index."),
        click.option(
            "--upstream-style",
            type=click.Choice(UPSTREAM_STYLES),
            help="A letter, or the derivative of the loss.",
        ),
        click.option(
            "--tap-colours", help=f"Colours of the taps, with commas between: {', '.join(COLOURS)}."
        ),
        click.option("--max-rows", type=int, help="Show dots beyond so many rows and columns; 0 shows all."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


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
@_geometry
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
    from symconv.equations import REASONS, Displayed, typeset

    layer = _layer(**options, values=not steps)
    closed = steps or not layer.pattern.numeric
    if closed and activation:
        raise click.UsageError("--activation goes with explicit entries: give numbers, and no --steps.")
    every = layer.formula_names if closed else layer.equation_names
    blocks: list[str | Displayed] = [layer.description]
    for name in _quantities(show, every, activation):
        blocks.append(REASONS[name])
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
@_geometry
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

    answer = _layer(**options, values=False).claim(name, parse(formula))
    click.echo(answer)
    if not answer:
        ctx.exit(1)


@cli.command()
@_geometry
@click.option("--draws", type=int, default=3, show_default=True, help="Sets of random integers to try.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random integers.")
@click.pass_context
def check(ctx: click.Context, /, draws: int, seed: int, **options: Any) -> None:
    """Compare every quantity with independent references; exit with 1 if one differs.

    Example: symconv check --input-size 9 --kernel-size 3 --stride 2 --padding 1
    """
    layer = _layer(**options)
    report = layer.check(draws=draws, seed=seed, progress=_progress)
    click.echo(f"{layer.description}\n{report}")
    if not report:
        ctx.exit(1)


def _layer(
    *, x: Any, w: Any, delta: Any, b: Any, input_size: Any, kernel_size: Any, notation: str,
    index_base: str | None, upstream_style: str | None, tap_colours: str | None, max_rows: int | None,
    values: bool = True,
    **geometry: Any,
) -> Conv1d:  # fmt: skip
    from symconv.layers import Conv1d
    from symconv.notation import Notation

    changes: dict[str, Any] = {"upstream_style": upstream_style, "base": index_base and int(index_base)}
    if tap_colours is not None:
        changes["tap_colours"] = tuple(part.strip() for part in tap_colours.split(","))
    changes = {name: value for name, value in changes.items() if value is not None}
    if max_rows is not None and max_rows not in (0, *range(3, max_rows + 1)):
        raise click.UsageError(f"--max-rows is {max_rows}: write at least 3, or 0 to show all.")
    if max_rows is not None:
        changes["max_rows"] = max_rows or None
    sizes = []
    for name, letter, size, entries in (
        ("--input-size", "-x", input_size, x),
        ("--kernel-size", "-w", kernel_size, w),
    ):
        if size is None and entries is None:
            raise click.UsageError(f"Give {name} or the entries {letter}.")
        sizes.append(len(entries) if size is None else size)
    if b is not None:
        geometry["bias"] = True
    layer = Conv1d(*sizes, **geometry, notation=Notation.preset(notation).replace(**changes))
    if not values:
        return layer
    given = {"x": x, "w": w, "delta": delta, "b": b}
    for letter, entries in given.items():
        symbols = {str(s) for s in entries or () if getattr(s, "is_Symbol", False)}
        own = symbols & layer.entry_names if symbols else symbols
        if own:
            raise click.UsageError(
                f"-{letter} uses {min(own)}, which is an entry of the layer: name it otherwise."
            )
    return layer.at(**given)


def _quantities(show: str | None, every: list[str], activation: str | None) -> list[str]:
    if show is None:
        wanted = [
            "output_size",
            "output",
            "activation",
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
