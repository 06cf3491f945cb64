"""What each kind of addition must do in the copy of the package that it was made in."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import symconv as sc
from symconv.check import Report
from symconv.cli.commands import run
from symconv.derivation import Derivation
from symconv.errors import SymconvError

#: Libraries that are as if they were not installed, which takes less time; and so are some probes left out.
LEFT_OUT = os.environ.get("LEFT_OUT", "").split()
sys.modules.update(dict.fromkeys(LEFT_OUT))


def calls(capsys: pytest.CaptureFixture[str]) -> None:
    """The calls that the page shows end well and print something, or write the file that they name."""
    for call in json.loads(Path("calls.json").read_text(encoding="utf-8")):
        command, *arguments = shlex.split(call)
        assert command == "symconv"
        code, printed = run(arguments), capsys.readouterr()
        assert (code, printed.err) == (0, ""), (call, printed)
        assert printed.out or Path(arguments[-1]).read_text(encoding="utf-8"), call


def holds(derivation: Derivation) -> bool:
    """Whether every step is true on the cases and for all sizes."""
    return bool(derivation.verify()) and bool(derivation.prove())


def answered(report: Report) -> set[str]:
    """The quantities that were compared, all of which must agree."""
    assert report, report
    return {finding.quantity for finding in report.findings}


def refused(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(SymconvError, match=words):
        call()


def a_padding_mode() -> None:
    x, w, ends = [3, 1, 4, 1], [2, 7, 1], (4, 2)
    wanted = np.correlate(np.pad(x, ends, mode="symmetric"), w, "valid")[::2].tolist()
    layer = sc.Conv1d(4, 3, padding=ends, stride=2, padding_mode="symmetric")
    assert list(layer.at(x=x, w=w).output) == list(layer.at(w=w).matrix * sympy.Matrix(x)) == wanted
    assert "symmetric" in layer.description
    assert layer.algorithm("output").function(x, w, 0, s=2, d=1, p=4, q=2) == wanted
    names = {"output", "matrix", "windows", "grad_input", "grad_kernel", "upstream_matrix", "tying"}
    assert names <= answered(layer.check())
    assert names <= answered(sc.Conv2d(2, 2, padding=(2, 1), padding_mode="symmetric").check())
    opened = sc.Conv1d("N", "K", padding="p", padding_mode="symmetric")
    assert names <= set(opened.formula_names)
    for name in ("output", "matrix", "grad_input") if LEFT_OUT else opened.formula_names:
        assert holds(opened.derive(name))
    given = sc.Conv1d(4, 3, padding=2, padding_mode="symmetric")
    assert given.figure("window").alt
    assert "reflected into the padding, its ends included" in str(given.exercises(count=2))
    refused(lambda: sc.Conv1d(4, 3, padding=5, padding_mode="symmetric"), "at most 4")


def a_quantity() -> None:
    layer = sc.Conv1d(5, 3, stride=2, padding=1)
    assert layer.backward_matrix == layer.matrix.T
    delta = sympy.Matrix(layer.delta)
    assert (layer.backward_matrix * delta).expand() == sympy.Matrix(layer.grad_input)
    report = layer.check()
    assert {finding.reference for finding in report.findings if finding.quantity == "backward_matrix"} == {
        "loops"
    }
    assert "backward_matrix" in answered(report)
    assert str(layer.equation("backward_matrix")).startswith("B = [w1")
    assert layer.reasons["backward_matrix"].startswith("Backward matrix: ")
    for opened in (sc.Conv1d("N", "K", stride="s", padding="p"), sc.Conv2d("N", 2, dilation=2, flip=True)):
        assert holds(opened.derive("backward_matrix"))
    formula = sc.Conv1d("N", "K").formula("backward_matrix")
    assert formula.at(N=5, K=3) == sc.Conv1d(5, 3).matrix.T
    wrong = sc.parse("w[i - j]")
    assert sc.Conv1d("N", "K").claim("backward_matrix", formula.rhs).verdict == "proved"
    assert not sc.Conv1d("N", "K").claim("backward_matrix", wrong)
    refused(lambda: sc.Conv1d("B", "K").formula("output"), "'B' .*backward matrix")
    assert sc.Conv1d("N", "K", notation=sc.Notation(matrix="B")).formula("backward_matrix").latex()


def a_rule() -> None:
    for options in ({}, {"flip": True, "padding": "full"}, {"stride": 3, "padding": "p", "bias": True}):
        derivation = sc.Conv1d("N", "K", **options).derive("output")
        assert "change of index" in [step.rule for step in derivation.steps], derivation
        assert holds(derivation)
    dilated = sc.Conv1d("N", "K", dilation=2).derive("output")
    assert "change of index" not in [step.rule for step in dilated.steps]


def a_reference() -> None:
    for layer in (
        sc.Conv1d(9, 3, stride=2, padding=1, flip=True, bias=True),
        sc.Conv2d(4, (2, 3), in_channels=2, out_channels=3, dilation=(2, 1), padding="full"),
        sc.Conv1d(5, 3, padding=(2, 3), padding_mode="reflect"),
    ):
        assert "spectra" in layer.reference_names
        assert answered(layer.check(reference="spectra")) == {"output"}
        assert "numpy.fft" in str(layer.check())
    assert not sc.Conv1d(4, 2, in_channels=2, out_channels=2, groups=2).check(reference="spectra").findings


def a_notation() -> None:
    assert "oppenheim" in sc.Notation.preset_names()
    layer = sc.Conv1d(4, 2, padding="full", flip=True, notation="oppenheim")
    assert str(layer.w.T) == "Matrix([[h0, h1]])"
    assert "h_{0}" in layer.latex("matrix")
    assert layer.check()
    opened = sc.Conv1d("N", "K", padding="full", flip=True, notation="oppenheim")
    assert all(opened.derive(name).prove() for name in ("output", "grad_kernel"))


def a_maths_target() -> None:
    from symconv.printing.targets import TARGETS, target_of

    assert list(TARGETS) == ["latex", "text", "unicode", "mathml", "typst"]
    layer = sc.Conv1d(4, 3, stride=2, padding=1, bias=True)
    shown: list[Any] = [layer.equation(name) for name in layer.equation_names]
    opened = sc.Conv1d("N", "K", stride="s", padding="p")
    shown += [opened.derive(name) for name in ("output_size", "output", "windows")]
    target = target_of("unicode")
    whole = "\n".join(target.lay_out(item.display(target)) for item in shown)
    assert all(sign in whole for sign in ("∂L/∂w0 = δ1·", "Xᵀ δ", "⌊", "∑(k=0..K - 1)", "≤ i ≤ M - 1"))
    assert not [word for word in ("delta", "<=", "floor", "sum", "^T") if word in whole]


def an_output_format(tmp_path: Path) -> None:
    layer = sc.MaxPool1d("N", 2)
    layer.notes(title="a *b*").save(tmp_path / "notes.org")
    text = (tmp_path / "notes.org").read_text(encoding="utf-8")
    assert text.startswith("#+title: a *b*")
    assert text.count("\n* ") > 3
    assert text.count("\\[\n") == text.count("\n\\]") > 1
    refused(lambda: layer.notes().save(tmp_path / "notes.org", slides=True), r"\.org")


def a_figure() -> None:
    layer = sc.Conv1d(5, 3)
    assert "kernel" in layer.figure_names
    figure = layer.at(w=[5, 6, 7]).figure("kernel")
    assert figure.alt == "Kernel with the taps 5, 6, 7."
    assert "<svg" in figure.svg()
