"""The page on extending read as edits: which code goes into which file, and at which place."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: What stands above a block of code.
SAID = re.compile(
    r"In `(?P<file>[\w/.]+)`, (?P<place>a new file|with the other imports|after the row|before the line)"
    r"(?: `(?P<at>[^`]+)`)?(?: of `(?P<table>\w+)`)?:"
)
BLOCK = re.compile(r"(?P<above>[^\n]+(?:\n[^\n]+)*)\n\n```(?P<kind>\w+)\n(?P<code>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Edit:
    """Code, the file that it goes into, and the place there."""

    file: str
    place: str
    at: str
    table: str
    code: str

    def make(self, folder: Path) -> None:
        """Edit the file in a folder that holds the package."""
        path = folder / self.file
        if self.place == "a new file":
            assert not path.exists(), f"{self.file} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.code, encoding="utf-8")
            return
        text = path.read_bytes()
        found = {"with the other imports": imports, "after the row": self.rows, "before the line": self.lines}
        (at,) = found[self.place](text)
        path.write_bytes(text[: at.end] + at.written(self.code).encode() + text[at.end :])

    def rows(self, text: bytes) -> Iterator[Place]:
        """Behind the row of a table: a value by its key, or a call by its first argument."""
        tables = [node for node in ast.parse(text).body if isinstance(node, ast.Assign | ast.AnnAssign)]
        for table in tables:
            targets = table.targets if isinstance(table, ast.Assign) else [table.target]
            if self.table in ("", *(target.id for target in targets if isinstance(target, ast.Name))):
                for node in ast.walk(table):
                    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
                    calls = node.elts if isinstance(node, ast.Tuple) else ()
                    named = [(c.args[0], c) for c in calls if isinstance(c, ast.Call) and c.args]
                    for name, row in [*pairs, *named]:
                        if isinstance(name, ast.Constant) and name.value == self.at:
                            first = row if isinstance(node, ast.Tuple) else name
                            yield Place(end_of(row, text), first.col_offset, ",\n", "")

    def lines(self, text: bytes) -> Iterator[Place]:
        """Before a line."""
        at = 0
        for line in text.splitlines(keepends=True):
            if line.decode().strip() == self.at:
                yield Place(at, len(line) - len(line.lstrip()))
            at += len(line)


@dataclass(frozen=True)
class Place:
    """Where code goes into a text: behind so many bytes, so far to the right, between two pieces."""

    end: int
    column: int
    before: str = ""
    after: str = "\n"

    def written(self, code: str) -> str:
        return self.before + textwrap.indent(code.rstrip("\n"), " " * self.column) + self.after


def imports(text: bytes) -> Iterator[Place]:
    """Behind the last import."""
    *_, last = (node for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom))
    yield Place(end_of(last, text), 0, "\n", "")


def end_of(node: ast.stmt | ast.expr, text: bytes) -> int:
    """Where a piece of a text ends."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return sum(map(len, text.splitlines(keepends=True)[: node.end_lineno - 1])) + node.end_col_offset


@dataclass(frozen=True)
class Addition:
    """A section of the page: what is edited, and what is called then."""

    name: str
    edits: tuple[Edit, ...]
    calls: tuple[str, ...]

    @property
    def files(self) -> set[str]:
        """The files of the package that it touches."""
        return {edit.file for edit in self.edits if edit.file.startswith("symconv/")}

    @property
    def tests(self) -> set[str]:
        """The tests that belong to it."""
        return {edit.file for edit in self.edits if edit.file.startswith("tests/")}


def read(page: str) -> dict[str, Addition]:
    """The additions of a page by their headings, which begin as in the middle of a sentence."""
    found = {}
    for section in page.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        name, edits, calls = title[0].lower() + title[1:], list[Edit](), list[str]()
        blocks = list(BLOCK.finditer(body))
        assert len(blocks) == body.count("```") / 2, f"{title}: a block has no sentence above it"
        for block in blocks:
            said = SAID.fullmatch(block["above"].replace("\n", " "))
            if block["kind"] == "sh":
                calls += block["code"].splitlines()
            else:
                assert said, f"{title}: {block['above']!r} names no place"
                where = {part: said[part] or "" for part in ("file", "place", "at", "table")}
                edits.append(Edit(**where, code=block["code"]))
        found[name] = Addition(name, tuple(edits), tuple(calls))
    return found
