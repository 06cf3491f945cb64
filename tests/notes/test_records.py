"""Courses in trouble: files that cannot be written, stops, damaged records, neighbours, other libraries."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from symconv.cli import course
from symconv.cli.course import Course, Entry
from symconv.notes import write
from tests.notes.test_course import MANIFEST, Run, spec


def table(file: str, **options: object) -> str:
    """One document of a spec file, quick to make unless it is told otherwise."""
    told = {"input-size": 3, "kernel-size": 2, "sections": "letters", **options}
    return f'[[notes]]\nfile = "{file}"\n' + "".join(f"{k} = {json.dumps(v)}\n" for k, v in told.items())


def test_one_document_is_told_in_the_singular(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, table("a.txt"))
    assert run("--spec", path)[1] == "1 of 1 document built, 0 up to date\n"
    assert run("--spec", path, "--check")[1] == "the document is up to date\n"


def test_specs_of_one_folder_leave_each_other_alone(run: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(table("a.txt"), encoding="utf-8")
    two.write_text(table("b.txt"), encoding="utf-8")
    run("--spec", one)
    run("--spec", two)
    assert run("--spec", one, "--check")[0] == run("--spec", two, "--check")[0] == 0


def test_documents_of_one_name_have_their_own_pictures(run: Run, tmp_path: Path) -> None:
    tables = table("a.md", sections="matrix") + table("a.rst", sections="matrix", **{"input-size": 6})
    path = spec(tmp_path, tables)
    assert run("--spec", path)[0] == 0
    assert run("--spec", path, "--check")[0] == 0
    assert sorted(p.name for p in tmp_path.glob("*.svg")) == ["a-md-network.svg", "a-rst-network.svg"]
    assert "a-rst-network.svg" in (tmp_path / "a.rst").read_text(encoding="utf-8")


def test_one_file_by_two_names_is_refused_and_so_is_the_spec_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    code, _, err = run("--spec", spec(tmp_path, table("real/a.txt") + table("link/a.txt")))
    assert (code, err.count("\n")) == (2, 1)
    assert "the file 'link/a.txt' is already the file of notes 1: give each document its own" in err
    own = tmp_path / "own.txt"
    own.write_text(table("own.txt"), encoding="utf-8")
    assert "the file 'own.txt' is already the spec file itself" in run("--spec", own)[2]
    assert own.read_text(encoding="utf-8") == table("own.txt")


@pytest.mark.parametrize("file", ["course.toml/x.txt", "d/x.txt", "loop/x.txt", "n" * 300 + "/x.txt"])
def test_a_file_that_cannot_be_written_leaves_the_others(file: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "d/x.txt").mkdir(parents=True)
    (tmp_path / "loop").symlink_to("pool")
    (tmp_path / "pool").symlink_to("loop")
    path = spec(tmp_path, table("a.txt") + table(file) + table("b.txt"))
    code, out, err = run("--spec", path)
    assert (code, out, err.count("\n")) == (2, "2 of 3 documents built, 0 up to date\n", 1)
    assert err.startswith(f"symconv: {file}: cannot ")
    assert run("--spec", path, "--check")[:2] == (1, f"stale: {file}\n")


RECORDS: list[Callable[[Any], Any]] = [
    lambda known: {},
    lambda known: {**known, "holds": []},
    lambda known: {**known, "holds": {}},
    lambda known: {**known, "holds": {"\0": "x"}},
    lambda known: {**known, "holds": {**known["holds"], "../a.txt": "x"}},
    lambda known: {**known, "holds": {"a.txt": 3}},
    lambda known: {"holds": known["holds"]},
    lambda known: 3,
]


@pytest.mark.parametrize("at", range(len(RECORDS)))
def test_a_damaged_record_makes_stale(at: int, run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, table("a.txt"))
    run("--spec", path)
    held = json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))
    damaged = json.dumps({"a.txt": RECORDS[at](held["a.txt"])})
    (tmp_path / MANIFEST).write_text(damaged, encoding="utf-8")
    assert run("--spec", path, "--check") == (1, "stale: a.txt\n", "")
    for text in ("[" * 100000, "[]", "\0"):
        (tmp_path / MANIFEST).write_text(text, encoding="utf-8")
        assert run("--spec", path, "--check") == (1, "stale: a.txt\n", "")


def quick(command: str, name: str, arguments: Sequence[str]) -> dict[str, bytes]:
    """Makes a document at once, or as its arguments say."""
    if "dies" in arguments:
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in arguments:
        Path(arguments[1], name).touch()
        time.sleep(0.4)
    return {Path(name).name: name.encode()}


@contextmanager
def stopped_after_one(work: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
    """A progress that a reader stops when the first document is done."""

    def one() -> Iterator[Any]:
        for number, item in enumerate(work):
            if number:
                raise KeyboardInterrupt
            yield item

    yield one()


@contextmanager
def silent(work: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
    yield work


@pytest.mark.exhaustive
def test_a_stop_keeps_what_is_done_and_begins_nothing_more(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    begun.mkdir()
    many = 10 * (os.cpu_count() or 1)
    entries = tuple(Entry("notes", f"{n}.txt", ("slow", str(begun))) for n in range(many))
    made = Course(tmp_path / "course.toml", entries)
    with pytest.raises(KeyboardInterrupt):
        made.build(made.stale(), quick, write, stopped_after_one)
    assert 1 <= len(list(begun.iterdir())) < many / 2
    assert len(made.stale()) == many - 1


@pytest.mark.exhaustive
def test_a_process_that_dies_is_a_line_for_each_document_that_it_took_along(tmp_path: Path) -> None:
    made = Course(tmp_path / "course.toml", (Entry("notes", "a.txt", ()), Entry("notes", "b.txt", ("dies",))))
    wrong = made.build(made.stale(), quick, write, silent)
    assert [line.split(":")[0] for line in wrong] == ["b.txt"]
    assert "was killed" in wrong[0]
    assert "if __name__ == '__main__'" in wrong[0]
    assert made.stale() == [made.entries[1]]


def test_pictures_that_a_document_no_longer_has_are_removed(run: Run, tmp_path: Path) -> None:
    tables = table("a.md", sections="matrix") + table("b.md", sections="matrix")
    run("--spec", spec(tmp_path, tables))
    (tmp_path / "b-md-network.svg").write_text("mine", encoding="utf-8")
    run("--spec", spec(tmp_path, tables.replace('"matrix"', '"letters"')))
    assert [p.name for p in tmp_path.glob("*.svg")] == ["b-md-network.svg"]


def test_the_record_is_written_only_when_it_changes(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, table("a.txt"))
    run("--spec", path)
    before = (tmp_path / MANIFEST).stat()
    assert run("--spec", path)[1] == "0 of 1 document built, 1 up to date\n"
    assert (tmp_path / MANIFEST).stat() == before


@pytest.mark.parametrize(
    ("library", "suffix", "changes"),
    [
        ("sympy", ".tex", True),
        ("latexify-py", ".tex", True),
        ("typst", ".html", False),
        ("typst", ".pdf", True),
    ],
)
def test_other_versions_of_libraries_make_stale(
    library: str, suffix: str, changes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Entry("notes", f"a{suffix}", ()).digest
    real = course.version
    monkeypatch.setattr(course, "version", lambda name: "99" if name == library else real(name))
    course.made_by.cache_clear()
    try:
        assert (Entry("notes", f"a{suffix}", ()).digest != before) == changes
    finally:
        course.made_by.cache_clear()


def test_a_document_is_made_again_when_any_file_of_the_package_changes() -> None:
    files = {"cli/course.py", "notes/shells/article.tex", "notes/shells/notes.typ", "pattern/axis.py"}
    assert files <= course.own_files().keys()
    assert all(path.is_file() for path in course.own_files().values())


def test_staleness_is_judged_once_a_build(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = spec(tmp_path, table("a.txt"))
    judged: list[Entry] = []
    stale = Course.stale

    def recorded(self: Course) -> list[Entry]:
        judged.extend(self.entries)
        return stale(self)

    monkeypatch.setattr(Course, "stale", recorded)
    run("--spec", path)
    assert len(judged) == 1
