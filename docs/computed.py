"""What the pages show and nobody types: examples, commands with what they print, and tables.

``python docs/computed.py PAGE...`` writes what examples and commands give now into the pages.
"""

from __future__ import annotations

import io
import re
import shlex
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from doctest import NORMALIZE_WHITESPACE, DocTestParser, DocTestRunner, Example
from pathlib import Path
from typing import Any

import click

import symconv
from symconv.cli.commands import cli, run
from symconv.derivation.rules.rule import Rule
from symconv.index_sums import parser
from symconv.notes.markdown import escaped
from symconv.printing.latex import Latex

#: How letters are written.
_LETTERS = Latex()

#: What a page shows and what is printed in its place now, with the line and what is wrong.
Complaint = tuple[int, str]


class Examples(DocTestRunner):
    """Runs the examples of a page; what each of them gives stands in ``given``, by its line."""

    def __init__(self) -> None:
        super().__init__(verbose=False, optionflags=NORMALIZE_WHITESPACE)
        self.given: dict[int, str] = {}
        self.complaints: list[Complaint] = []
        self.missing = False  # whether a library that the page shows is not installed

    def report_success(self, out: Any, test: Any, example: Example, got: str) -> None:
        self.given[example.lineno] = got

    def report_failure(self, out: Any, test: Any, example: Example, got: str) -> None:
        self.given[example.lineno] = got
        self._complain(example, f"gives {got!r}, and not {example.want!r}")

    def report_unexpected_exception(self, out: Any, test: Any, example: Example, exc_info: Any) -> None:
        self.missing |= isinstance(exc_info[1], ModuleNotFoundError)
        self._complain(example, f"raises {exc_info[1]!r}")

    def _complain(self, example: Example, what: str) -> None:
        self.complaints.append((example.lineno + 1, f"{example.source!r} {what}"))


def with_examples(source: str) -> tuple[str, list[Complaint]]:
    """A page with what its examples give now, and where that differs from what it says.

    A page about a library that is not installed stays as it is.
    """
    test = DocTestParser().get_doctest(source, {}, "page", None, 0)
    runner = Examples()
    runner.run(test, clear_globs=False)
    if runner.missing:
        return source, []
    lines = source.split("\n")
    for example in reversed(test.examples):
        if example.exc_msg is None and example.lineno in runner.given:
            first = example.lineno + example.source.count("\n")
            given = runner.given[example.lineno].splitlines()
            lines[first : first + example.want.count("\n")] = [line or "<BLANKLINE>" for line in given]
    return "\n".join(lines), runner.complaints


@dataclass(frozen=True)
class Command:
    """One command of a ``console`` block: its line in the page, its words, and what it is said to print."""

    line: int
    words: list[str]
    printed: list[str]

    @property
    def writes(self) -> bool:
        """Whether it leaves a file, for which a page that is built has no place."""
        return not {"-o", "--output", "--spec"}.isdisjoint(self.words) or self.words[0] != "symconv"


#: A file that a page tells the reader to write: its name and its lines are the second and the third group.
FILE = re.compile(r"^(`{3,})\{code-block\} \w+\n:caption: ([^\n]+)\n\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


def commands(source: str) -> Iterator[Command]:
    """The commands of the ``console`` blocks of a page; a backslash at the end of a line continues it."""
    for block in re.finditer(r"^```console\n(.*?)^```$", source, re.DOTALL | re.MULTILINE):
        number = source[: block.start(1)].count("\n")
        lines = block[1].splitlines()
        starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
        for at, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            last = at
            while lines[last].endswith("\\"):
                last += 1
            text = " ".join(line.removesuffix("\\") for line in lines[at : last + 1])
            words = shlex.split(text.removeprefix("$ "))
            yield Command(number + last + 1, words, lines[last + 1 : end])


def outcome(command: Command) -> tuple[int, list[str]]:
    """The exit code of a ``symconv`` command, and the lines that it prints on either stream."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = run(command.words[1:])
    return code, out.getvalue().splitlines()


def with_commands(source: str) -> tuple[str, list[Complaint]]:
    """A page with what its commands print now, except those that write files."""
    lines, complaints = source.split("\n"), list[Complaint]()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for file in FILE.finditer(source):
            Path(file[2]).write_text(file[3], encoding="utf-8")
        for command in reversed(list(commands(source))):
            if command.writes:
                continue
            _, given = outcome(command)
            if given != command.printed:
                complaints.append((command.line, f"{shlex.join(command.words)} prints {given}"))
                lines[command.line : command.line + len(command.printed)] = given
    return "\n".join(lines), complaints


# Tables, in MyST.


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


#: A row of the table of presets, and the fields of a notation that stand in it.
_ROWS = {
    "input": ["input"],
    "kernel": ["kernel"],
    "output": ["output"],
    "sizes of input, kernel, output": ["input_size", "kernel_size", "output_size"],
    "stride, dilation, padding": ["stride", "dilation", "padding"],
    "indices of output, tap, input": ["output_index", "tap_index", "input_index"],
    "loss": ["loss"],
    "matrix": ["matrix"],
    "windows": ["windows"],
}


def presets() -> str:
    """Every preset in a column: its letters, its first index, and which way the windows lie."""
    columns = []
    for name, notation in _presets():
        letters = [
            f"${', '.join(_LETTERS.letter(getattr(notation, field)) for field in fields)}$"
            for fields in _ROWS.values()
        ]
        windows = "columns" if notation.window_columns else "rows"
        columns.append([f"`{name}`", *letters, f"${_upstream(notation)}$", str(notation.base), windows])
    names = ["", *_ROWS, "upstream gradient", "first index", "windows lie in"]
    head, *rows = (list(row) for row in zip(names, *columns, strict=True))
    return _table(head, rows)


def _upstream(notation: Any) -> str:
    if notation.upstream_style == "delta":
        return _LETTERS.letter(notation.upstream)
    loss, output = map(_LETTERS.letter, (notation.loss, notation.output))
    return f"\\partial {loss} / \\partial {output}"


def preset_formulas() -> str:
    """The same strided layer in every preset."""
    rows = []
    for name, notation in _presets():
        sizes = (notation.input_size, notation.kernel_size)
        layer = symconv.Conv1d(*sizes, stride=notation.stride, notation=notation)
        shown = [
            _first_line(layer.formula(quantity)) for quantity in ("output_size", "output", "grad_kernel")
        ]
        rows.append([f"`{name}`", *shown])
    return _table(["preset", "output size", "output", "kernel gradient"], rows)


def _first_line(formula: Any) -> str:
    """A closed form in a line, without its definitions and ranges."""
    body = formula.latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
    return f"$\\displaystyle {body.split(chr(92) * 2)[0].replace('&', '').strip()}$"


def preset_sources() -> str:
    """The text that each preset follows."""
    return "\n".join(f"- `{name}`: {notation.source}" for name, notation in _presets())


def _presets() -> list[tuple[str, Any]]:
    return [(name, symconv.Notation.preset(name)) for name in symconv.Notation.preset_names()]


def rules() -> str:
    """Every rule of a derivation, and why it holds."""
    found: list[Any] = []
    for rule in Rule.__subclasses__():
        if rule.name not in [other.name for other in found]:
            found.append(rule)
    return _table(["rule", "why it holds"], [[rule.name, escaped(rule.reason)] for rule in found])


def options() -> str:
    """The options of the command line, once each, by the commands that take them."""
    takers: dict[tuple[str, str], list[str]] = {}
    for name, command in cli.commands.items():
        for param in command.params:
            if isinstance(param, click.Option):
                record = param.get_help_record(click.Context(command)) or ("", "")
                way, told = " ".join(f"`{word}`" for word in record[0].split(" ")), _with_code(record[1])
                takers.setdefault((way, told), []).append(name)
    groups: dict[tuple[str, ...], list[list[str]]] = {}
    for (way, told), names in takers.items():
        groups.setdefault(tuple(names), []).append([way.replace(",` ", "`, "), told])
    order = sorted(groups, key=lambda names: -len(names))
    parts = [f"**{english(names)}**\n\n{_table(['option', 'meaning'], groups[names])}" for names in order]
    return "````{container} options\n" + "\n\n".join(parts) + "\n````"


def _with_code(told: str) -> str:
    """The help of an option with the options that it names as code.

    >>> _with_code("With --spec: by default the shape of -x.")
    'With `--spec`: by default the shape of `-x`.'
    """
    return re.sub(r"(?<![\w-])--?[a-z][a-z-]*", r"`\g<0>`", told)


def english(names: tuple[str, ...]) -> str:
    """Names in a row, with "and" before the last."""
    quoted = [f"`symconv {name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def grammar() -> str:
    """The grammar that formulas are read by, from the parser that reads them."""
    rules_of_it = (parser.__doc__ or "").partition("::\n")[2]
    return f"```text\n{textwrap.dedent(rules_of_it).strip()}\n```"


#: What the ``computed`` directive takes.
TABLES: dict[str, Callable[[], str]] = {
    "presets": presets,
    "preset-formulas": preset_formulas,
    "preset-sources": preset_sources,
    "rules": rules,
    "options": options,
    "grammar": grammar,
}


def recorded(source: str) -> str:
    """A page that shows what its examples and its commands give now."""
    return with_commands(with_examples(source)[0])[0]


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(recorded(page.read_text(encoding="utf-8")), encoding="utf-8")
