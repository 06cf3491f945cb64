"""The options of the command: text to sizes, entries and a layer; nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from symconv.notation import COLOURS, PRESETS, UPSTREAM_STYLES, Notation

if TYPE_CHECKING:
    from symconv.layers import Layer

#: The names of ``symconv.pattern.PADDING_MODES``, which would load NumPy.
MODES = ("zeros", "circular", "reflect", "replicate")

_NUMBER = re.compile(r"[-+]?(\d{1,100}(/\d{1,100})?|\d{0,100}\.\d{1,100}|\d{1,100}\.)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?")


def _entries(ctx: click.Context, param: click.Parameter, value: str | None) -> list[list[Any]] | None:
    """Rows of numbers (whole, decimal, or fractions) and names of symbols."""
    if value is None:
        return None
    return [[_entry(text.strip()) for text in row.split(",")] for row in value.split(";")]


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


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """A number or a name, or one an axis with commas between them; for a padding also a mode."""
    if value is None:
        return None
    parts = [_whole(part) for part in value.split(",")]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if re.fullmatch(r"[-+]?\d{1,100}", text) else text


def geometry(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a layer, in the words of the Python interface."""
    options = [
        click.option(
            "-x",
            "x",
            callback=_entries,
            metavar="ENTRIES",
            help="Entries of the input, semicolons between rows; without it they are symbols.",
        ),
        click.option("-w", "w", callback=_entries, metavar="ENTRIES", help="Entries of the kernel."),
        click.option(
            "--delta", callback=_entries, metavar="ENTRIES", help="Entries of the upstream gradient."
        ),
        click.option("-b", "b", callback=_entries, metavar="ENTRIES", help="The bias."),
        click.option(
            "--input-size",
            callback=_size,
            metavar="SIZE",
            help="N, or one an axis with commas between; by default the shape of -x.",
        ),
        click.option(
            "--kernel-size",
            callback=_size,
            metavar="SIZE",
            help="K, or one an axis; by default the shape of -w.",
        ),
        click.option(
            "--stride",
            callback=_size,
            metavar="SIZE",
            help="By default 1, and the kernel size for pooling.",
        ),
        click.option(
            "--padding",
            callback=_size,
            metavar="P",
            default="0",
            show_default=True,
            help="P, valid, same or full; on one axis BEFORE,AFTER, on several one an axis.",
        ),
        click.option("--dilation", callback=_size, metavar="SIZE", help="By default 1."),
        click.option("--in-channels", callback=_size, metavar="COUNT", help="Input channels."),
        click.option("--out-channels", callback=_size, metavar="COUNT", help="Output channels."),
        click.option("--groups", callback=_size, metavar="COUNT", help="By default 1."),
        click.option("--batch", callback=_size, metavar="COUNT", help="Samples in a batch."),
        click.option("--padding-mode", type=click.Choice(list(MODES)), help="By default zeros."),
        click.option("--transposed", is_flag=True, help="The transposed convolution."),
        click.option(
            "--pooling",
            type=click.Choice(["average", "max"]),
            help="Pool windows of the kernel size instead.",
        ),
        click.option("--channels", callback=_size, metavar="COUNT", help="Channels of a pooling layer."),
        click.option("--output-padding", callback=_size, metavar="SIZE", help="Of a transposed layer."),
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


def layer_of(
    *, x: Any, w: Any, delta: Any, b: Any, input_size: Any, kernel_size: Any, notation: str,
    index_base: str | None, upstream_style: str | None, tap_colours: str | None, max_rows: int | None,
    transposed: bool, pooling: str | None, values: bool = True,
    **geometry: Any,
) -> Layer:  # fmt: skip
    """The layer that options describe, with values put in unless they are not wanted."""
    from symconv.layers import AvgPool, Conv, ConvTranspose, MaxPool

    sizes = [
        _size_of(*given)
        for given in (("--input-size", "-x", input_size, x), ("--kernel-size", "-w", kernel_size, w))
    ]
    if b is not None:
        geometry["bias"] = True
    if pooling and w is not None:
        raise click.UsageError("-w does not go with --pooling: give --kernel-size.")
    kinds = {"max": MaxPool, "average": AvgPool, None: ConvTranspose if transposed else Conv}
    kind, asked = kinds[pooling], f"--pooling {pooling}" if pooling else "--transposed"
    geometry = {name: value for name, value in geometry.items() if value is not None and value is not False}
    wrong = [name for name in geometry if name not in kind.option_names()]
    wrong += ["transposed"] if pooling and transposed else []
    if wrong:
        way = "with" if pooling or transposed else "without"
        told = "--pooling" if wrong[0] == "channels" else asked
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} does not go {way} {told}.")
    notes = _notation(notation, index_base, upstream_style, tap_colours, max_rows)
    made = kind(*sizes, **geometry, notation=notes)
    if not values:
        return made
    given = {"x": x, "w": w, "delta": delta, "b": b}
    for letter, rows in given.items():
        symbols = {str(s) for row in rows or () for s in row if getattr(s, "is_Symbol", False)}
        own = symbols & made.entry_names if symbols else symbols
        if own:
            raise click.UsageError(
                f"-{letter} uses {min(own)}, which is an entry of the layer: name it otherwise."
            )
    return made.at_flat({letter: [e for row in rows for e in row] for letter, rows in given.items() if rows})


def _size_of(name: str, letter: str, size: Any, rows: list[list[Any]] | None) -> Any:
    """A size as given, or the shape of the entries."""
    if size is not None:
        return size
    if rows is None:
        raise click.UsageError(f"Give {name} or the entries {letter}.")
    if len({len(row) for row in rows}) > 1:
        raise click.UsageError(f"The rows of {letter} have different lengths.")
    return len(rows[0]) if len(rows) == 1 else (len(rows), len(rows[0]))


def _notation(
    preset: str, index_base: str | None, style: str | None, colours: str | None, max_rows: int | None
) -> Notation:
    changes: dict[str, Any] = {"upstream_style": style, "base": index_base and int(index_base)}
    if colours is not None:
        changes["tap_colours"] = tuple(part.strip() for part in colours.split(","))
    changes = {name: value for name, value in changes.items() if value is not None}
    if max_rows is not None and max_rows not in (0, *range(3, max_rows + 1)):
        raise click.UsageError(f"--max-rows is {max_rows}: write at least 3, or 0 to show all.")
    if max_rows is not None:
        changes["max_rows"] = max_rows or None
    return Notation.preset(preset).replace(**changes)
