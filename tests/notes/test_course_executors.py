"""Courses on executors: the same files and the same lines, whatever document is done first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.cli.course import Course, Entry
from symconv.errors import GeometryError, OptionError
from symconv.evidence.tasks import ExecutorError
from symconv.notes import write
from tests.executors import Disordered, processes

SPEC = """
[[exercises]]
file = "a/sheet.md"
x = "1,2,3"
w = "1,1"
count = 2

[[exercises]]
file = "b.txt"
input-size = 2
kernel-size = 5

[[exercises]]
file = "c.txt"
input-size = 5
kernel-size = 2
count = 3
"""


def quick(command: str, name: str, arguments: Sequence[str]) -> dict[str, bytes]:
    """Makes a document at once, or not at all."""
    if arguments:
        raise GeometryError(f"no layer is like {name}")
    return {Path(name).name: name.encode()}


class Counted:
    """A progress that notes how many were to be done, and how many are."""

    def __init__(self) -> None:
        self.whole, self.done = 0, 0

    @contextmanager
    def __call__(self, work: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
        self.whole = length
        yield self._each(work)

    def _each(self, work: Iterable[Any]) -> Iterator[Any]:
        for item in work:
            self.done += 1
            yield item


def course(folder: Path, number: int = 12) -> Course:
    """A course of which every third document is wrong."""
    folder.mkdir(exist_ok=True)
    entries = (Entry("notes", f"{n}.txt", () if n % 3 else ("wrong",)) for n in range(number))
    return Course(folder / "course.toml", tuple(entries))


def held(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_files_records_and_errors_are_the_same_whatever_is_done_first(tmp_path: Path) -> None:
    found = []
    with Disordered(1) as one, Disordered(2) as two, ThreadPoolExecutor(1) as pool:
        for name, executor in (("one", one), ("two", two), ("pool", pool)):
            made, counted = course(tmp_path / name), Counted()
            wrong = made.build(made.stale(), quick, write, counted, executor)
            assert (counted.whole, counted.done) == (12, 12)
            found.append((wrong, held(tmp_path / name)))
        assert one.finished != two.finished
    assert found == found[:1] * 3
    assert found[0][0] == [f"{n}.txt: no layer is like {n}.txt" for n in (0, 3, 6, 9)]


@pytest.mark.exhaustive
def test_processes_of_its_own_give_the_same(tmp_path: Path) -> None:
    own, given = course(tmp_path / "own"), course(tmp_path / "given")
    wrong = own.build(own.stale(), quick, write, Counted())
    with processes() as pool:
        assert given.build(given.stale(), quick, write, Counted(), pool) == wrong
    assert held(tmp_path / "own") == held(tmp_path / "given")


def test_a_stop_cancels_what_is_not_begun(tmp_path: Path) -> None:
    made = course(tmp_path, 100)

    @contextmanager
    def stopped(work: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
        def first() -> Iterator[Any]:
            yield next(iter(work))
            raise KeyboardInterrupt

        yield first()

    with Disordered() as executor, pytest.raises(KeyboardInterrupt):
        made.build(made.stale(), quick, write, stopped, executor)
    assert executor.cancelled > 90
    assert len(executor.finished) + executor.cancelled == 100


def test_what_cannot_build_is_said(tmp_path: Path) -> None:
    made, closed = course(tmp_path), ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(ExecutorError, match="the executor takes no more tasks: cannot schedule"):
        made.build(made.stale(), quick, write, Counted(), closed)
    wrong: Any = 2
    with pytest.raises(OptionError, match="executor is 2, which has no method submit"):
        made.build(made.stale(), quick, write, Counted(), wrong)


def built(folder: Path, executor: Executor) -> tuple[str, dict[str, bytes]]:
    folder.mkdir()
    (folder / "course.toml").write_text(SPEC, encoding="utf-8")
    done = sc.build_course(folder / "course.toml", executor=executor)
    assert (done.built, done.documents, done.up_to_date, bool(done)) == (2, 3, 0, False)
    return str(done), held(folder)


def test_a_course_is_built_from_python(tmp_path: Path) -> None:
    with Disordered(3) as one, ThreadPoolExecutor(1) as two:
        found = built(tmp_path / "one", one)
        assert found == built(tmp_path / "two", two)
    line, whole = found[0].splitlines()
    assert line.startswith("b.txt: a kernel of 5 taps")
    assert whole == "2 of 3 documents built, 0 up to date"
    assert {"a/sheet.md", "c.txt", ".course.toml.symconv.json"} < found[1].keys()
