"""The options of every door: text to sizes, entries and a layer; nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from symconv import LAYERS
from symconv.cli.command import listed, shown_names
from symconv.errors import OptionError
from symconv.printing.colours import COLOURS
from symconv.printing.notation import LETTERS, PRESETS, UPSTREAM_STYLES, Notation

if TYPE_CHECKING:
    from symconv.layers import Layer

_NUMBER = re.compile(r"[-+]?([0-9]{1,100}(/[0-9]{1,100})?|[0-9]{0,100}\.[0-9]{1,100}|[0-9]{1,100}\.)")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)?")


def _entries(ctx: click.Context, param: click.Parameter, value: str | None) -> list[list[Any]] | None:
    """Rows of numbers (whole, decimal, or fractions) and names of symbols."""
    if value is None:
        return None
    return [[entry_of(text.strip()) for text in row.split(",")] for row in value.split(";")]


def entry_of(text: str) -> Any:
    """A number, exactly, or the symbol of a name."""
    if _NUMBER.fullmatch(text):
        try:
            return Fraction(text)
        except ZeroDivisionError:
            raise click.BadParameter(f"{text!r} divides by zero.") from None
    if _NAME.fullmatch(text) and text.lower() not in ("nan", "inf", "infinity"):
        from sympy import Symbol

        return Symbol(text)
    cure = "write numbers or names separated by commas, as in 1,1/3,-2.5,a."
    raise click.BadParameter(f"{text!r} is not an entry: {cure}")


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """A number or a name, or one an axis with commas between them; for a padding also a mode."""
    return None if value is None else _one_or_more([_whole(part.strip()) for part in value.split(",")])


def _padding(ctx: click.Context, param: click.Parameter, value: str) -> Any:
    """As a size; with semicolons between axes, each may have its own before and after."""
    return _one_or_more([_size(ctx, param, axis) for axis in value.split(";")])


def _one_or_more(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tuple(parts)


def _whole(text: str) -> int | str:
    if re.fullmatch(r"[-+]?[0-9]{1,100}", text):
        return int(text)
    if _NAME.fullmatch(text):
        return text
    raise click.BadParameter(f"{text!r} is not a size: write a whole number, or a name such as N or N_1.")


def _integer(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None or re.fullmatch(r"[-+]?[0-9]{1,100}", value):
        return None if value is None else int(value)
    raise click.BadParameter(f"{value!r} is not a whole number of at most 100 digits: write one such as 3.")


def _letters(ctx: click.Context, param: click.Parameter, value: Sequence[str]) -> dict[str, str]:
    """The letters that are chosen, each by the field of a notation that it is for."""
    found: dict[str, str] = {}
    for pair in [pair for text in value for pair in text.split(",")]:
        name, equals, letter = (part.strip() for part in pair.partition("="))
        name = name.replace("-", "_")
        if not equals or not letter:
            raise click.BadParameter(f"{pair.strip()!r} is not NAME=LETTER: write it as in input=a.")
        if name not in LETTERS:
            sentence = "{option}: there is no letter for {given!r}: {cure}"
            raise OptionError(sentence, "letter", name, allowed=LETTERS)
        if name in found:
            raise click.BadParameter(f"{name} is given two letters: give it one.")
        found[name] = letter
    return found


#: How the text of an option is read, by what its help says in its place.
_READERS = {"ENTRIES": _entries, "SIZE": _size, "COUNT": _size, "P": _padding, "INTEGER": _integer}


def _read(flag: str, metavar: str, help: str, **more: Any) -> Callable[..., Any]:
    """An option whose text is read; it is None where it is not given, unless it has a default."""
    return click.option(flag, metavar=metavar, callback=_READERS[metavar], help=help, **more)


def number_option(flag: str, default: int, help: str) -> Callable[..., Any]:
    """An option that is a whole number."""
    return _read(flag, "INTEGER", help, default=str(default), show_default=True)


_POOLS, _STYLES = click.Choice(["average", "max"]), click.Choice(UPSTREAM_STYLES)

#: Options that say the kind of a layer, where its name does not.
_KINDS = [
    click.option("--transposed", is_flag=True, help="Make a transposed convolution."),
    click.option("--pooling", type=_POOLS, help="Make a pooling layer with windows of the kernel size."),
]

_MODE = "What fills the padding, such as circular. By default zeros."
_PADDING = (
    "A number, valid, same or full. For one axis also BEFORE,AFTER; for several, one per axis or B,A;B,A."
)

#: Options that make a layer, in the words of the Python interface.
_SIZES = [
    _read("-x", "ENTRIES", "Entries of the input; rows separated by semicolons. By default symbols."),
    _read("-w", "ENTRIES", "Entries of the kernel."),
    _read("--delta", "ENTRIES", "Entries of the upstream gradient."),
    _read("-b", "ENTRIES", "Entries of the bias."),
    _read("--input-size", "SIZE", "N, or one size per axis, as in 4,5. By default the shape of -x."),
    _read("--kernel-size", "SIZE", "K, or one size per axis. By default the shape of -w."),
    _read("--stride", "SIZE", "By default 1, or the kernel size for pooling."),
    _read("--padding", "P", _PADDING, default="0", show_default=True),
    _read("--dilation", "SIZE", "By default 1."),
    _read("--in-channels", "COUNT", "Number of input channels."),
    _read("--out-channels", "COUNT", "Number of output channels."),
    _read("--groups", "COUNT", "Number of groups of channels. By default 1."),
    _read("--batch", "COUNT", "Number of samples in the batch."),
    click.option("--padding-mode", metavar="MODE", help=_MODE),
    _read("--channels", "COUNT", "Number of channels of a pooling layer."),
    _read("--output-padding", "SIZE", "Extra outputs at the end of a transposed layer."),
    click.option("--bias", is_flag=True, help="Add a bias."),
    click.option("--flip", is_flag=True, help="Flip the kernel: true convolution."),
]

#: Options that say how it is written.
_LETTERS = [
    click.option(
        "--notation",
        type=click.Choice(list(PRESETS)),
        metavar="NAME",
        default="symconv",
        show_default=True,
        help=f"The letters of a text or library: {', '.join(PRESETS)}.",
    ),
    click.option(
        "--letter",
        callback=_letters,
        multiple=True,
        metavar="NAME=LETTER",
        help="A letter of your own, such as input=a or 'upstream=delta^(l)'; may be repeated.",
    ),
    click.option("--index-base", type=click.Choice(["0", "1"]), help="Index of the first entry."),
    click.option("--upstream-style", type=_STYLES, help="How the upstream gradient is written."),
]

#: Options that say how what is printed looks.
_LOOKS = [
    click.option("--tap-colours", help=f"Colours of the weights, separated by commas: {', '.join(COLOURS)}."),
    _read("--max-rows", "INTEGER", "Rows and columns shown before dots; 0 shows all."),
]

_SHOW = "Quantities separated by commas, or all, or none. By default the main ones."
_ACTIVATION = "Also apply an activation of this name to each output."


def _with(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command these options."""
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


#: The options that make a layer of a known kind.
layer_options = _with(*_SIZES, *_LETTERS, *_LOOKS)

#: The options that say what is shown of a layer: see :func:`symconv.cli.excerpt.excerpt`.
excerpt_options = _with(
    click.option("--show", shell_complete=listed(shown_names), help=_SHOW),
    click.option("--steps", is_flag=True, help="Derive closed forms step by step, each with its rule."),
    click.option("--prove", is_flag=True, help="With --steps: prove every step for all sizes."),
    click.option("--activation", metavar="NAME", help=_ACTIVATION),
)

#: The options that say how a document is written in a format.
document_options = _with(
    click.option("--fragment", is_flag=True, help="Write a fragment for \\input (.tex)."),
    click.option(
        "--engine",
        type=click.Choice(["latex", "typst"]),
        help="What sets a .pdf. By default TeX where it is installed, and else Typst.",
    ),
    click.option("--myst", is_flag=True, help="Write Markdown for MyST, not for GitHub (.md)."),
    click.option(
        "--math",
        metavar="NAME",
        shell_complete=listed(lambda: ("mathml", "mathjax", "katex")),
        help="Formulas as mathml (the default, which needs no script), mathjax or katex (.html).",
    ),
    click.option("--mathjax", metavar="ADDRESS", help="Address or path of MathJax's script (.html)."),
    click.option("--katex", metavar="ADDRESS", help="Address or path of KaTeX's script (.html)."),
)


def document_arguments(options: dict[str, Any], *more: str) -> dict[str, Any]:
    """Take :data:`document_options` and some ``more`` out of all options, those given as for ``save``."""
    names = (*more, "fragment", "engine", "myst", "math", "mathjax", "katex")
    told = {name: options.pop(name) for name in names}
    return {name: value for name, value in told.items() if value is not None and value is not False}


def format_option(what: str, *more: str) -> Callable[..., Any]:
    """The option that says the format of what is printed."""
    formats = ["tex", "pdf", "typ", "md", "html", "ipynb", "rst", "txt", *more]
    told = f"The format of the {what} that -o - prints. By default txt."
    return click.option("--format", "form", type=click.Choice(formats), help=told)


def geometry(*, looks: bool = True) -> Callable[..., Any]:
    """The options of the command line that say the kind of a layer and make it."""
    return _with(*_SIZES, *_LETTERS, *(_LOOKS if looks else ()), *_KINDS)


def layer_kinds() -> dict[str, type[Layer]]:
    """The layers by the names that a text gives them: ``conv``, ``conv1d`` and so on."""
    from symconv import layers

    return {name.lower(): getattr(layers, name) for name in LAYERS}


def layer_of(
    *, x: Any, w: Any, delta: Any, b: Any, input_size: Any, kernel_size: Any, notation: str = "symconv",
    letter: Mapping[str, str] = MappingProxyType({}), index_base: str | None = None,
    upstream_style: str | None = None, tap_colours: str | None = None, max_rows: int | None = None,
    kind: str | None = None, transposed: bool = False, pooling: str | None = None, values: bool = True,
    whole: bool = True, **geometry: Any,
) -> Layer:  # fmt: skip
    """The layer that options describe, with values put in; they are refused where none are wanted.

    It is of the kind that is named, one of :func:`layer_kinds` in any case of letters; otherwise
    ``transposed`` and ``pooling`` say which, as on the command line. Without ``whole`` it is a part of a
    chain: the size of its input may be missing, and it has neither values nor letters of its own.
    """
    known, asked = layer_kinds(), f"{{pooling}} {pooling}" if pooling else "{transposed}"
    name = {"max": "maxpool", "average": "avgpool", None: "convtranspose" if transposed else "conv"}[pooling]
    if kind is not None:
        name = asked = kind.lower()
    if name not in known:
        raise OptionError("there is no layer {kind!r}: {cure}", kind=kind, given=name, allowed=known)
    if w is not None and "pool" in name:
        pooled = "{pooling}" if pooling else name
        raise OptionError(f"{{option}} does not go with {pooled}: give {{kernel_size}}.", "w", w)
    first = _size_of("input_size", "x", input_size, x) if whole else input_size
    sizes = [first, _size_of("kernel_size", "w", kernel_size, w)]
    given = {"x": x, "w": w, "delta": delta, "b": b}
    if not values:
        _refuse_values(given, sizes)
    geometry["bias"] = b is not None or geometry.get("bias")
    geometry = {key: value for key, value in geometry.items() if value is not None and value is not False}
    wrong = [option for option in geometry if option not in known[name].option_names()]
    wrong += ["transposed"] if pooling and transposed else []
    if wrong:
        without = wrong[0] == "channels" or not (pooling or transposed)
        way = "without" if without and not kind else "with"
        named = "{pooling}" if wrong[0] == "channels" and not kind else asked
        option = "b" if wrong[0] == "bias" and b is not None else wrong[0]
        raise OptionError(f"{{option}} does not go {way} {named}.", option)
    if not whole:
        return known[name](*sizes, **geometry)
    geometry["notation"] = notation_of(notation, letter, index_base, upstream_style, tap_colours, max_rows)
    made = known[name](*sizes, **geometry)
    for operand, rows in given.items():
        symbols = {str(s) for row in rows or () for s in row if getattr(s, "is_Symbol", False)}
        own = symbols & made.entries.taken_names if symbols else symbols
        if own:
            sentence = "{option} uses {given}, which already has a meaning in this layer: "
            raise OptionError(f"{sentence}use another name.", operand, min(own))
    flat = {name: [e for row in rows for e in row] for name, rows in given.items() if rows}
    return made.at(**made.entries.flat(flat))


def _refuse_values(given: Mapping[str, Any], shapes: Sequence[Any]) -> None:
    """Say what to write in the place of values, of whose shape a layer may have its sizes."""
    n, k = (",".join(map(str, size)) if isinstance(size, tuple) else size for size in shapes)
    instead = {"x": f"{{input_size}} {n}", "w": f"{{kernel_size}} {k}", "b": "{bias}"}
    for letter, rows in given.items():
        if rows is not None:
            cure = f"write {instead[letter]} instead" if letter in instead else "leave it out"
            sentence = f"{{option}} gives values, but steps and claims are symbolic: {cure}."
            raise OptionError(sentence, letter, rows)


def _size_of(name: str, letter: str, size: Any, rows: list[list[Any]] | None) -> Any:
    """A size as given, or the shape of the entries."""
    if size is not None:
        return size
    if rows is None:
        raise OptionError(f"{{option}} is missing: give it, or give the entries with {{{letter}}}.", name)
    if len({len(row) for row in rows}) > 1:
        raise OptionError(
            "{option} has rows of different lengths: give all rows the same length.", letter, rows
        )
    return len(rows[0]) if len(rows) == 1 else (len(rows), len(rows[0]))


def notation_of(
    preset: Any,
    letters: Mapping[str, str],
    index_base: str | None,
    style: str | None,
    colours: str | None,
    max_rows: int | None,
) -> Notation:
    """The notation that options describe."""
    changes: dict[str, Any] = {**letters, "upstream_style": style, "base": index_base and int(index_base)}
    changes["tap_colours"] = None if colours is None else tuple(map(str.strip, colours.split(",")))
    changes = {name: value for name, value in changes.items() if value is not None}
    if max_rows is not None:
        changes["max_rows"] = max_rows or None
    return Notation.preset(preset).replace(**changes)
