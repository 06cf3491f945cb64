"""What commands show beside their output: progress, remarks and complaints; and standard output as a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic
from typing import Any, TextIO

import click

#: What ``-o`` names standard output by, and an argument standard input.
STREAM = "-"

#: Where the context of a command keeps whether progress and remarks are left out.
QUIET = "symconv.quiet"

#: After so many seconds a command says that it is still at work.
PATIENCE = 2.0


@contextmanager
def progress(
    work: Iterable[Any], length: int | None = None, label: str = "building"
) -> Iterator[Iterable[Any]]:
    """A bar on a terminal, nothing when piped."""
    if not _lively():
        yield work
        return
    with click.progressbar(work, length=length, label=label, file=sys.stderr) as bar:
        yield bar


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """A line on a terminal that counts the seconds of what takes long, and goes when it is done."""
    if not _lively():
        yield
        return
    done, begun, widest = Event(), monotonic(), [0]

    def tell() -> None:
        pause = PATIENCE
        while not done.wait(pause):
            line, pause = f"{label}: {monotonic() - begun:.0f} s", min(PATIENCE, 1.0)
            widest[0] = max(widest[0], len(line))
            click.echo(f"\r{line}", nl=False, err=True)

    teller = Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        if widest[0]:
            click.echo(f"\r{' ' * widest[0]}\r", nl=False, err=True)


def remark(text: str) -> None:
    """What is said when all is done, unless it is to be quiet."""
    if not _quiet():
        click.echo(text)


def complain(message: str) -> None:
    """One line on standard error, in colour on a terminal that has some, unless NO_COLOR is set."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    name = click.style("symconv:", fg="red", bold=True)
    with suppress(OSError):  # where standard error takes nothing, the exit code says it
        click.echo(f"{name} {message}", err=True, color=False if plain else None)


def print_files(files: Mapping[str, bytes]) -> None:
    """The one file of a document, on standard output.

    Raises
    ------
    UsageError
        If there are pictures beside it, or it is no text and standard output is a terminal.
    """
    (name, content), *pictures = files.items()
    suffix = os.path.splitext(name)[1]
    if pictures:
        raise click.UsageError(
            f"the pictures of {suffix} are files beside it: give -o FILE, or --format html."
        )
    if suffix == ".pdf" and is_terminal(sys.stdout):
        raise click.UsageError("a terminal cannot show a .pdf: give -o FILE, or pipe it into a program.")
    click.echo(content if suffix == ".pdf" else content.decode(), nl=False)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; Python has none for a stream that is closed."""
    return stream is not None and stream.isatty()


def _quiet() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


def _lively() -> bool:
    """Whether standard error is a terminal on which a line can change, and nobody asked for quiet."""
    return is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb" and not _quiet()
