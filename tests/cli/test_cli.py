"""The command line: what it prints, what it refuses, and that it never shows a traceback."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from symconv.cli.commands import main
from tests.latex_tools import PREAMBLE, compile_latex
from tests.tiers import exhaustive

OPENING = ["-x", "1,2,3,4", "-w", "5,6,7"]
SIZES = ["--input-size", "4", "--kernel-size", "3"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def formulas(latex: str) -> list[str]:
    found = re.findall(r"\\begin\{align\*\}.*?\\end\{align\*\}", latex, re.DOTALL)
    return [formula.replace("align*", "aligned") for formula in found]


def test_the_opening_example(capsys, typeset) -> None:
    code, out, err = run(capsys, "derive", *OPENING, "--padding", "full", "--flip")
    assert (code, err) == (0, "")
    assert "y &= [5, 16, 34, 52, 45, 28]" in out
    assert len(formulas(out)) == 6
    for formula in formulas(out):
        typeset(formula, fits=True)
    code, out, _ = run(capsys, "derive", *OPENING)
    assert "y &= [38, 56]" in out


def test_a_long_derivation_breaks_over_pages(capsys, tmp_path: Path) -> None:
    entries = ["-x", "1,2,3,4,5,6,7,8,9,10,11,1/3", "-w", "-1/7,a,2,44444"]
    _, out, _ = run(capsys, "derive", *entries, "--padding", "same", "--notation", "ufldl", "--show", "all")
    log = compile_latex(f"{PREAMBLE}{out}\\end{{document}}\n", tmp_path)
    assert not re.findall(r"Overfull \\[hv]box.*", log)
    sizes = ["--input-size", "N", "--kernel-size", "K", "--stride", "s", "--dilation", "d", "--padding", "p"]
    _, out, _ = run(capsys, "derive", *sizes, "--steps", "--show", "all")
    log = compile_latex(f"{PREAMBLE}{out}\\end{{document}}\n", tmp_path)
    assert not re.findall(r"Overfull \\[hv]box.*", log)


def test_quantities_can_be_chosen_and_an_activation_named(capsys) -> None:
    _, out, _ = run(capsys, "derive", *OPENING, "--show", "matrix,grad_kernel", "--format", "text")
    assert "y = T x" in out
    assert "dL/dw = X^T delta" in out
    assert "y0 = " not in out
    _, out, _ = run(capsys, "derive", *OPENING, "--activation", "relu", "--format", "text")
    assert "relu(y) = [relu(38), relu(56)]" in out
    _, out, _ = run(capsys, "derive", *OPENING, "--show", "all", "--format", "markdown")
    assert out.count("\n```math\n\\begin{aligned}\n") == out.count("\n\\end{aligned}\n```\n") == 12
    assert "$$" not in out


def test_numbers_and_names_are_read_exactly(capsys) -> None:
    _, out, _ = run(
        capsys, "derive", "-x", "1/3,-2.5,a", "-w", "-1,b_1", "--show", "output", "--format", "text"
    )
    assert "y0 = w0*x0 + w1*x1 = (-1)*1/3 + b_1*(-5/2) = -5*b_1/2 - 1/3" in out


def test_symbols_stand_where_no_values_are_given(capsys) -> None:
    sizes = ["--input-size", "4", "--kernel-size", "3", "--index-base", "1"]
    text = ["--show", "output", "--format", "text", "--notation", "goodfellow"]
    _, out, _ = run(capsys, "derive", *sizes, *text)
    assert "S1 = K1*I1 + K2*I2 + K3*I3" in out


def test_options_of_the_interface_reach_the_layer(capsys) -> None:
    geometry = "--input-size 9 --kernel-size 3 --stride 2 --dilation 2 --padding 1,2 -b 1/2"
    notation = "--tap-colours blue,teal --upstream-style partial --max-rows 3"
    shown = "--show output_size,output,grad_bias,matrix"
    _, out, _ = run(capsys, "derive", *f"{geometry} {notation} {shown}".split())
    assert "stride 2, dilation 2, padding 1 before and 2 after, 4 outputs" in out
    assert "{\\color{teal}{w_{1}}}" in out
    assert "\\frac{\\partial L}{\\partial y_{0}}" in out
    assert "\\ddots" in out


def test_check_prints_a_report_and_its_exit_code_is_its_verdict(capsys, monkeypatch) -> None:
    code, out, err = run(capsys, "check", "--input-size", "9", "--kernel-size", "3", "--stride", "2")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("all agree exactly")
    monkeypatch.setattr("symconv.check.Report.__bool__", lambda self: False)
    code, _, _ = run(capsys, "check", *OPENING)
    assert code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["derive"], "--input-size is missing: give it, or give the entries with -x."),
        (["derive", "-x", "1,2"], "--kernel-size is missing: give it, or give the entries with -w."),
        (["derive", "-x", "1,__import__('os')", "-w", "1"], "is not an entry"),
        (["derive", "-x", "1,,2", "-w", "1"], "'' is not an entry"),
        (["derive", "-x", "1/0", "-w", "1"], "divides by zero"),
        (["derive", "-x", "1e999999999", "-w", "1"], "is not an entry"),
        (["derive", "-x", "1,2", "-w", "1", "--stride", "0"], "stride is 0: it must be at least 1"),
        (["derive", "-x", "1,2", "-w", "1", "--strid", "2"], "Did you mean '--stride'"),
        (["derive", "-x", "1,2", "-w", "1,2,3"], "spans 3 inputs"),
        (["derive", "-x", "1,2", "-w", "1", "--padding", "ful"], "did you mean 'full'"),
        (["derive", "-x", "1,2", "-w", "1", "--padding", "1,2,3"], "write BEFORE,AFTER"),
        (["derive", "-x", "1,2", "-w", "1", "--input-size", "3"], "x has 2 entries, but the layer takes 3"),
        (["derive", "-x", "1,2", "-w", "1", "--show", "matrx"], "did you mean 'matrix'"),
        (["derive", "-x", "1,2", "-w", "1", "--activation", "\\input"], "write a name such as 'f'"),
        (["derive", "-x", "1,2", "-w", "1", "--format", "pdf"], "'pdf' is not one of"),
        (["derive", "-x", "1,2", "-w", "1", "--tap-colours", "blau"], "did you mean 'blue'"),
        (["derive", "-x", "1,2", "-w", "1", "--max-rows", "1"], "at least 3"),
        (["derive", "-x", "1,2", "-w", "1", "-o", "/nowhere/at/all.tex"], "cannot write into /nowhere/at:"),
        (["derive", "--input-size", "N", "--kernel-size", "3", "-x", "1,2"], "--input-size is the symbol N"),
        (["derive", *SIZES, "--steps", "--activation", "f"], "needs explicit entries"),
        (
            ["derive", "--input-size", "w", "--kernel-size", "3", "--letter", "kernel=w"],
            "and also its kernel",
        ),
        (["claim", *SIZES, "output", "x[i"], "the formula ends too early"),
        (["claim", *SIZES, "outputs", "x[i]"], "did you mean 'output'"),
        (["claim", *SIZES, "output", "q*x[i]"], "unknown q: "),
        (["claim", *SIZES, "output", "__import__(1)"], "'_' at character 1 is not part of index notation"),
        (["check", "-x", "1,2", "-w", "1", "--draws", "0"], "draws is 0"),
        (["deriv"], "No such command 'deriv'"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_line_and_exit_code_2(capsys, arguments, words) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("symconv: ")
    pointed = err.rstrip().endswith("^")  # the formula and a caret stand below
    assert err.count("\n") == (3 if pointed else 1)
    assert words in err


def test_symbolic_sizes_give_closed_forms_and_steps(capsys, typeset) -> None:
    sizes = ["--input-size", "N", "--kernel-size", "K", "--stride", "s"]
    code, out, _ = run(capsys, "derive", *sizes, "--show", "grad_input", "--steps")
    assert code == 0
    assert "\\text{(chain rule)}" in out
    assert "Both sides of each step were compared: equal in 24 cases at random entries." in out
    for formula in formulas(out):
        typeset(formula, fits=True)
    _, out, _ = run(capsys, "derive", *sizes, "--format", "text")
    assert "y[i] = sum(k=0..K - 1) w[k]*x[s*i + k]" in out
    _, out, _ = run(capsys, "derive", *SIZES, "--steps", "--show", "output", "--format", "text")
    assert "y[i] = sum(k=0..2) w[k]*xpad[i + k]   (definition)" in out


def test_a_claim_is_answered_and_its_exit_code_is_the_verdict(capsys) -> None:
    sizes = ["--input-size", "N", "--kernel-size", "K", "--stride", "2"]
    code, out, _ = run(capsys, "claim", *sizes, "output", "sum(k=0..K-1) w[k]*x[2*i + k]")
    assert (code, out.startswith("output: proved for all K, N")) == (0, True)
    code, out, _ = run(capsys, "claim", *sizes, "--", "output", "-sum(k=0..K-1) w[k]*x[2*i + k]")
    assert (code, "refuted" in out) == (1, True)
    code, out, _ = run(capsys, "claim", *SIZES, "output", "sum(k=0..2) w[k]*x[i + k]")
    assert code == 0
    code, out, _ = run(capsys, "claim", *sizes, "output", "sum(k=0..K-1) w[k]*x[i + 2*k]")
    assert (code, "refuted; for K = 1, N = 3, i = 1" in out) == (1, True)


def test_a_file_is_written_whole_or_not_at_all(capsys, tmp_path: Path, monkeypatch) -> None:
    target = tmp_path / "notes.tex"
    code, out, _ = run(capsys, "derive", *OPENING, "-o", str(target))
    assert (code, out) == (0, "")
    assert "[38, 56]" in target.read_text(encoding="utf-8")
    mask = os.umask(0)
    os.umask(mask)
    assert target.stat().st_mode & 0o777 == 0o666 & ~mask
    before = target.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    code, _, err = run(capsys, "derive", *OPENING, "--flip", "-o", str(target))
    assert code == 2
    assert "No space left" in err
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_the_command_and_the_module_are_the_same() -> None:
    call = [sys.executable, "-m", "symconv", "derive", *OPENING, "--format", "text"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert "y = [38, 56]" in done.stdout
    assert done.stderr == ""


def test_a_closed_pipe_is_no_traceback() -> None:
    call = f"{sys.executable} -m symconv derive --input-size 300 --kernel-size 200 --max-rows 0 --show output"
    done = subprocess.run(f"{call} | head -c 1", shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_without_a_command_there_is_help(capsys) -> None:
    code, out, _ = run(capsys)
    assert code == 0
    assert "derive" in out
    assert "check" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["derive", "-x", "u,y0", "-w", "1"], "-x uses y0, which already has a meaning in this layer"),
        (["derive", "-x", "u,v", "-w", "M"], "-w uses M, which already has a meaning in this layer"),
        (["derive", "-x", "u,b", "-w", "1", "-b", "2"], "-x uses b, which already has a meaning"),
        (["derive", "-x", "nan,1", "-w", "1"], "'nan' is not an entry"),
        (["derive", "-x", "1,2", "-w", "1", "--activation", "y"], "'y', which already stands for the output"),
        (["derive", "-x", "x0,x1,y0", "-w", "w1,w0"], "-x uses x0, which already has a meaning"),
        (["derive", *OPENING, "--show", "grad_bias"], "add --bias or -b"),
        (["derive", *OPENING, "-o", ""], "-o is empty: give the name of a file"),
        (["derive", *OPENING, "--max-rows", "2"], "at least 3, or 0 to show all"),
        (["derive", "--input-size", "9" * 30, "--kernel-size", "3"], "at most"),
        (["check", *OPENING, "--seed", "-1"], "seed is -1"),
        (["derive", "-x", "1/٠", "-w", "1"], "'1/٠' is not an entry"),
        (["derive", "-x", "1/00", "-w", "1"], "'1/00' divides by zero"),
        (["derive", "--input-size", "٣", "--kernel-size", "1"], "'٣' is not a size"),
        (["derive", "--input-size", "__", "--kernel-size", "2"], "'__' is not a size"),
        (["derive", "--input-size", "N__1", "--kernel-size", "2"], "such as N or N_1"),
        (["derive", "--input-size", "N", "--kernel-size", "2", "--padding", "../.."], "'../..' is not a"),
        (["derive", *SIZES, "--padding", "1,2;"], "'' is not a size"),
        (["derive", "--input-size", ",".join("1" * 71), "--kernel-size", "1"], "sizes for 71 axes: give at"),
        (["check", "--input-size", ",".join("N" * 13), "--kernel-size", "1"], "sizes for 13 axes: give at"),
        (["derive", *OPENING, "--delta", "1"], "--delta has 1 entry, but the layer takes 2."),
        (["derive", *OPENING, "--show", ","], "--show names '', which is not a quantity: write one of"),
        (["derive", *OPENING, "--max-rows", "x"], "'x' is not a whole number of at most 100 digits: write"),
        (["check", *OPENING, "--draws", "1.5"], "'1.5' is not a whole number"),
        (["check", *OPENING, "--seed", "9" * 101], "of at most 100 digits"),
        (["exercises", *SIZES, "--count", "٣"], "'٣' is not a whole number"),
        (["notes", "--spec", ""], "--spec is empty: give the name of a TOML file."),
        (["claim", *OPENING, "output", "1,,3"], "'1,,3' leaves out an entry: write all of them, as in"),
        (["claim", *OPENING, "output", "a,b"], "unknown a: write one of 'delta0', 'delta1'."),
        (["claim", *OPENING, "zero", "1"], "did you mean 'zeros'?"),
        (["claim", *OPENING, "zeros", "-1"], "begins with a minus sign, put -- before the name."),
        (["claim", *SIZES, "output", "x[i]", "--fli"], "No such option '--fli'. Did you mean"),
        (["claim"], "Missing argument 'NAME': symconv claim --help shows what it takes."),
        (["derive", *OPENING, "more"], "argument (more): symconv derive --help shows what it takes."),
        (["foo"], "No such command 'foo': symconv --help shows what it takes."),
    ],
)
def test_odd_calls_are_one_line_too(capsys, arguments, words) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_a_full_disk_is_one_line() -> None:
    call = f"{sys.executable} -m symconv derive -x 1,2 -w 1 --show none > /dev/full"
    done = subprocess.run(call, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "symconv: cannot print: No space left on device.\n")


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        ("claim --input-size 4 --kernel-size 3 output - <&-", 2, "symconv: standard input holds no formula"),
        pytest.param("derive --input-size 4 --kernel-size 3 --show none >&-", 0, "", marks=exhaustive),
        pytest.param("derive --input-size 4 --kernel-size 3 --show none 2>&-", 0, "", marks=exhaustive),
        pytest.param("foo 2> /dev/full", 2, "", marks=exhaustive),
    ],
)
def test_a_stream_that_is_closed_or_full_is_no_traceback(call: str, code: int, words: str) -> None:
    done = subprocess.run(
        f"{sys.executable} -m symconv {call}", shell=True, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr[: len(words)]) == (code, words)
    assert done.stderr.count("\n") == bool(words)


@pytest.mark.parametrize("name", ["a\udcff.md", "a\nb.rst"])
def test_a_name_that_cannot_be_printed_is_refused(capsys, tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("notes", "exercises"):
        code, _, err = run(capsys, command, *SIZES, "-o", name)
        assert code == 2
        assert f"-o is {name!r}: write the name of a file in letters that can be printed." in err
    assert list(tmp_path.iterdir()) == []


def test_a_stop_while_the_command_loads_is_one_line() -> None:
    code = (
        "import builtins, sys\n"
        "load = builtins.__import__\n"
        "def stopped(name, *rest):\n"
        "    if name == 'click': raise KeyboardInterrupt\n"
        "    return load(name, *rest)\n"
        "builtins.__import__ = stopped\n"
        "from symconv.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "symconv: stopped.\n")
