"""Courses: a spec file names many notes; only what changed is built, in parallel, and staleness is told."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

from symconv import __version__
from symconv.errors import SymconvError, did_you_mean

#: Where the digests of what was built are kept, beside the spec file.
MANIFEST = ".symconv-notes.json"

#: Wraps an iterator of a known length in a context that yields it, as a progress bar does.
Progress: TypeAlias = Callable[[Iterable[Any], int], AbstractContextManager[Iterable[Any]]]

#: Makes the files of one document from its file name and the command line's arguments.
Maker: TypeAlias = Callable[[str, Sequence[str]], dict[str, bytes]]


#: Writes files, by name, to a folder.
Writer: TypeAlias = Callable[[Path, dict[str, bytes]], None]


class SpecError(SymconvError):
    """A spec file that cannot be read, or asks for what cannot be."""


@dataclass(frozen=True)
class Entry:
    """One document of a course: its file, and the arguments that the command would take for it."""

    file: str
    arguments: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of everything that the document depends on: what is asked for, and the package's own files."""
        asked = json.dumps([self.file, *self.arguments, __version__, _package()])
        return hashlib.sha256(asked.encode()).hexdigest()


@dataclass(frozen=True)
class Course:
    """The documents that a spec file names."""

    folder: Path
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, spec: Path, names: Sequence[str], flags: Sequence[str], suffixes: Sequence[str]) -> Course:
        """Read and check a spec file.

        ``[[notes]]`` tables have a ``file`` and any of the options ``names``, those in ``flags`` true or
        false; ``[defaults]`` holds what all tables share.

        Raises
        ------
        SpecError
            When the file cannot be read, a key is unknown, a value is of the wrong kind, or a file's name
            leads out of the folder, has an unknown suffix, or is there twice.
        """
        try:
            with spec.open("rb") as stream:
                held = tomllib.load(stream)
        except OSError as error:
            raise SpecError(f"cannot read {spec}: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SpecError(f"{spec.name} is no TOML: {error}.") from None
        _known(spec.name, held, ["defaults", "notes"])
        defaults, tables = held.get("defaults", {}), held.get("notes", [])
        if not isinstance(defaults, dict) or not isinstance(tables, list) or not tables:
            raise SpecError(f"{spec.name} holds no notes: write a [[notes]] table for each document.")
        entries: list[Entry] = []
        for number, table in enumerate(tables, 1):
            where = f"{spec.name}, notes {number}"
            if not isinstance(table, dict):
                raise SpecError(f"{where} is {table!r}: write a [[notes]] table.")
            options = {**defaults, **table}
            _known(where, options, ["file", *names])
            file = _checked_file(where, spec.parent, options.pop("file", None), suffixes)
            if file in [entry.file for entry in entries]:
                raise SpecError(f"{where}: the file {file!r} is there twice.")
            entries.append(Entry(file, tuple(_arguments(where, options, flags))))
        return cls(spec.parent, tuple(entries))

    def stale(self) -> list[Entry]:
        """The documents that are not there, were changed by hand, or would come out otherwise now."""
        manifest = self._manifest()
        return [entry for entry in self.entries if not self._current(entry, manifest.get(entry.file))]

    def _current(self, entry: Entry, known: Any) -> bool:
        if not isinstance(known, dict) or known.get("from") != entry.digest:
            return False
        return all(
            _digest_of(self.folder / name) == digest for name, digest in known.get("holds", {}).items()
        )

    def build(self, make: Maker, write: Writer, progress: Progress) -> list[str]:
        """Build what is stale, each as soon as a process is free; give what went wrong, a line a document."""
        wanted, manifest, wrong = self.stale(), self._manifest(), []
        manifest = {e.file: manifest[e.file] for e in self.entries if e.file in manifest}
        for entry, made in _made(wanted, make, progress):
            if isinstance(made, str):
                wrong.append(f"{entry.file}: {made}")
                continue
            (self.folder / entry.file).parent.mkdir(parents=True, exist_ok=True)
            write((self.folder / entry.file).parent, made)
            inside = Path(entry.file).parent
            holds = {str(inside / name): hashlib.sha256(data).hexdigest() for name, data in made.items()}
            manifest[entry.file] = {"from": entry.digest, "holds": holds}
        text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
        write(self.folder, {MANIFEST: text.encode()})
        return wrong

    def _manifest(self) -> dict[str, Any]:
        """What was built last; nothing where that is not known."""
        try:
            held = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}


def _made(
    entries: Sequence[Entry], make: Maker, progress: Progress
) -> Iterator[tuple[Entry, dict[str, bytes] | str]]:
    """Each document's files, or the error that there was, in the order in which they are done."""
    if not entries:
        return
    with ProcessPoolExecutor(min(len(entries), os.cpu_count() or 1), get_context("spawn")) as pool:
        running = {pool.submit(_one, make, entry): entry for entry in entries}
        with progress(as_completed(running), len(entries)) as done:
            for future in done:
                yield running[future], future.result()


def _one(make: Maker, entry: Entry) -> dict[str, bytes] | str:
    try:
        return make(Path(entry.file).name, entry.arguments)
    except SymconvError as error:
        return str(error)


def _known(where: str, held: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in held:
        if name not in names:
            raise SpecError(f"{where} has no key {name!r}: {did_you_mean(name, names)}")


def _checked_file(where: str, folder: Path, file: Any, suffixes: Sequence[str]) -> str:
    """A file name that stays within the folder of the spec file."""
    if not isinstance(file, str) or not file or not file.isprintable():
        raise SpecError(f"{where}: file is {file!r}: write the name of a file, such as 'conv.tex'.")
    if Path(file).suffix not in suffixes:
        raise SpecError(f"{where}: {file!r} has no format: {did_you_mean(Path(file).suffix, suffixes)}")
    inside = folder.resolve()
    if Path(file).is_absolute() or not (inside / file).resolve().is_relative_to(inside):
        raise SpecError(
            f"{where}: {file!r} lies outside the folder of the spec file: write a path within it."
        )
    return str(Path(file))


def _arguments(where: str, options: Mapping[str, Any], flags: Sequence[str]) -> Iterator[str]:
    """What the command line would say for the options of a table."""
    for name, value in sorted(options.items()):
        dashed = f"-{name}" if len(name) == 1 else f"--{name}"
        if name in flags:
            if not isinstance(value, bool):
                raise SpecError(f"{where}: {name} is {value!r}: write true or false.")
            if value:
                yield dashed
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            raise SpecError(
                f"{where}: {name} is {value!r}: write it as on the command line, as text or a number."
            )
        else:
            yield from (dashed, str(value))


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


@cache
def _package() -> str:
    """The digest of the package's own files, so that notes made by other code are stale."""
    whole, root = hashlib.sha256(), Path(__file__).parent
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".py", ".tex", ".html")):
        whole.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return whole.hexdigest()
