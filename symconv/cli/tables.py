"""The tables of a spec file in TOML: what they may hold, and what the command line would take for it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from symconv.errors import SymconvError
from symconv.printing.notation import LETTERS


class SpecError(SymconvError):
    """A spec file that cannot be read, or asks for what cannot be."""


def read_toml(spec: Path) -> dict[str, Any]:
    """What a spec file holds."""
    return parsed_toml(text_of(spec), spec.name)


def text_of(spec: Path) -> str:
    """The text of a spec file."""
    try:
        return spec.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(f"{spec.name} is not valid TOML: {error}.") from None
    except (OSError, ValueError) as error:
        raise SpecError(f"cannot read {spec}: {getattr(error, 'strerror', None) or error}.") from None


def parsed_toml(text: str, name: str) -> dict[str, Any]:
    """What the text of a spec holds; errors bear its name."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name} is not valid TOML: {error}.") from None
    except RecursionError:
        raise SpecError(f"{name} has lists nested too deeply: write plain tables.") from None


def tables_of(spec: str, command: str, tables: Any, each: str = "document") -> list[dict[str, Any]]:
    """The tables of one kind, one for each document or whatever else there is of it."""
    cure = f"write a [[{command}]] table for each {each}."
    if not isinstance(tables, list):
        raise SpecError(f"{spec}: {command} is {tables!r}: {cure}")
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            raise SpecError(f"{spec}, {command} {number} is {table!r}: {cure}")
    return tables


def require_known(where: str, held: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse a key that is none of some names."""
    for name in held:
        if name not in names:
            raise SpecError(
                "{where}: unknown key {given!r}: {cure}", where=where, given=name, allowed=tuple(names)
            )


def arguments_of(where: str, options: Mapping[str, Any], flags: Sequence[str]) -> Iterator[str]:
    """What the command line would say for the options of a table."""
    for name, value in sorted(options.items()):
        dashed = f"-{name}" if len(name) == 1 else f"--{name}"
        if name in flags:
            if not isinstance(value, bool):
                raise SpecError(f"{where}: {name} is {value!r}: write true or false.")
            if value:
                yield dashed
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            cure = "write text or a number, as on the command line."
            raise SpecError(f"{where}: {name} is {value!r}: {cure}")
        else:
            yield from (dashed, str(value))


#: The options of the command for what a table of letters may hold besides letters.
_BESIDE_LETTERS = {
    "preset": "notation", "base": "index-base", "upstream-style": "upstream-style",
    "tap-colours": "tap-colours", "max-rows": "max-rows",
}  # fmt: skip


def letters_of(where: str, written: Sequence[Any], options: dict[str, Any]) -> list[str]:
    """Take the notations of a course and of a document together: options, and arguments for the letters."""
    letters: dict[str, Any] = {}
    options.pop("notation", None)
    for given in written:
        if given is not None and not isinstance(given, str | dict):
            cure = "write the name of a preset, or a [notation] table."
            raise SpecError(f"{where}: notation is {given!r}: {cure}")
        table = {"preset": given} if isinstance(given, str) else given or {}
        dashed = {name.replace("_", "-"): value for name, value in table.items()}
        every = [*_BESIDE_LETTERS, *(name.replace("_", "-") for name in LETTERS)]
        require_known(f"{where}, notation", dashed, every)
        for name, value in dashed.items():
            if name in _BESIDE_LETTERS:
                options[_BESIDE_LETTERS[name]] = value
            elif not isinstance(value, str):
                raise SpecError(f"{where}: the letter of {name} is {value!r}: write it as text.")
            else:
                letters[name] = value
    return [part for name, letter in sorted(letters.items()) for part in ("--letter", f"{name}={letter}")]
