"""The options of every door: text to sizes, entries and a layer; nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from symconv import LAYERS
from symconv.errors import Door, OptionError, SymconvError
from symconv.printing.notation import COLOURS, PRESETS, UPSTREAM_STYLES, Notation

if TYPE_CHECKING:
    from symconv.layers import Layer

#: What is raised by a wrong call, an impossible layer, and one too large to write out.
REFUSALS = (click.ClickException, SymconvError, MemoryError, RecursionError, OverflowError)


#: How things are asked for where options are written as text.
WAYS = {
    "closed_form": "derive closed forms without values",
    "dots": "name matrix in {show}, which has dots",
    "function": "a name such as 'f'",
    "pair": "BEFORE,AFTER",
    "rows": "at least 3, or 0 to show all",
    "values": "give values with {x} and {w}",
    "with_bias": "add {bias}",
}


def _dashed(name: str) -> str:
    return f"-{name}" if len(name) == 1 else f"--{name.replace('_', '-')}"


#: The command line.
COMMAND_LINE = Door(_dashed, WAYS)


def refusal(error: Exception, door: Door = COMMAND_LINE) -> str:
    """What one of :data:`REFUSALS` says, in one line and in the words of a door."""
    if isinstance(error, click.ClickException):
        said = error.format_message()
    elif isinstance(error, SymconvError):
        said = error.said(door)
    else:
        said = f"this layer is too large to write out ({type(error).__name__}): use smaller sizes."
    return " ".join(said.split())


#: The names of ``symconv.pattern.PADDING_MODES``, which would load NumPy.
MODES = ("zeros", "circular", "reflect", "replicate")

_NUMBER = re.compile(r"[-+]?([0-9]{1,100}(/[0-9]{1,100})?|[0-9]{0,100}\.[0-9]{1,100}|[0-9]{1,100}\.)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?")


def _entries(ctx: click.Context, param: click.Parameter, value: str | None) -> list[list[Any]] | None:
    """Rows of numbers (whole, decimal, or fractions) and names of symbols."""
    if value is None:
        return None
    return [[_entry(text.strip()) for text in row.split(",")] for row in value.split(";")]


def _entry(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        try:
            return Fraction(text)
        except ZeroDivisionError:
            raise click.BadParameter(f"{text!r} divides by zero.") from None
    if _NAME.fullmatch(text) and text.lower() not in ("nan", "inf", "infinity"):
        from sympy import Symbol

        return Symbol(text)
    raise click.BadParameter(
        f"{text!r} is no entry: write numbers or names with commas between them, as in 1,1/3,-2.5,a."
    )


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """A number or a name, or one an axis with commas between them; for a padding also a mode."""
    if value is None:
        return None
    parts = [_whole(part.strip()) for part in value.split(",")]
    return parts[0] if len(parts) == 1 else tuple(parts)


def _padding(ctx: click.Context, param: click.Parameter, value: str) -> Any:
    """As a size; with semicolons between axes, each may have its own before and after."""
    axes = [_size(ctx, param, axis) for axis in value.split(";")]
    return axes[0] if len(axes) == 1 else tuple(axes)


def _whole(text: str) -> int | str:
    if re.fullmatch(r"[-+]?[0-9]{1,100}", text):
        return int(text)
    if _NAME.fullmatch(text):
        return text
    raise click.BadParameter(f"{text!r} is no size: write a whole number, or a name such as N or N_1.")


#: Options that say the kind of a layer, where its name does not.
_KINDS = [
    click.option("--transposed", is_flag=True, help="The transposed convolution."),
    click.option(
        "--pooling", type=click.Choice(["average", "max"]), help="Pool windows of the kernel size instead."
    ),
]

#: Options that make a layer, in the words of the Python interface.
_SIZES = [
    click.option(
        "-x",
        "x",
        callback=_entries,
        metavar="ENTRIES",
        help="Entries of the input, semicolons between rows; without it they are symbols.",
    ),
    click.option("-w", "w", callback=_entries, metavar="ENTRIES", help="Entries of the kernel."),
    click.option("--delta", callback=_entries, metavar="ENTRIES", help="Entries of the upstream gradient."),
    click.option("-b", "b", callback=_entries, metavar="ENTRIES", help="The bias."),
    click.option(
        "--input-size",
        callback=_size,
        metavar="SIZE",
        help="N, or one an axis with commas between; by default the shape of -x.",
    ),
    click.option(
        "--kernel-size", callback=_size, metavar="SIZE", help="K, or one an axis; by default the shape of -w."
    ),
    click.option(
        "--stride", callback=_size, metavar="SIZE", help="By default 1, and the kernel size for pooling."
    ),
    click.option(
        "--padding",
        callback=_padding,
        metavar="P",
        default="0",
        show_default=True,
        help="P, valid, same or full; on one axis BEFORE,AFTER, on several one an axis, or B,A;B,A.",
    ),
    click.option("--dilation", callback=_size, metavar="SIZE", help="By default 1."),
    click.option("--in-channels", callback=_size, metavar="COUNT", help="Input channels."),
    click.option("--out-channels", callback=_size, metavar="COUNT", help="Output channels."),
    click.option("--groups", callback=_size, metavar="COUNT", help="By default 1."),
    click.option("--batch", callback=_size, metavar="COUNT", help="Samples in a batch."),
    click.option("--padding-mode", type=click.Choice(list(MODES)), help="By default zeros."),
    click.option("--channels", callback=_size, metavar="COUNT", help="Channels of a pooling layer."),
    click.option("--output-padding", callback=_size, metavar="SIZE", help="Of a transposed layer."),
    click.option("--bias", is_flag=True, help="Add a bias."),
    click.option("--flip", is_flag=True, help="True convolution: the kernel is flipped."),
]

#: Options that say how it is written.
_LETTERS = [
    click.option("--notation", type=click.Choice(list(PRESETS)), default="symconv", show_default=True),
    click.option("--index-base", type=click.Choice(["0", "1"]), help="The first index."),
    click.option(
        "--upstream-style",
        type=click.Choice(UPSTREAM_STYLES),
        help="A letter, or the derivative of the loss.",
    ),
]

#: Options that say how what is printed looks.
_LOOKS = [
    click.option("--tap-colours", help=f"Colours of the taps, with commas between: {', '.join(COLOURS)}."),
    click.option("--max-rows", type=int, help="Show dots beyond so many rows and columns; 0 shows all."),
]


def layer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that make a layer of a known kind."""
    return _with(command, [*_SIZES, *_LETTERS, *_LOOKS])


def geometry(*, letters: bool = True, looks: bool = True) -> Callable[..., Any]:
    """The options of the command line that say the kind of a layer and make it."""
    options = [*_SIZES, *(_LETTERS if letters else ()), *(_LOOKS if looks else ()), *_KINDS]
    return lambda command: _with(command, options)


def excerpt_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what is shown of a layer: see :func:`symconv.cli.excerpt.excerpt`."""
    options = [
        click.option(
            "--show", help="Quantities with commas between, or all, or none. By default the main ones."
        ),
        click.option("--steps", is_flag=True, help="Closed forms step by step, each step with its rule."),
        click.option("--prove", is_flag=True, help="With --steps: decide every step for all sizes."),
        click.option(
            "--activation", metavar="NAME", help="Also apply a function of this name to each output."
        ),
    ]
    return _with(command, options)


def _with(command: Callable[..., Any], options: list[Callable[..., Any]]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def layer_kinds() -> dict[str, type[Layer]]:
    """The layers by the names that a text gives them: ``conv``, ``conv1d`` and so on."""
    from symconv import layers

    return {name.lower(): getattr(layers, name) for name in LAYERS}


def layer_of(
    *, x: Any, w: Any, delta: Any, b: Any, input_size: Any, kernel_size: Any, notation: str = "symconv",
    index_base: str | None = None, upstream_style: str | None = None, tap_colours: str | None = None,
    max_rows: int | None = None, kind: str | None = None, transposed: bool = False,
    pooling: str | None = None, values: bool = True, **geometry: Any,
) -> Layer:  # fmt: skip
    """The layer that options describe, with values put in; they are refused where none are wanted.

    It is of the kind that is named, one of :func:`layer_kinds` in any case of letters; otherwise
    ``transposed`` and ``pooling`` say which, as on the command line.
    """
    known, asked = layer_kinds(), f"{{pooling}} {pooling}" if pooling else "{transposed}"
    name = {"max": "maxpool", "average": "avgpool", None: "convtranspose" if transposed else "conv"}[pooling]
    if kind is not None:
        name = asked = kind.lower()
    if name not in known:
        raise OptionError("there is no layer {kind!r}: {cure}", kind=kind, given=name, allowed=known)
    if w is not None and "pool" in name:
        told = "{pooling}" if pooling else name
        raise OptionError(f"{{option}} does not go with {told}: give {{kernel_size}}.", "w", w)
    sizes = [_size_of("input_size", "x", input_size, x), _size_of("kernel_size", "w", kernel_size, w)]
    given = {"x": x, "w": w, "delta": delta, "b": b}
    if not values:
        _refuse_values(given, sizes)
    if b is not None:
        geometry["bias"] = True
    geometry = {key: value for key, value in geometry.items() if value is not None and value is not False}
    wrong = [option for option in geometry if option not in known[name].option_names()]
    wrong += ["transposed"] if pooling and transposed else []
    if wrong:
        without = wrong[0] == "channels" or not (pooling or transposed)
        way = "without" if without and not kind else "with"
        told = "{pooling}" if wrong[0] == "channels" and not kind else asked
        option = "b" if wrong[0] == "bias" and b is not None else wrong[0]
        raise OptionError(f"{{option}} does not go {way} {told}.", option)
    geometry["notation"] = _notation(notation, index_base, upstream_style, tap_colours, max_rows)
    made = known[name](*sizes, **geometry)
    for letter, rows in given.items():
        symbols = {str(s) for row in rows or () for s in row if getattr(s, "is_Symbol", False)}
        own = symbols & made.entries.taken_names if symbols else symbols
        if own:
            sentence = "{option} uses {given}, which stands for something else in the layer: "
            raise OptionError(f"{sentence}name it otherwise.", letter, min(own))
    flat = {letter: [e for row in rows for e in row] for letter, rows in given.items() if rows}
    return made.at(**made.entries.flat(flat))


def _refuse_values(given: Mapping[str, Any], shapes: Sequence[Any]) -> None:
    """Say what to write in the place of values, of whose shape a layer may have its sizes."""
    for letter, rows in given.items():
        if rows is None:
            continue
        cure = "write {bias} in its place" if letter == "b" else "leave it out"
        if letter in "xw":
            size = shapes["xw".index(letter)]
            shape = ",".join(map(str, size)) if isinstance(size, tuple) else size
            cure = f"write {'{input_size}' if letter == 'x' else '{kernel_size}'} {shape} in its place"
        sentence = f"{{option}} gives values, and steps and claims are in symbols: {cure}."
        raise OptionError(sentence, letter, rows)


def _size_of(name: str, letter: str, size: Any, rows: list[list[Any]] | None) -> Any:
    """A size as given, or the shape of the entries."""
    if size is not None:
        return size
    if rows is None:
        raise OptionError(f"Give {{option}} or the entries {{{letter}}}.", name)
    if len({len(row) for row in rows}) > 1:
        raise OptionError("The rows of {option} have different lengths.", letter, rows)
    return len(rows[0]) if len(rows) == 1 else (len(rows), len(rows[0]))


def _notation(
    preset: str, index_base: str | None, style: str | None, colours: str | None, max_rows: int | None
) -> Notation:
    changes: dict[str, Any] = {"upstream_style": style, "base": index_base and int(index_base)}
    if colours is not None:
        changes["tap_colours"] = tuple(part.strip() for part in colours.split(","))
    changes = {name: value for name, value in changes.items() if value is not None}
    if max_rows is not None:
        changes["max_rows"] = max_rows or None
    return Notation.preset(preset).replace(**changes)
