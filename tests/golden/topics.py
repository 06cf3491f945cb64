"""What is golden besides layers: claims, functions, formulas at numbers, options of notes, command lines."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import sympy

import symconv as sc


def _claim(name: str, text: str, **options: Any) -> Callable[[], Any]:
    return lambda: sc.Conv1d("N", "K", **options).claim(name, sc.parse(text))


def _by_numpy(x: Any, w: Any) -> Any:
    return np.correlate(x, w, "valid")


def _by_a_slip(x: Any, w: Any) -> Any:
    return np.convolve(x, w, "valid")


#: Right and wrong formulas, and functions, for quantities.
CLAIMS: Mapping[str, Callable[[], Any]] = {
    "output": _claim("output", "sum(k=0..K-1) w[k]*x[s*i+k-p]", stride="s", padding="p"),
    "output at stride 2": _claim("output", "sum(k=0..K-1) w[k]*x[2*i+k]", stride=2),
    "stride at the tap": _claim("output", "sum(k=0..K-1) w[k]*x[i+s*k]", stride="s"),
    "kernel not flipped": _claim("output", "sum(k=0..K-1) w[k]*x[i-K+1+k]", padding="full", flip=True),
    "size with a floor": _claim("output_size", "floor((N+2*p-K)/s)+1", stride="s", padding="p"),
    "size with a ceiling": _claim("output_size", "ceil((N-K)/s)+1", stride="s"),
    "gradient by outputs": _claim("grad_input", "sum(i=0..M-1) delta[i]*w[j+p-s*i]", stride="s", padding="p"),
    "gradient by brackets": _claim(
        "grad_input", "sum(i=0..M-1) sum(k=0..K-1) [i = (j-k)/2]*delta[i]*w[k]", stride=2
    ),
    "gradient without a flip": _claim("grad_input", "sum(k=0..K-1) delta[j+k]*w[k]"),
    "kernel gradient": _claim("grad_kernel", "sum(i=0..M-1) delta[i]*x[i+k]"),
    "kernel gradient exchanged": _claim("grad_kernel", "sum(i=0..M-1) delta[i]*x[i-k]"),
    "bias gradient": _claim("grad_bias", "sum(i=0..M-1) delta[i]", bias=True),
    "false at large sizes": _claim("output", "sum(k=0..K-1) w[k]*x[i+k] + [N >= 100]*w[0]"),
    "beyond integer sets": _claim("output", "sum(k=0..K-1) w[k]*x[i+k] - max(0, N-50)*0"),
    "another form": _claim("output", "sum(k=0..K-1) sum(j=0..N-1) [i = j-k]*w[k]*x[j]"),
    "named": _claim("output", "corr(x, w)[i]"),
    "matrix": _claim("matrix", "w[j-i]"),
    "of numbers": lambda: sc.Conv1d(5, 3, dilation=2).claim("output", sc.parse("sum(k=0..2) w[k]*x[i+2*k]")),
    "of a transposed layer": lambda: sc.ConvTranspose1d("N", "K", stride=2).claim(
        "output", sc.parse("sum(j=0..N-1) w[i-2*j]*x[j]")
    ),
    "of an average": lambda: sc.AvgPool1d("N", 2).claim("output", sc.parse("(x[2*i]+x[2*i+1])/2")),
    "on a grid": lambda: sc.Conv1d("N", 2).claim("output", sc.parse("w[0]*x[i]+w[1]*x[i+1]"), N=range(2, 6)),
    "by a function": lambda: sc.Conv1d("N", "K").claim("output", _by_numpy),
    "by a wrong function": lambda: sc.Conv1d("N", "K").claim("output", _by_a_slip),
}


def _hinge(z: float) -> float:
    if z > 1:
        return 0
    return 1 - z


def saved(layer: Any, name: str, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        layer.notes(**options).save(Path(folder) / name)
        return (Path(folder) / name).read_text(encoding="utf-8")


_SMALL = sc.Conv1d(4, 2, in_channels=1, out_channels=2)

#: Objects of the package that are printed, by what they are.
MORE: Mapping[str, Callable[[], Any]] = {
    "convolve": lambda: [sc.convolve([1, 2, 3, 4], w, m) for w in ([5, 6, 7], 2) for m in ("full", "same")],
    "correlate": lambda: [sc.correlate(4, w, m) for w in (3, [1, sympy.I]) for m in ("full", "valid")],
    "convolution matrix": lambda: [sc.convolution_matrix(2, 3, m) for m in ("full", "same", "valid")],
    "function": lambda: sc.function_latex(_hinge),
    "parsed": lambda: sympy.srepr(sc.parse("sum(k=max(0,i-1)..K-1) [2 divides i-k]*w[k]*x[floor(i/2)]")),
    "brackets": lambda: sympy.latex(sc.parse("[0 <= i-k <= N-1]*w[k] + [i = j]*mod(i, 2)")),
    "activation": lambda: _SMALL.activation("f"),
    "activation named": lambda: _SMALL.equation("activation", function="sigma").latex(),
    "activation of SymPy": lambda: _SMALL.equation("activation", function=sympy.tanh),
    "activation of the reader": lambda: _SMALL.equation("activation", function=lambda z: z**2 + 1).latex(),
    "filters with a function": lambda: _SMALL.equation("filters", function="g").latex(),
    "latex of a layer": lambda: _SMALL.latex("matrix"),
    "names": lambda: (_SMALL.figure_names, _SMALL.reference_names, sc.Notation.preset_names()),
    "notations": lambda: [
        (sc.Notation.preset(n), sc.Notation.preset(n).source) for n in sc.Notation.preset_names()
    ],
    "formula at sizes": lambda: [
        sc.Conv1d("N", "K", stride=2, padding="p").formula(name).at(N=5, K=3, p=1)
        for name in ("output_size", "output", "matrix", "windows", "grad_input", "upstream_matrix", "tying")
    ],
    "formula of channels at sizes": lambda: (
        sc.Conv1d("N", 2, in_channels=2, out_channels="C2", groups=2).formula("output").at(N=3, C2=4)
    ),
    "reasons": lambda: sc.Conv1d("N", "K", stride="s", flip=True).derive("grad_kernel").reasons(),
    "verified on a grid": lambda: sc.Conv1d("N", "K").derive("output").verify(N=range(1, 5), K=range(1, 3)),
    "report of loops": lambda: sc.Conv1d(5, 3, bias=True).check(reference="loops", draws=2, seed=3),
    "notes with a title": lambda: saved(_SMALL, "n.tex", title="A & B", sections=["size", "numbers"]),
    "notes in another order": lambda: saved(_SMALL, "n.txt", sections=["windows", "letters"]),
    "notes with a name": lambda: saved(_SMALL, "n.txt", sections=["numbers", "learning"], activation="g"),
    "notes with a function": lambda: saved(_SMALL, "n.tex", sections=["numbers"], activation=_hinge),
}

_OPENING = "-x 1,2,3,4 -w 5,6,7"
_SIZES = "--input-size 4 --kernel-size 3"
_OPEN = "--input-size N --kernel-size K"

_COMMANDS = [
    "",
    "--help",
    "derive --help",
    "check --help",
    "claim --help",
    "notes --help",
    f"derive {_OPENING} --padding full --flip",
    f"derive {_OPENING} --padding full --flip --format text",
    f"derive {_OPENING} --padding full --flip --format markdown --show all",
    f"derive {_OPENING} --activation relu --format text --show activation",
    f"derive {_SIZES} --notation goodfellow --index-base 1 --show output,matrix --format text",
    f"derive {_SIZES} --steps --show output --format text",
    f"derive {_OPEN} --stride s --show grad_input --steps",
    f"derive {_OPEN} --stride s --show output_size,windows,grad_kernel --format text",
    "derive --input-size 9 --kernel-size 3 --stride 2 --dilation 2 --padding 1,2 -b 1/2 --tap-colours "
    "blue,teal --upstream-style partial --max-rows 3 --show output_size,output,grad_bias,matrix",
    "derive -x 1/3,-2.5,a -w -1,b_1 --show output --format text",
    "check --input-size 9 --kernel-size 3 --stride 2 --padding 1",
    "check --input-size 4 --kernel-size 2 --draws 1 --seed 7",
    f"claim {_OPEN} output sum(k=0..K-1)w[k]*x[i+k]",
    f"claim {_OPEN} output sum(k=0..K-1)w[k]*x[i+2*k]",
    "derive",
    "derive -x 1,2",
    "derive -x 1,__import__('os') -w 1",
    "derive -x 1,,2 -w 1",
    "derive -x 1/0 -w 1",
    "derive -x 1e999999999 -w 1",
    "derive -x 1,2 -w 1 --stride 0",
    "derive -x 1,2 -w 1,2,3",
    "derive -x 1,2 -w 1 --padding ful",
    "derive -x 1,2 -w 1 --padding 1,2,3",
    "derive -x 1,2 -w 1 --input-size 3",
    "derive -x 1,2 -w 1 --show matrx",
    "derive -x 1,2 -w 1 --tap-colours blau",
    "derive -x 1,2 -w 1 --max-rows 1",
    f"derive {_OPEN} -x 1,2",
    f"derive {_SIZES} --steps --activation f",
    "derive --input-size w --kernel-size 3",
    f"claim {_SIZES} output x[i",
    f"claim {_SIZES} outputs x[i]",
    f"claim {_SIZES} output q*x[i]",
    "check -x 1,2 -w 1 --draws 0",
    f"check {_OPEN}",
    "derive -x u,y0 -w 1",
    "derive -x u,b -w 1 -b 2",
    f"derive {_OPENING} --show grad_bias",
    f"derive {_OPENING} --max-rows 2",
    f"check {_OPENING} --seed -1",
    f"derive {_SIZES} --padding 1,2;",
    f"notes {_SIZES}",
    f"notes {_SIZES} -o notes.doc",
    f"notes {_SIZES} --slides -o notes.md",
    f"notes {_SIZES} --check",
    f"notes {_SIZES} --sections forwrd -o notes.txt",
    f"notes {_OPENING} --sections letters,numbers --title Example -o notes.txt",
    f"notes {_OPEN} --sections size,matrix --fragment --notation cs231n -o notes.tex",
    f"derive {_OPENING} --show grad_kernel -o part.tex",
]


def command_lines() -> Iterator[Sequence[str]]:
    """Calls of the command line, right and wrong."""
    return (line.split() for line in _COMMANDS)


def ended(line: Sequence[str]) -> str:
    """How a call ended, what it printed, and what it wrote."""
    from symconv.__main__ import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(mock.patch.dict(os.environ, {"COLUMNS": "80"}))
        stack.enter_context(mock.patch.object(sys, "argv", ["symconv", *line]))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        code: object = None
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        files = [f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(Path().iterdir())]
    return "\n".join([str(code), out.getvalue(), err.getvalue(), *files])
