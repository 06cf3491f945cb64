"""Many notes from a spec file: only what changed is built, staleness is told, bad files are refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

import symconv as sc

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
    assert file.read_text(encoding="utf-8").startswith("# Cross-correlation of 3 inputs with a 2-tap kernel")


@pytest.mark.exhaustive
@pytest.mark.parametrize("depth", ["standard", "full"])
def test_a_large_layer_has_notes_of_its_small_example_also_without_a_limit_of_rows(
    run: Run, tmp_path: Path, depth: str
) -> None:
    file = tmp_path / "n.txt"
    sizes = ["--input-size", "30000", "--kernel-size", "2", "--max-rows", "0", "--depth", depth]
    began = time.process_time()
    assert run(*sizes, "-o", file)[0] == 0
    assert time.process_time() - began < 20
    text = file.read_text(encoding="utf-8")
    assert "30,000·29,999 = 899,970,000" in text
    assert len(text) < 20_000


@pytest.mark.exhaustive
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


@pytest.mark.exhaustive
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


@pytest.mark.exhaustive
def test_what_goes_wrong_with_one_leaves_the_others(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, GOOD + '\n[[notes]]\nfile = "bad.tex"\ninput-size = 2\nkernel-size = 5\n')
    code, out, err = run("--spec", path)
    assert (code, out) == (2, "2 of 3 documents built, 0 up to date\n")
    assert err.startswith("symconv: bad.tex: a kernel of 5 taps")
    assert err.count("\n") == 1
    assert not (tmp_path / "bad.tex").exists()
    assert run("--spec", path, "--check")[:2] == (1, "stale: bad.tex\n")


WHOLE = GOOD.replace('sections = "letters,size,numbers"\n', "")


@pytest.mark.exhaustive
@pytest.mark.parametrize("text", [GOOD, WHOLE], ids=["short", "whole"])
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
        ('notes = "a"', "notes is 'a': write a [[notes]] table"),
        ("exercises = [1]", "exercises 1 is 1: write a [[exercises]] table"),
        ('[[exercise]]\nfile = "a.tex"', "did you mean 'exercises'"),
        ('[[exercises]]\nfile = "a.tex"\nsolution = true', "did you mean 'solutions'"),
        ('[[exercises]]\nfile = "a.tex"\nsolutions = 1', "exercises 1: solutions is 1: write true or false"),
        ('[[exercises]]\nfile = "a.tex"\ndepth = "full"', "exercises 1: unknown key 'depth'"),
        ('[[notes]]\nfile = "a.tex"\nseed = 3', "notes 1: unknown key 'seed'"),
        ('[[notes]]\nfile = "a.xml"', "ends in '.xml'"),
        ('[[notes]]\nfile = "a.md"\n[[exercises]]\nfile = "a.md"', "is already the file of notes 1"),
        ('[defaults]\nsolution = true\n[[exercises]]\nfile = "a.md"', "defaults: unknown key 'solution'"),
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


SHEETS = """
[defaults]
notation = "goodfellow"
input-size = 9
kernel-size = 3
stride = 2
seed = 3
count = 3
depth = "page"

[[exercises]]
file = "sheet.md"

[[exercises]]
file = "week-1/solved.tex"
solutions = true

[[exercises]]
file = "bank.xml"
kinds = "output_size"

[[notes]]
file = "notes.txt"
sections = "size"
"""


@pytest.mark.exhaustive
def test_sheets_of_exercises_are_built_as_notes_are(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, SHEETS)
    assert run("--spec", path) == (0, "4 of 4 documents built, 0 up to date\n", "")
    assert run("--spec", path, "--check") == (0, "all 4 documents are up to date\n", "")
    layer = sc.Conv1d(9, 3, stride=2, notation=sc.Notation.preset("goodfellow"))
    layer.exercises(seed=3, count=3).save(tmp_path / "by-hand.md")
    assert (tmp_path / "sheet.md").read_bytes() == (tmp_path / "by-hand.md").read_bytes()
    assert "\\section*{Solutions}" in (tmp_path / "week-1/solved.tex").read_text(encoding="utf-8")
    assert (tmp_path / "bank.xml").read_text(encoding="utf-8").count("<questiontext ") == 3
    spec(tmp_path, SHEETS.replace("kinds = ", "seed = 4\nkinds = "))
    assert run("--spec", path, "--check")[:2] == (1, "stale: bank.xml\n")
    (tmp_path / "sheet.md").write_text("mine", encoding="utf-8")
    assert run("--spec", path)[1] == "2 of 4 documents built, 2 up to date\n"
    assert (tmp_path / "sheet.md").read_bytes() == (tmp_path / "by-hand.md").read_bytes()


@pytest.mark.exhaustive
def test_the_course_of_the_docs_does_what_the_page_says(run: Run, tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/courses.md").read_text(encoding="utf-8")
    (toml,) = re.findall(r":caption: course.toml\n\n(.*?)\n````", page, re.DOTALL)
    built, checked = re.findall(r"^\$ symconv notes --spec course.toml.*\n(.*\n)", page, re.MULTILINE)
    path = spec(tmp_path, toml)
    assert run("--spec", path) == (0, built, "")
    assert run("--spec", path, "--check") == (0, checked, "")
    questions = (tmp_path / "week-2/sheet.md").read_text(encoding="utf-8")
    solved = (tmp_path / "week-2/solved.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h\d id=[^>]*>(Exercise|Solution) ", solved)
    assert questions.count("## Exercise ") == headings.count("Exercise") == headings.count("Solution") == 5


def test_a_sheet_that_cannot_be_drawn_leaves_the_others(run: Run, tmp_path: Path) -> None:
    path = spec(tmp_path, SHEETS.replace('"output_size"', '"output_sise"'))
    code, out, err = run("--spec", path)
    assert (code, out) == (2, "3 of 4 documents built, 0 up to date\n")
    assert err.startswith("symconv: bank.xml: there are no exercises of the kind 'output_sise': did you mean")
    assert err.count("\n") == 1


HOSTILE = ["__import__('os').system('x')", "\\\\input{/etc/passwd}", "<script>", "$(id)"]
KEYS = ["input-size", "x", "notation", "title", "sections", "math", "mathjax", "katex", "tap-colours"]
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
