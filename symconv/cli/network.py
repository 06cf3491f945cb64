"""A network in a TOML file: its parts in order, each a table, with the values and letters of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from symconv.cli.options import entry_of, layer_kinds, layer_of, layer_options, notation_of
from symconv.cli.refusals import REFUSALS, WAYS, refusal
from symconv.cli.tables import SpecError, arguments_of, letters_of, read_toml, require_known, tables_of
from symconv.errors import Door

if TYPE_CHECKING:
    from symconv.network import Chain

_T = TypeVar("_T")

#: What a file may hold, besides the parts of the network.
_WHOLE = ("loss", "x", "target", "notation", "layers")

#: How things are asked for in such a file.
SPEC = Door(lambda name: name.replace("_", "-"), {**WAYS, "with_bias": "add bias = true"})


@click.command(add_help_option=False)
@layer_options
def _reader(**options: Any) -> None:
    """The reader of the command line, for the tables of a file."""


_LETTERS = ("notation", "letter", "index_base", "upstream_style", "tap_colours", "max_rows")
_OF_CHAIN = ("x", "w", "delta", "b", "batch", *_LETTERS)
_PARAMS = {max(p.opts, key=len).lstrip("-"): p for p in _reader.params if p.name not in _OF_CHAIN}
_FLAGS = tuple(name for name, param in _PARAMS.items() if getattr(param, "is_flag", False))


def read_network(spec: Path) -> Chain:
    """The network that a file describes, on values where it has some.

    ``[[layers]]`` tables stand in the order of the network. Each has a ``kind``: a layer such as
    ``conv2d``, with the options of the command line, ``dense`` with ``in-features``, ``out-features`` and
    ``bias``, ``flatten``, ``activation`` with the name of its ``function``, or ``residual`` with ``layers``
    and a ``shortcut`` of its own. ``w`` and ``b`` are values of a layer, ``x`` and ``target`` those of the
    network; ``loss`` is a name, and ``notation`` a preset or a table of letters.

    Raises
    ------
    SpecError
        If the file cannot be read, a key or a value in it is wrong, or its parts make no network.
    """
    return network_of(read_toml(spec), spec.name)


def network_of(held: Mapping[str, Any], name: str) -> Chain:
    """The network that the tables of a file describe; errors bear the name of the file."""
    from symconv.network import Chain

    require_known(name, held, _WHOLE)
    found = _Parts()
    tables = tables_of(name, "layers", held.get("layers", []), "part of the network")
    if not tables:
        raise SpecError(f"{name} has no layers: write a [[layers]] table for each part of the network.")
    loss = held.get("loss")
    if loss is not None and not isinstance(loss, str):
        raise SpecError(f"{name}: loss is {_as_toml(loss)!r}: write a name, such as 'half_squared_error'.")
    parts = [found.part(f"{name}, layer {at}", table) for at, table in enumerate(tables, 1)]
    notation = _notation(name, held.get("notation"))
    return refusing(name, lambda: _valued(Chain(*parts, loss=loss, notation=notation), found, held, name))


def _valued(chain: Chain, found: _Parts, held: Mapping[str, Any], name: str) -> Chain:
    """The chain on the values that a file has for it."""
    given: dict[str, Any] = {}
    if {"x", "target"} & held.keys() or any(value is not None for _, value in (*found.w, *found.b)):
        chain.values.require_numbers()
    for letter, told in (("w", found.w), ("b", found.b)):
        numbers = list(chain.values.having(letter))
        values = {numbers[at]: (where, value) for at, (where, value) in enumerate(told) if value is not None}
        for number, (where, value) in values.items():
            shape = chain[number].entries.shape("tap" if letter == "w" else "bias")
            given.setdefault(letter, {})[number] = _values(f"{where}: {letter}", value, shape)
    for letter in ("x", "target"):
        if letter in held:
            shape = chain.stages[0].layer.entries.shape("input") if letter == "x" else chain.values.sizes
            given[letter] = _values(f"{name}: {letter}", held[letter], shape)
    return chain.at(**given) if given else chain


@dataclass(frozen=True)
class _Parts:
    """Parts as they are read, with the values of each kernel and of each bias in the order of the layers."""

    w: list[tuple[str, Any]] = field(default_factory=list)
    b: list[tuple[str, Any]] = field(default_factory=list)

    def part(self, where: str, table: Mapping[str, Any]) -> Any:
        """The part of a chain that a table describes."""
        makers = {
            "dense": self._dense, "flatten": self._flatten, "activation": self._activation,
            "residual": self._residual, "batchnorm": self._normalisation,
        }  # fmt: skip
        known = layer_kinds()
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in (*makers, *known):
            sentence = "{where}: the kind is {given!r}: {cure}"
            sentence = "{where}: the kind is missing: {cure}" if kind is None else sentence
            raise SpecError(sentence, where=where, given=_as_toml(kind), allowed=(*makers, *known))
        options = {name: value for name, value in table.items() if name != "kind"}
        make: Callable[[str, dict[str, Any]], Any] = makers.get(kind, partial(self._layer, kind))
        return refusing(where, lambda: make(where, options))

    def _layer(self, kind: str, where: str, options: dict[str, Any]) -> Any:
        require_known(where, options, [*_PARAMS, "w", "b"])
        written = {name: _as_text(value) for name, value in options.items() if name in _PARAMS}
        w, b = options.get("w"), options.get("b")
        for option, cure in (("w", "give kernel-size"), ("b", "leave it out")):
            if option in options and "pool" in kind:
                raise SpecError(f"{option} does not go with {kind}: {cure}.")
        if w is not None and "kernel-size" not in written:
            written["kernel-size"] = _as_text(list(_kernel_size(f"{where}: w", w, kind)))
        arguments = list(arguments_of(where, written, _FLAGS))
        given = _reader.make_context("symconv", arguments).params
        given["bias"] = given["bias"] or b is not None
        layer = layer_of(kind=kind, whole=False, **given)
        self._learned("pool" not in kind, bool(given["bias"]), where, w, b)
        return layer

    def _dense(self, where: str, options: dict[str, Any]) -> Any:
        from symconv.network import Dense

        require_known(where, options, ["in-features", "out-features", "bias", "w", "b"])
        w, b = options.get("w"), options.get("b")
        shape = _shape(w) if isinstance(w, list) else ()
        sizes = [shape[1] if len(shape) == 2 else None, shape[0] if len(shape) == 2 else None]
        inside = options.get("in-features", sizes[0])
        outside = options.get("out-features", sizes[1])
        if outside is None:
            raise SpecError("out-features is missing: write how many outputs the layer has.")
        bias = options.get("bias", b is not None)
        if not isinstance(bias, bool):
            raise SpecError(f"bias is {bias!r}: write true or false, and its values as b.")
        self._learned(True, bool(bias), where, w, b)
        return Dense(inside, outside, bias=bias)

    def _normalisation(self, where: str, options: dict[str, Any]) -> Any:
        from symconv.network import BatchNorm

        require_known(where, options, ["features", "eps", "w", "b"])
        self._learned(True, True, where, options.get("w"), options.get("b"))
        return BatchNorm(options.get("features"), eps=options.get("eps", "epsilon"))

    def _flatten(self, where: str, options: dict[str, Any]) -> Any:
        from symconv.network import Flatten

        require_known(where, options, [])
        return Flatten()

    def _activation(self, where: str, options: dict[str, Any]) -> Any:
        from symconv.network import Activation

        require_known(where, options, ["function"])
        function = options.get("function")
        if not isinstance(function, str):
            said = "missing" if function is None else repr(_as_toml(function))
            raise SpecError(f"function is {said}: write a name, such as 'relu'.")
        return Activation(function)

    def _residual(self, where: str, options: dict[str, Any]) -> Any:
        from symconv.network import Residual

        require_known(where, options, ["layers", "shortcut"])
        beside, inside = (
            [
                self.part(f"{where}, {one} {at}", table)
                for at, table in enumerate(tables_of(where, name, options.get(name, []), "part"), 1)
            ]
            for name, one in (("shortcut", "shortcut"), ("layers", "layer"))
        )
        return Residual(inside, shortcut=beside)

    def _learned(self, learned: bool, bias: bool, where: str, w: Any, b: Any) -> None:
        """Keep what a layer has for its kernel and its bias; a chain counts the shortcut's layers first."""
        if learned:
            self.w.append((where, w))
        if bias:
            self.b.append((where, b))


def refusing(where: str, make: Callable[[], _T]) -> _T:
    """What is made, or the refusal with the place in the file where it arose."""
    try:
        return make()
    except SpecError as error:
        said = error.said(SPEC)
        raise SpecError(said if said.startswith(where.partition(",")[0]) else f"{where}: {said}") from None
    except REFUSALS as error:
        if isinstance(error, click.BadParameter) and error.param is not None:
            error.param_hint = f"'{SPEC.written(error.param.name or '')}'"
        raise SpecError(f"{where}: {refusal(error, SPEC)}") from None


def _notation(name: str, written: Any) -> Any:
    options: dict[str, Any] = {}
    letters = letters_of(name, [written], options)

    def made() -> Any:
        arguments = [*arguments_of(name, options, ()), *letters]
        given = _reader.make_context("symconv", arguments).params
        return notation_of(*(given[option] for option in _LETTERS))

    return refusing(name, made)


class _Word(str):
    """A word that stands in an error as it is, without quotes."""

    __repr__ = str.__str__


def _as_toml(value: Any) -> Any:
    """A value as an error writes it: true and false as in the file."""
    return _Word(str(value).lower()) if isinstance(value, bool) else value


def _as_text(value: Any) -> Any:
    """Sizes in a list as the command line writes them: commas between axes, semicolons between pairs."""
    if isinstance(value, list):
        pairs = any(isinstance(part, list) for part in value)
        return (";" if pairs else ",").join(str(_as_text(part)) for part in value)
    return value


def _kernel_size(where: str, given: Any, kind: str) -> tuple[int, ...]:
    """The sizes of a kernel's axes: the last sizes of its shape, one an axis of the layer."""
    shape = _shape(_read(where, given))
    rank = getattr(layer_kinds()[kind], "rank", None)
    return shape[-rank:] if rank else shape


def _values(where: str, given: Any, shape: tuple[int, ...]) -> Any:
    """Values in a shape: nested lists of that shape, or text with as many entries."""
    found = _read(where, given)
    if isinstance(given, list):
        return found
    flat = [entry for row in found for entry in (row if isinstance(row, list) else [row])]
    if len(flat) != prod(shape):
        raise SpecError(f"{where} has {len(flat)} entries, but {prod(shape)} are needed.")
    return _nested(flat, shape)


def _nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    step = len(flat) // shape[0]
    return [_nested(flat[at : at + step], shape[1:]) for at in range(0, len(flat), step)]


def _read(where: str, given: Any) -> Any:
    """Numbers, or names of symbols, in nested lists; of text its rows, or its only row."""
    if isinstance(given, list):
        return [_read(where, part) if isinstance(part, list) else _entry(where, part) for part in given]
    if not isinstance(given, str):
        raise SpecError(f"{where} is {_as_toml(given)!r}: write a list, such as [1, 2, 3].")
    rows = [[_entry(where, text.strip()) for text in row.split(",")] for row in given.split(";")]
    return rows[0] if len(rows) == 1 else rows


def _entry(where: str, given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise SpecError(f"{where} holds {_as_toml(given)!r}: write numbers, or names of symbols in quotes.")
    try:
        return given if isinstance(given, int) else entry_of(str(given))
    except click.BadParameter as error:
        raise SpecError(f"{where}: {error.message}") from None


def _shape(given: Any) -> tuple[int, ...]:
    """The shape of nested lists, by the first of each."""
    return (len(given), *_shape(given[0])) if isinstance(given, list) and given else ()
