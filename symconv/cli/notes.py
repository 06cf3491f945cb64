"""The ``symconv notes`` command: the notes of one layer, or all notes and exercises of a spec file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from symconv.cli.command import Command, listed
from symconv.cli.exercises import deliver, exercises, sheet_files
from symconv.cli.options import document_arguments, document_options, format_option, geometry, layer_of
from symconv.cli.refusals import REFUSALS, refusal
from symconv.cli.terminal import complain, progress, remark
from symconv.printing.english import counted
from symconv.printing.names import Depth, SectionName
from symconv.printing.options import options_checked

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from symconv.cli.course import Course, Kind

#: The options that say which files there are.
_OF_FILES = ("spec", "check", "file", "form", "quiet")

_SPEC, _SUFFIXES = (
    "A TOML file that lists notes and sheets of exercises",
    ".tex .pdf .typ .md .html .ipynb .rst .txt",
)

_SECTIONS = (
    "numbers, matrix, why, size, learning, checks, and in the appendix derivations, windows, dense, "
    "algorithms, proofs, letters"
)
_BY_DEPTH = "By default those of the depth."


@click.command(cls=Command)
@geometry()
@click.option(
    "--depth",
    metavar="DEPTH",
    shell_complete=listed(lambda: get_args(Depth)),
    default="standard",
    show_default=True,
    help="Length: page (one page), standard (two or three), or full (with an appendix).",
)
@click.option("--title", help="Title of the notes. By default a short description of the layer.")
@click.option("--activation", metavar="NAME", help="The activation that follows the layer.")
@click.option(
    "--sections",
    shell_complete=listed(lambda: get_args(SectionName)),
    help=f"Sections in order, separated by commas: {_SECTIONS}. {_BY_DEPTH}",
)
@click.option("--slides", is_flag=True, help="Slides that reveal the calculation step by step (.tex, .pdf).")
@click.option("--handout", is_flag=True, help="With --slides: one page a frame, everything shown.")
@document_options
@click.option(
    "-o",
    "--output",
    "file",
    metavar="FILE",
    help=f"The suffix chooses the format: {_SUFFIXES}; - is standard output.",
)
@format_option("notes")
@click.option("--spec", metavar="FILE", help=f"{_SPEC}; those that changed are built.")
@click.option("--check", is_flag=True, help="With --spec: build nothing; exit code 1 if a file is stale.")
@click.pass_context
def notes(
    ctx: click.Context, /, spec: str | None, check: bool, file: str | None, form: str | None, **options: Any
) -> None:  # fmt: skip
    """Write lecture notes on a layer: its numbers, its matrix, why it is so, how it learns, how we know.

    \b
    Examples:
      symconv notes -x 1,2,3,4 -w 5,6,7 --padding full --flip -o notes.pdf
      symconv notes --spec course.toml
    """
    if spec is not None:
        for param in ctx.command.params:
            source = ctx.get_parameter_source(str(param.name))
            if source is ParameterSource.COMMANDLINE and param.name not in ("spec", "check", "quiet"):
                raise click.UsageError(f"--spec reads all options from the file: leave out {param.opts[0]}.")
        if not spec:
            raise click.UsageError("--spec is empty: give the name of a TOML file.")
        _course(ctx, Path(spec), check)
        return
    if check:
        raise click.UsageError("--check needs --spec FILE.")
    if file is None:
        raise click.UsageError("no file is named: give -o FILE, or --spec FILE for several documents.")
    deliver(file, form, "notes", partial(_files, options=options))


def _files(name: str, options: dict[str, Any]) -> dict[str, bytes]:
    """The files of one document."""
    from symconv.notes import rendered

    own = ("sections", "title", "activation", "depth")
    sections, title, activation, depth = (options.pop(name) for name in own)
    given = document_arguments(options, "slides", "handout")
    layer, named = layer_of(**options), None if sections is None else [s.strip() for s in sections.split(",")]
    document = layer.notes(depth=depth, title=title, sections=named, activation=activation)
    return rendered(document, name, **given)


#: The documents that a spec file names: the command of each kind, and what makes its files from options.
_COMMANDS = {"notes": (notes, _files), "exercises": (exercises, sheet_files)}


def document_files(command: str, name: str, arguments: Sequence[str]) -> dict[str, bytes]:
    """The files of a document by the arguments that its command would take, for a process of its own.

    Raises
    ------
    SymconvError
        With the line that the command would print.
    """
    from symconv.cli.tables import SpecError

    taken, files = _COMMANDS[command]
    try:
        with taken.make_context(command, list(arguments)) as context:
            return files(name, {key: context.params[key] for key in context.params if key not in _OF_FILES})
    except REFUSALS as error:
        raise SpecError(refusal(error)) from None


def _kind(command: click.Command, suffixes: Iterable[str]) -> Kind:
    """What a table may hold that stands for a command."""
    from symconv.cli.course import Kind

    own = [param for param in command.params if isinstance(param, click.Option)]
    names = {max(param.opts, key=len).lstrip("-"): param for param in own if param.name not in _OF_FILES}
    flags = tuple(name for name, param in names.items() if param.is_flag)
    return Kind(tuple(names), flags, tuple(suffixes))


@dataclass(frozen=True, repr=False)
class Built:
    """What came of building a course; true if nothing went wrong.

    Attributes
    ----------
    built : int
        How many documents were built.
    documents : int
        How many there are.
    up_to_date : int
        How many there was no need to build.
    wrong : tuple of str
        What went wrong, a line a document.
    """

    built: int
    documents: int
    up_to_date: int
    wrong: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not self.wrong

    def __str__(self) -> str:
        whole = f"{self.built} of {counted(self.documents, 'document')} built, {self.up_to_date} up to date"
        return "\n".join([*self.wrong, whole])

    __repr__ = __str__


@options_checked
def build_course(
    spec: str | Path, *, executor: Executor | None = None, progress: Callable[..., Any] | None = None
) -> Built:
    """Build the documents of a spec file that are not up to date, as ``symconv notes --spec`` does.

    Parameters
    ----------
    spec : str or path
        A TOML file: see :doc:`/courses`.
    executor : concurrent.futures.Executor, optional
        Builds documents; they are written here. By default as many processes as there are processors.
    progress : function, optional
        Takes an iterator of documents and their number, and returns a context manager that yields them one by
        one, such as a bar. By default nothing is shown.

    Returns
    -------
    Built
        How many documents were built, and what went wrong.

    Raises
    ------
    SymconvError
        If the spec file cannot be read, or asks for what cannot be.

    Examples
    --------
    >>> import symconv as sc
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
    ...     spec = Path(folder, "course.toml")
    ...     text = '[[exercises]]\\nfile = "sheet.md"\\nx = "1,2,3"\\nw = "1,1"\\ncount = 2'
    ...     spec.write_text(text) and sc.build_course(spec, executor=pool)
    1 of 1 document built, 0 up to date
    """
    from symconv.notes import write

    course = _read(Path(spec))
    stale, whole = course.stale(), len(course.entries)
    wrong = course.build(stale, document_files, write, progress or _unseen, executor)
    return Built(len(stale) - len(wrong), whole, whole - len(stale), tuple(wrong))


def _read(spec: Path) -> Course:
    from symconv.cli.course import Course
    from symconv.notes import FORMATS

    kinds = {"notes": _kind(notes, FORMATS), "exercises": _kind(exercises, (*FORMATS, ".xml"))}
    return Course.read(spec, kinds)


def _course(ctx: click.Context, spec: Path, check: bool) -> None:
    if check:
        course = _read(spec)
        stale, whole = course.stale(), len(course.entries)
        for entry in stale:
            click.echo(f"stale: {entry.file}")
        if stale:
            ctx.exit(1)
        click.echo(f"all {whole} documents are up to date" if whole > 1 else "the document is up to date")
        return
    done = build_course(spec, progress=progress)
    for line in done.wrong:
        complain(line)
    remark(str(done).splitlines()[-1])
    if not done:
        ctx.exit(2)


@contextmanager
def _unseen(work: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
    yield work
