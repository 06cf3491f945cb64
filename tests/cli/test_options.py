"""Options: what is refused because it does nothing, and messages in the words of the command line."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import pytest

import symconv as sc
from symconv.derivation.value_claims import COUNTS
from symconv.notes.compose import SECTIONS
from symconv.notes.exercises.sheet import KINDS
from tests.cli.test_cli import OPENING, SIZES, run
from tests.tiers import exhaustive, tiers


@pytest.mark.parametrize("show", ["output", "matrix,grad_input"])
def test_an_activation_that_nothing_shows_is_refused(capsys, show: str) -> None:
    code, out, err = run(capsys, "derive", *OPENING, "--activation", "relu", "--show", show)
    assert (code, out) == (2, "")
    assert "--activation has no effect on what --show names: add activation to --show" in err
    filters = ["--input-size", "3", "--kernel-size", "2", "--in-channels", "1", "--out-channels", "2"]
    _, out, _ = run(
        capsys, "derive", *filters, "--show", "filters", "--activation", "relu", "--format", "text"
    )
    assert "relu(" in out


@pytest.mark.parametrize(
    ("call", "cure"),
    [
        (["derive", "-x", "1,2,3,4", "-w", "1,2", "--steps"], "write --input-size 4 instead"),
        (["derive", "-x", "1,2;3,4", "-w", "1;2", "--steps"], "write --input-size 2,2 instead"),
        (["derive", "--input-size", "4", "-w", "1,2", "--steps"], "write --kernel-size 2 instead"),
        (["derive", *SIZES, "--steps", "-b", "1"], "write --bias instead"),
        (["claim", *SIZES, "--delta", "1,2", "output", "x[i]"], "--delta gives values"),
        (["claim", *SIZES, "-x", "1,2", "output", "x[i]"], "-x gives values"),
    ],
)
def test_values_do_not_go_with_what_is_in_symbols(capsys, call: list[str], cure: str) -> None:
    code, out, err = run(capsys, *call)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert cure in err


@pytest.mark.parametrize("option", ["--max-rows", "--tap-colours"])
def test_commands_do_not_offer_what_does_nothing_for_them(capsys, option: str) -> None:
    _, out, _ = run(capsys, "derive", "--help")
    assert option in out
    for command in ("check", "claim"):
        assert option not in run(capsys, command, "--help")[1]


def test_help_names_all_that_may_be_named(capsys) -> None:
    def named(command: str) -> set[str]:
        return set(re.findall(r"[a-z_]+", run(capsys, command, "--help")[1].replace("\n", " ")))

    closed = set(sc.Conv1d("N", "K", bias=True).formula_names)
    assert closed <= named("claim")
    assert closed <= named("prove")
    assert {*COUNTS} <= named("claim")
    assert {*SECTIONS} <= named("notes")
    assert {*KINDS} <= named("exercises")


COMMANDS = {"derive": [], "check": [], "claim": ["output", "sum(k=0..2) W[k]*a[i+k]"], "exercises": []}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_letters_go_with_every_command(capsys, command: str) -> None:
    letters = ["--notation", "goodfellow", "--index-base", "0", "--letter", "input=a,kernel=W"]
    code, out, err = run(
        capsys, command, "--input-size", "4", "--kernel-size", "3", *letters, *COMMANDS[command]
    )
    assert (code, err) == (0, "")
    assert out
    wrong = run(capsys, command, "--input-size", "4", "--kernel-size", "3", "--letter", "inptu=a")
    assert wrong[0] == 2
    assert "there is no letter for 'inptu': did you mean 'input'" in wrong[2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["check", "--input-size", "N", "--kernel-size", "2"], "or derive closed forms, without values."),
        (["derive", *SIZES, "--groups", "2"], "give --in-channels and --out-channels"),
        (["derive", "--input-size", "0", "--kernel-size", "2"], "--input-size is 0"),
    ],
)
def test_messages_are_in_the_words_of_the_command_line(capsys, call: list[str], words: str) -> None:
    code, out, err = run(capsys, *call)
    assert (code, out) == (2, "")
    assert words in err
    assert not re.search(r"\.at\(|layer\.|=True|[a-z]_[a-z]", err)


def test_the_padding_of_each_axis_may_have_a_before_and_an_after(capsys) -> None:
    plane = ["--input-size", "3,3", "--kernel-size", "2", "--show", "output_size", "--format", "text"]
    _, out, _ = run(capsys, "derive", *plane, "--padding", "1,0;0,2")
    assert out.startswith(str(sc.Conv2d(3, 2, padding=((1, 0), (0, 2))).description))
    _, mixed, _ = run(capsys, "derive", *plane, "--padding", "1;0,2")
    assert mixed.startswith(str(sc.Conv2d(3, 2, padding=(1, (0, 2))).description))


def test_nothing_but_the_description_can_be_shown(capsys) -> None:
    code, out, _ = run(capsys, "derive", *SIZES, "--show", "none")
    assert (code, out) == (0, f"{sc.Conv1d(4, 3).description}\n")
    code, _, err = run(capsys, "derive", *SIZES, "--show", "none, output")
    assert (code, "--show names 'none' and others: write it alone." in err) == (2, True)
    code, _, err = run(capsys, "derive", *SIZES, "--show", "none", "--steps")
    assert code == 2
    assert "--steps has nothing to show" in err


@pytest.mark.parametrize("show", ["matrix", "tying", "windows,masked_gradient", "output", "grad_kernel"])
def test_what_is_too_large_to_print_whole_is_refused_before_any_work(capsys, show: str) -> None:
    taps = "2" if show in ("matrix", "tying") else "2000"
    sizes = ["--input-size", "30000", "--kernel-size", taps, "--show", show, "--format", "text"]
    code, out, err = run(capsys, "derive", *sizes, "--max-rows", "0")
    assert (code, out) == (2, "")
    assert "at most 10000000 can be printed: leave out --max-rows 0" in err
    code, out, _ = run(capsys, "derive", *SIZES, "--show", "all", "--format", "text", "--max-rows", "0")
    assert code == 0


@pytest.mark.parametrize("show", tiers(["selection", "windows", "grad_input"], ["selection"]))
def test_what_a_maximum_prints_whole_is_counted_by_its_windows(capsys, show: str) -> None:
    pool = ["derive", "--pooling", "max", "--input-size", "5000", "--kernel-size", "2", "--max-rows", "0"]
    code, _, err = run(capsys, *pool, "--show", show, "--format", "text")
    assert (code, err) == (0, "")
    code, _, err = run(capsys, *pool, "--show", "matrix", "--format", "text")
    assert (code, "12500000 entries" in err) == (2, True)


@exhaustive
def test_examples_count_what_they_print(capsys, tmp_path: Path) -> None:
    ones = ",".join(["1"] * 4000)
    target = tmp_path / "n.txt"
    options = ["-x", ones, "-w", "1,2", "--sections", "numbers", "--max-rows", "0", "-o", str(target)]
    code, _, err = run(capsys, "notes", *options)
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["derive", *OPENING, "--activation", ""], "the activation is ''"),
        (["notes", *OPENING, "--mathjax", "", "-o", "n.html"], "mathjax is ''"),
        (
            ["derive", *OPENING, "--show", "output,output"],
            "--show names 'output' 2 times: name each quantity once.",
        ),
    ],
)
def test_empty_and_repeated_options_are_refused(capsys, arguments: list[str], words: str) -> None:
    code, _, err = run(capsys, *arguments)
    assert (code, words in err) == (2, True)


def test_markdown_escapes_prose(capsys) -> None:
    sizes = ["--input-size", "N", "--kernel-size", "K", "--dilation", "2", "--padding", "full"]
    _, out, _ = run(capsys, "derive", *sizes, "--format", "markdown", "--show", "output_size")
    assert "padding 2\\*K - 2 before and 2\\*K - 2 after" in out


def test_many_rows_cost_nothing(capsys) -> None:
    tracemalloc.start()
    try:
        code, _, _ = run(capsys, "derive", *OPENING, "--show", "none", "--max-rows", "1000000000")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert code == 0
