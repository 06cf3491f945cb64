"""Many notes from a spec file: only what changed is built, staleness is told, bad files are refused."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.tiers import exhaustive

#: Where a build of ``course.toml`` is recorded.
MANIFEST = ".course.toml.symconv.json"

GOOD = """
[defaults]
notation = "goodfellow"

[[notes]]
file = "opening.tex"
x = "1,2,3,4"
w = "5,6,7"
padding = "full"
flip = true
sections = "letters,size,numbers"

[[notes]]
file = "week-2/strided.md"
input-size = "H"
kernel-size = 3
stride = 2
sections = "size,learning"
"""

Run = Callable[..., tuple[int, str, str]]


def spec(folder: Path, text: str) -> Path:
    path = folder / "course.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_document_is_written(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "n.md"
    assert (
        run("--input-size", "3", "--kernel-size", "2", "--sections", "letters, numbers", "-o", file)[0] == 0
    )
    assert file.read_text(encoding="utf-8").startswith("# Cross-correlation of 3 inputs with 2 taps")


def test_only_what_changed_is_built(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, GOOD)
    assert run("--spec", path, "--check")[:2] == (1, "stale: opening.tex\nstale: week-2/strided.md\n")
    assert run("--spec", path) == (0, "2 of 2 documents built, 0 up to date\n", "")
    assert run("--spec", path, "--check") == (0, "all 2 documents are up to date\n", "")
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "opening.tex", tmp_path / "week-2/strided.md")}
    time.sleep(0.02)
    spec(tmp_path, GOOD.replace("stride = 2", "stride = 3"))
    assert run("--spec", path, "--check")[:2] == (1, "stale: week-2/strided.md\n")
    assert run("--spec", path)[1] == "1 of 2 documents built, 1 up to date\n"
    changed = [p.name for p, at in made.items() if p.stat().st_mtime_ns != at]
    assert changed == ["strided.md"]


def test_a_file_changed_by_hand_or_gone_is_stale(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, GOOD)
    run("--spec", path)
    whole = (tmp_path / "opening.tex").read_bytes()
    (tmp_path / "opening.tex").write_text("mine", encoding="utf-8")
    (tmp_path / "week-2/strided.md").unlink()
    assert run("--spec", path, "--check")[:2] == (1, "stale: opening.tex\nstale: week-2/strided.md\n")
    run("--spec", path)
    assert (tmp_path / "opening.tex").read_bytes() == whole
    (tmp_path / MANIFEST).write_text("{", encoding="utf-8")
    assert run("--spec", path, "--check")[0] == 1


def test_what_goes_wrong_with_one_leaves_the_others(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, GOOD + '\n[[notes]]\nfile = "bad.tex"\ninput-size = 2\nkernel-size = 5\n')
    code, out, err = run("--spec", path)
    assert (code, out) == (2, "2 of 3 documents built, 0 up to date\n")
    assert err.startswith("symconv: bad.tex: a kernel of 5 taps")
    assert err.count("\n") == 1
    assert not (tmp_path / "bad.tex").exists()
    assert run("--spec", path, "--check")[:2] == (1, "stale: bad.tex\n")


WHOLE = GOOD.replace('sections = "letters,size,numbers"\n', "")


@pytest.mark.parametrize("text", [GOOD, pytest.param(WHOLE, marks=exhaustive)], ids=["short", "whole"])
def test_a_build_is_the_same_each_time(text: str, run: Run, tmp_path: Path) -> None:
    seen = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        run("--spec", spec(folder, text))
        seen.append({p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert seen[0] == seen[1]
    assert list(json.loads(seen[0][MANIFEST])) == ["opening.tex", "week-2/strided.md"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "is not valid TOML"),
        ("", "lists no notes"),
        ("note = 1", "did you mean 'notes'"),
        ('[[notes]]\nfile = "a.tex"\nstrid = 2', "did you mean 'stride'"),
        ("[[notes]]\ninput-size = 3", "write the name of a file"),
        ('[[notes]]\nfile = "../a.tex"', "lies outside"),
        ('[[notes]]\nfile = "/a.tex"', "lies outside"),
        ('[[notes]]\nfile = "a.tex\\u0000"', "write the name of a file"),
        ('[[notes]]\nfile = "a.exe"', "ends in '.exe'"),
        ('[[notes]]\nfile = "a.tex"\n[[notes]]\nfile = "./a.tex"', "is already the file of notes 1"),
        ('[[notes]]\nfile = "a.tex"\nflip = "yes"', "write true or false"),
        ('[[notes]]\nfile = "a.tex"\nx = [1, 2]', "as on the command line"),
        ('notes = "a"', "lists no notes"),
        ('defaults = 3\n[[notes]]\nfile = "a.tex"', "defaults is 3: write a [defaults] table"),
        ('[[notes]]\nfile = "a.tex"\n[[notes]]\nfile = "b/../a.tex"', "'b/../a.tex' is already the file of"),
        ("x = " + "[" * 100000, "has lists nested too deeply"),
    ],
)
def test_bad_spec_files_are_one_line(text: str, words: str, run: Run, tmp_path: Path) -> None:
    code, out, err = run("--spec", spec(tmp_path, text))
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["course.toml"]


HOSTILE = ["__import__('os').system('x')", "\\\\input{/etc/passwd}", "<script>", "$(id)"]
KEYS = ["input-size", "x", "notation", "title", "sections", "mathjax", "tap-colours"]
ATTACKS = list(product(KEYS, HOSTILE))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """One course with a document for each hostile value: its folder, and what it says on standard error."""
    tables = []
    for number, (key, value) in enumerate(ATTACKS):
        sizes = "" if key in ("input-size", "x") else "input-size = 3\n"
        sections = "" if key == "sections" else 'sections = "letters"\n'
        head = f'[[notes]]\nfile = "a{number}.html"\nkernel-size = 2\n'
        tables.append(f'{head}{sizes}{key} = "{value}"\n{sections}')
    path = spec(tmp_path_factory.mktemp("attacked"), "".join(tables))
    call = [sys.executable, "-m", "symconv", "notes", "--spec", str(path)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    return path.parent, done.stderr.splitlines()


@pytest.mark.parametrize(("key", "value"), ATTACKS)
def test_hostile_values_are_refused_or_escaped(
    key: str, value: str, attacked: tuple[Path, list[str]]
) -> None:
    folder, lines = attacked
    page = folder / f"a{ATTACKS.index((key, value))}.html"
    said = [line for line in lines if line.startswith(f"symconv: {page.name}: ")]
    if key == "title":
        assert said == []
        text = page.read_text(encoding="utf-8")
        assert "<script>\n" not in text.replace("<script>\nwindow", "")
        assert "<h1><script>" not in text
    else:
        assert len(said) == 1
        assert not page.exists()


def test_each_hostile_document_that_is_refused_is_one_line(attacked: tuple[Path, list[str]]) -> None:
    folder, lines = attacked
    assert len(lines) == len(ATTACKS) - len(HOSTILE)
    assert len(list(folder.glob("*.html"))) == len(HOSTILE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no file is named: give -o FILE"),
        (("--check",), "--check needs --spec"),
        (("--spec", "no.toml"), "cannot read no.toml"),
        (("--spec", "a.toml", "--stride", "2"), "leave out --stride"),
        (("--spec", "a.toml", "-x", "1,2"), "leave out -x."),
        (("--spec", "a.toml", "-o", "n.tex"), "leave out -o."),
        (("--input-size", "3", "--kernel-size", "2", "-o", "n.doc"), "has no format"),
        (("--input-size", "3", "--kernel-size", "2", "-o", "no/such/n.md"), "cannot write"),
        (("--input-size", "3", "--kernel-size", "2", "--sections", "x", "-o", "n.md"), "no section 'x'"),
    ],
)
def test_wrong_calls_are_one_line(arguments: tuple[str, ...], words: str, run: Run) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_a_stale_check_reads_and_does_not_build(run: Run, tmp_path: Path) -> None:
    tables = "".join(
        f'[[notes]]\nfile = "n{n}.md"\ninput-size = {n + 2}\nkernel-size = 2\n' for n in range(200)
    )
    path = spec(tmp_path, tables)
    code, out, _ = run("--spec", path, "--check")
    assert (code, out.count("stale: ")) == (1, 200)
    assert [p.name for p in tmp_path.iterdir()] == ["course.toml"]
