"""Courses: a spec file names notes and exercises; only what changed is built, stale files are listed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

from symconv import __version__
from symconv.cli.tables import SpecError, arguments_of, letters_of, read_toml, require_known, tables_of
from symconv.errors import SymconvError
from symconv.evidence.tasks import ExecutorError, accepted, broken, result

#: Wraps an iterator of a known length in a context that yields it, as a progress bar does.
Progress: TypeAlias = Callable[[Iterable[Any], int], AbstractContextManager[Iterable[Any]]]

#: Makes the files of one document from its command, its path within the course and the command's arguments.
Maker: TypeAlias = Callable[[str, str, Sequence[str]], dict[str, bytes]]

#: A document, and its files or what went wrong.
_Made: TypeAlias = "tuple[Entry, dict[str, bytes] | str]"

#: Writes files, by name, to a folder.
Writer: TypeAlias = Callable[[Path, dict[str, bytes]], None]

#: The libraries whose version shows in a file, by its suffix, besides those that show in every file.
LIBRARIES = {".pdf": ("typst",)}


@dataclass(frozen=True)
class Kind:
    """What the tables of one kind may hold: the options of its command, which are flags, which suffixes."""

    names: tuple[str, ...]
    flags: tuple[str, ...]
    suffixes: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One document of a course: its command, its file, and the arguments that the command would take."""

    command: str
    file: str
    arguments: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Of everything that the document depends on: what is asked for, and the code that makes it."""
        made = made_by(*LIBRARIES.get(Path(self.file).suffix, ()))
        asked = json.dumps([self.command, self.file, *self.arguments, made])
        return hashlib.sha256(asked.encode()).hexdigest()


@dataclass(frozen=True)
class Course:
    """The documents that a spec file names."""

    spec: Path
    entries: tuple[Entry, ...]

    @property
    def manifest(self) -> str:
        """Where the digests of what was built are kept, beside the spec file, which may have neighbours."""
        return f".{self.spec.name}.symconv.json"

    @classmethod
    def read(cls, spec: Path, kinds: Mapping[str, Kind]) -> Course:
        """Read and check a spec file.

        ``[[notes]]`` and ``[[exercises]]`` tables have a ``file`` and any options of the command of their
        name, flags being true or false; ``[defaults]`` holds what all tables share that take it.
        ``[notation]`` holds the letters of the whole course, and the ``notation`` of a table is the name of
        a preset, or a table of letters of its own.

        Raises
        ------
        SpecError
            When the file cannot be read, a key is unknown, a value is of the wrong kind, or a file's name
            leads out of the folder, has an unknown suffix, is there twice, or is the spec file's own.
        """
        held = read_toml(spec)
        require_known(spec.name, held, ["defaults", "notation", *kinds])
        defaults = held.get("defaults", {})
        if not isinstance(defaults, dict):
            raise SpecError(f"{spec.name}: defaults is {defaults!r}: write a [defaults] table.")
        every = dict.fromkeys(name for kind in kinds.values() for name in kind.names)
        require_known(f"{spec.name}, defaults", defaults, ["file", *every])
        if not any(held.get(command) for command in kinds):
            none, tables = " and no ".join(kinds), " or ".join(f"[[{command}]]" for command in kinds)
            raise SpecError(f"{spec.name} lists no {none}: write a {tables} table for each document.")
        entries: list[Entry] = []
        taken = {os.path.realpath(spec): "the spec file itself"}
        for command, kind in kinds.items():
            shared = {name: value for name, value in defaults.items() if name in ("file", *kind.names)}
            for number, table in enumerate(tables_of(spec.name, command, held.get(command, [])), 1):
                where = f"{spec.name}, {command} {number}"
                options = {**shared, **table}
                require_known(where, options, ["file", *kind.names])
                written = [held.get("notation"), defaults.get("notation"), table.get("notation")]
                letters = letters_of(where, written, options)
                file = _checked_file(where, spec.parent, options.pop("file", None), kind.suffixes)
                place = os.path.realpath(spec.parent / file)
                if place in taken:
                    sentence = f"{where}: the file {file!r} is already {taken[place]}"
                    raise SpecError(f"{sentence}: give each document its own file.")
                taken[place] = f"the file of {command} {number}"
                entries.append(Entry(command, file, (*arguments_of(where, options, kind.flags), *letters)))
        return cls(spec, tuple(entries))

    def stale(self) -> list[Entry]:
        """The documents that are not there, were changed by hand, or would come out otherwise now."""
        built, stale = self._built(), []
        for entry in self.entries:
            known, folder = built.get(entry.file, {"holds": {}}), (self.spec.parent / entry.file).parent
            changed = any(_digest_of(folder / name) != digest for name, digest in known["holds"].items())
            stale += [entry] if changed or known.get("from") != entry.digest else []
        return stale

    def build(
        self, wanted: Sequence[Entry], make: Maker, write: Writer, progress: Progress,
        executor: Executor | None = None,
    ) -> list[str]:  # fmt: skip
        """Build documents, each as soon as a process is free; give what went wrong, a line a document.

        What is built is recorded whatever stops the others. Without an executor, this machine builds.
        """
        wrong, before = dict[str, str](), self._built()
        built = {e.file: before[e.file] for e in self.entries if e.file in before}
        try:
            with closing(_made(wanted, make, progress, executor)) as done:
                for entry, made in done:
                    try:
                        if isinstance(made, str):
                            raise SpecError(made)
                        self._put(entry, made, write, built)
                    except SymconvError as error:
                        wrong[entry.file] = f"{entry.file}: {error}"
        finally:
            if built != before:
                text = json.dumps(built, indent=1, sort_keys=True) + "\n"
                write(self.spec.parent, {self.manifest: text.encode()})
        return [wrong[entry.file] for entry in wanted if entry.file in wrong]

    def _put(self, entry: Entry, made: dict[str, bytes], write: Writer, built: dict[str, Any]) -> None:
        """Write a document's files; pictures that it no longer has go, unless they were changed by hand."""
        folder = (self.spec.parent / entry.file).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SpecError(f"cannot make the folder {Path(entry.file).parent}: {error.strerror}.") from None
        write(folder, made)
        old = built.get(entry.file, {"holds": {}})["holds"]
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in made.items()}
        built[entry.file] = {"from": entry.digest, "holds": digests}
        for name in old.keys() - made.keys():
            if name.endswith(".svg") and _digest_of(folder / name) == old[name]:
                with suppress(OSError):
                    (folder / name).unlink()

    def _built(self) -> dict[str, Any]:
        """What was built last, by document; nothing where that is not known."""
        try:
            held = json.loads((self.spec.parent / self.manifest).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        records = held if isinstance(held, dict) else {}
        return {file: known for file, known in records.items() if _is_record(file, known)}


def _is_record(file: str, known: Any) -> bool:
    """Whether this says of which files a document consists: itself, and others in the same folder."""
    match known:
        case {"holds": dict(digests)}:
            bare = all(name == Path(name).name and isinstance(d, str) for name, d in digests.items())
            return bare and Path(file).name in digests
    return False


def _made(
    entries: Sequence[Entry], make: Maker, progress: Progress, executor: Executor | None
) -> Generator[_Made, None, None]:
    """Each document's files, or the error that there was, in the order in which they are done."""
    given = None if executor is None else accepted(executor)
    if given is not None and entries:
        yield from _by(given, entries, make, progress)
    elif entries:
        pool = ProcessPoolExecutor(min(len(entries), os.cpu_count() or 1), get_context("spawn"))
        try:
            yield from _by(pool, entries, make, progress)
        finally:
            pool.shutdown(cancel_futures=True)


def _by(
    executor: Executor, entries: Sequence[Entry], make: Maker, progress: Progress
) -> Generator[_Made, None, None]:
    running: dict[Future[Any], Entry] = {}
    try:
        for entry in entries:
            try:
                running[executor.submit(_one, make, entry)] = entry
            except RuntimeError as error:
                raise broken(error) from error
        with progress(as_completed(running), len(entries)) as done:
            for future in done:
                try:
                    found = result(future)
                except ExecutorError as error:
                    found = str(error)
                yield running[future], found
    finally:
        for future in running:
            future.cancel()


def _one(make: Maker, entry: Entry) -> dict[str, bytes] | str:
    try:
        return make(entry.command, entry.file, entry.arguments)
    except SymconvError as error:
        return str(error)


def _checked_file(where: str, folder: Path, file: Any, suffixes: Sequence[str]) -> str:
    """A file name that stays within the folder of the spec file."""
    if not isinstance(file, str) or not file or not file.isprintable():
        raise SpecError(f"{where}: file is {file!r}: write the name of a file, such as 'conv.tex'.")
    if Path(file).suffix not in suffixes:
        sentence, suffix = "{where}: {file!r} ends in {given!r}: {cure}", Path(file).suffix
        raise SpecError(sentence, where=where, file=file, given=suffix, allowed=suffixes)
    inside = os.path.realpath(folder)
    if Path(file).is_absolute() or not Path(os.path.realpath(folder / file)).is_relative_to(inside):
        outside = "lies outside the folder of the spec file: write a path inside it."
        raise SpecError(f"{where}: {file!r} {outside}")
    return str(Path(file))


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except (OSError, ValueError):
        return ""


def own_files() -> dict[str, Path]:
    """The package's code and shells, by their names in the package."""
    root = Path(__file__).parents[1]
    found = sorted(path for path in root.rglob("*") if path.suffix in (".py", ".tex", ".html", ".typ"))
    return {path.relative_to(root).as_posix(): path for path in found}


@cache
def made_by(*libraries: str) -> str:
    """The digest of the code that makes things: the package's own files, and versions of libraries."""
    whole = hashlib.sha256(__version__.encode())
    for name, path in own_files().items():
        whole.update(name.encode() + path.read_bytes())
    for name in ("sympy", "latexify-py", *libraries):
        try:
            whole.update(f"{name} {version(name)}".encode())
        except PackageNotFoundError:
            whole.update(name.encode())
    return whole.hexdigest()
