"""Wrong calls, whose errors are golden, and calls of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import symconv as sc

#: Wrong calls of the interface.
CALLS: Mapping[str, Callable[[], Any]] = {
    "size 0": lambda: sc.Conv1d(0, 3),
    "size of a wrong kind": lambda: sc.Conv1d(2.5, 3),
    "size that is no name": lambda: sc.Conv1d("N-1)", 3),
    "kernel too wide": lambda: sc.Conv1d(2, 3),
    "stride 0": lambda: sc.Conv1d(4, 3, stride=0),
    "dilation 0": lambda: sc.Conv1d(4, 3, dilation=0),
    "padding below 0": lambda: sc.Conv1d(4, 3, padding=-1),
    "padding misspelt": lambda: sc.Conv1d(4, 3, padding="ful"),
    "padding of three": lambda: sc.Conv1d(4, 3, padding=(1, 2, 3)),
    "same with stride": lambda: sc.Conv1d(4, 3, padding="same", stride=2),
    "padding mode misspelt": lambda: sc.Conv1d(4, 3, padding_mode="circula"),
    "reflection too wide": lambda: sc.Conv1d(2, 2, padding=3, padding_mode="reflect"),
    "circle too wide": lambda: sc.Conv1d(2, 2, padding=3, padding_mode="circular"),
    "option misspelt": lambda: sc.Conv1d(4, 3, strid=2),
    "flip of a wrong kind": lambda: sc.Conv1d(4, 3, flip=1),
    "bias of a wrong kind": lambda: sc.Conv1d(4, 3, bias=1),
    "groups that do not divide": lambda: sc.Conv1d(4, 3, in_channels=3, out_channels=2, groups=2),
    "groups without channels": lambda: sc.Conv1d(4, 3, groups=2),
    "one kind of channels": lambda: sc.Conv1d(4, 3, in_channels=2),
    "batch 0": lambda: sc.Conv1d(4, 3, batch=0),
    "sizes of a wrong rank": lambda: sc.Conv2d((4, 4, 4), 3),
    "notation unknown": lambda: sc.Conv1d(4, 3, notation="ufld"),
    "notation of a wrong kind": lambda: sc.Conv1d(4, 3, notation=3),
    "size with a taken letter": lambda: sc.Conv1d("w", 3).formula("output"),
    "output padding too large": lambda: sc.ConvTranspose1d(3, 3, stride=2, output_padding=2),
    "transposed cut to nothing": lambda: sc.ConvTranspose1d(1, 1, padding=1),
    "transposed with a mode": lambda: sc.ConvTranspose1d(3, 3, padding_mode="circular"),
    "pool padded too much": lambda: sc.AvgPool1d(4, 2, padding=2),
    "pool with a flip": lambda: sc.MaxPool1d(4, 2, flip=True),
    "average with dilation": lambda: sc.AvgPool1d(4, 2, dilation=2),
    "pool with channels 0": lambda: sc.MaxPool2d(4, 2, channels=0),
    "pool with a kernel": lambda: sc.AvgPool1d(4, 2).at(w=[1, 2]),
    "too few entries": lambda: sc.Conv1d(4, 3).at(x=[1, 2, 3]),
    "entries of a wrong shape": lambda: sc.Conv2d(3, 2).at(x=[1, 2, 3]),
    "entries of a wrong kind": lambda: sc.Conv1d(4, 3).at(x=[1, 2, 3, "1/2"]),
    "unknown operand": lambda: sc.Conv1d(4, 3).at(y=[1]),
    "bias that is not there": lambda: sc.Conv1d(4, 3).at(b=1),
    "values on letters": lambda: sc.Conv1d("N", 3).at(x=[1, 2, 3]),
    "entries on letters": lambda: sc.Conv1d("N", 3).matrix,
    "equation on letters": lambda: sc.Conv1d("N", 3).equation("output").text(),
    "figure on letters": lambda: sc.Conv1d("N", 3).figure("band"),
    "check on letters": lambda: sc.Conv1d("N", 3).check(),
    "quantity misspelt": lambda: sc.Conv1d(4, 3).equation("matrx"),
    "quantity of a wrong kind": lambda: sc.Conv1d(4, 3).equation(3),
    "bias gradient without bias": lambda: sc.Conv1d(4, 3).equation("grad_bias"),
    "formula misspelt": lambda: sc.Conv1d(4, 3).formula("grad_inpt"),
    "formula of no bias": lambda: sc.Conv1d(4, 3).formula("grad_bias"),
    "formula of a pool": lambda: sc.MaxPool1d(4, 2).formula("tying"),
    "formula on values": lambda: sc.Conv1d(2, 1).at(x=[1, 2]).formula("output"),
    "formula of an axis": lambda: sc.Conv1d(4, 3).formula("output_size", axis=1),
    "formula at too little": lambda: sc.Conv1d("N", "K").formula("output").at(N=3),
    "formula at too much": lambda: sc.Conv1d("N", "K").formula("output").at(N=3, K=2, L=1),
    "formula at no layer": lambda: sc.Conv1d("N", "K").formula("output").at(N=2, K=3),
    "formula at a fraction": lambda: sc.Conv1d("N", "K").formula("output").at(N=2.5, K=3),
    "no small layer": lambda: sc.Conv1d(2, "K", dilation=1, padding=(0, 0)).derive("output").verify(K=[5]),
    "grid of an unknown size": lambda: sc.Conv1d("N", 3).derive("output").verify(L=[1]),
    "proof of stride 0": lambda: sc.Conv1d("N", 3, stride="s").derive("output").prove(strides=[0]),
    "figure misspelt": lambda: sc.Conv1d(4, 3).figure("bands"),
    "figure too large": lambda: sc.Conv1d(100, 3).figure("band"),
    "network too large": lambda: sc.Conv1d(38, 4).figure("network"),
    "tikz too narrow": lambda: sc.Conv1d(4, 3).figure("band").tikz(width=0),
    "png of no size": lambda: sc.Conv1d(4, 3).figure("band").png(dpi=0),
    "figure of no format": lambda: sc.Conv1d(4, 3).figure("band").save("band.txt"),
    "algorithm misspelt": lambda: sc.Conv1d(4, 3).algorithm("outpt"),
    "activation with a taken letter": lambda: sc.Conv1d(4, 3).activation("w"),
    "activation that is no name": lambda: sc.Conv1d(4, 3).activation("\\input"),
    "activation of a pool": lambda: sc.MaxPool1d(4, 2).notes(activation="f"),
    "reference misspelt": lambda: sc.Conv1d(4, 3).check(reference="loop"),
    "draws 0": lambda: sc.Conv1d(4, 3).check(draws=0),
    "seed below 0": lambda: sc.Conv1d(4, 3).check(seed=-1),
    "reference not installed": lambda: sc.Conv1d(4, 3).check(reference="torch"),
    "section misspelt": lambda: sc.Conv1d(4, 3).notes(sections=["forwrd"]),
    "section with nothing to say": lambda: sc.Conv1d("N", 3).notes(sections=["example"]),
    "title of no text": lambda: sc.Conv1d(4, 3).notes(title=" "),
    "document of no format": lambda: _notes().save("notes.doc"),
    "document with a wrong option": lambda: _notes().save("notes.md", slides=True),
    "document with two options": lambda: _notes().save("notes.tex", slides=True, fragment=True),
    "document with a misspelt option": lambda: _notes().save("notes.tex", slide=True),
    "document with an odd option": lambda: _notes().save("notes.tex", slides=1),
    "claim with an unknown name": lambda: sc.Conv1d("N", "K").claim("output", sc.parse("q*x[i]")),
    "claim of no formula": lambda: sc.Conv1d("N", "K").claim("output", "w*x"),
    "claim with wrong indices": lambda: sc.Conv1d("N", "K").claim("output", sc.parse("x[i, 1]")),
    "claim on no grid": lambda: sc.Conv1d("N", "K").claim(
        "output", sc.parse("x[i]"), N=range(1, 2), K=range(3, 4)
    ),
    "claim by a function of nothing": lambda: sc.Conv1d("N", "K").claim("output", lambda kernel: 0),
    **{
        f"formula {text!r}": lambda text=text: sc.parse(text)
        for text in (
            "w[k", "w[k]]", "2 x", "sum(k=0) w[k]", "sum(1=0..2) w[k]", "floor(1, 2)", "mod(1)", "[j]",
            "x; import os", "__import__('os')", "", "2^k", "mod(i, 0)", "1/0",
        )
    },
    "convolution mode": lambda: sc.convolve([1, 2], [3], mode="ful"),
    "convolution of nothing": lambda: sc.convolve([], [3]),
    "convolution of a size 0": lambda: sc.convolve(0, 3),
    "matrix too small": lambda: sc.convolution_matrix([1, 2, 3], 0),
    "letter that is none": lambda: sc.Notation(kernel="1w"),
    "letter twice": lambda: sc.Notation(kernel="x"),
    "base 2": lambda: sc.Notation(base=2),
    "style misspelt": lambda: sc.Notation(upstream_style="partal"),
    "colour misspelt": lambda: sc.Notation(tap_colours=("blau",)),
    "rows too few": lambda: sc.Notation(max_rows=1),
    "letter misspelt": lambda: sc.Notation(kernal="h"),
}  # fmt: skip


def _notes() -> Any:
    return sc.Conv1d("N", "K").notes(sections=["size"])


_OPENING = "-x 1,2,3,4 -w 5,6,7"
_SIZES = "--input-size 4 --kernel-size 3"
_OPEN = "--input-size N --kernel-size K"

#: Calls of the command line, right and wrong.
COMMANDS: Sequence[Sequence[str]] = [
    *(line.split() for line in (
        "", "--help", "derive --help", "check --help", "claim --help", "notes --help",
        f"derive {_OPENING} --padding full --flip",
        f"derive {_OPENING} --padding full --flip --format text",
        f"derive {_OPENING} --padding full --flip --format markdown --show all",
        f"derive {_OPENING} --activation relu --format text --show activation",
        f"derive {_SIZES} --notation goodfellow --index-base 1 --show output,matrix --format text",
        f"derive {_SIZES} --steps --show output --format text",
        f"derive {_OPEN} --stride s --show grad_input --steps",
        f"derive {_OPEN} --stride s --show all --format text",
        "derive --input-size 9 --kernel-size 3 --stride 2 --dilation 2 --padding 1,2 -b 1/2 --tap-colours "
        "blue,teal --upstream-style partial --max-rows 3 --show output_size,output,grad_bias,matrix",
        "derive -x 1/3,-2.5,a -w -1,b_1 --show output --format text",
        "check --input-size 9 --kernel-size 3 --stride 2 --padding 1",
        "check --input-size 4 --kernel-size 2 --draws 1 --seed 7",
        f"claim {_OPEN} output sum(k=0..K-1)w[k]*x[i+k]",
        f"claim {_OPEN} output sum(k=0..K-1)w[k]*x[i+2*k]",
        "derive", "derive -x 1,2", "derive -x 1,__import__('os') -w 1", "derive -x 1,,2 -w 1",
        "derive -x 1/0 -w 1", "derive -x 1e999999999 -w 1", "derive -x 1,2 -w 1 --stride 0",
        "derive -x 1,2 -w 1,2,3", "derive -x 1,2 -w 1 --padding ful", "derive -x 1,2 -w 1 --padding 1,2,3",
        "derive -x 1,2 -w 1 --input-size 3", "derive -x 1,2 -w 1 --show matrx",
        "derive -x 1,2 -w 1 --tap-colours blau", "derive -x 1,2 -w 1 --max-rows 1",
        f"derive {_OPEN} -x 1,2", f"derive {_SIZES} --steps --activation f",
        "derive --input-size w --kernel-size 3", f"claim {_SIZES} output x[i", f"claim {_SIZES} outputs x[i]",
        f"claim {_SIZES} output q*x[i]", "check -x 1,2 -w 1 --draws 0", f"check {_OPEN}",
        "derive -x u,y0 -w 1", "derive -x u,b -w 1 -b 2", f"derive {_OPENING} --show grad_bias",
        f"derive {_OPENING} --max-rows 2", f"check {_OPENING} --seed -1", f"derive {_SIZES} --padding 1,2;",
        f"notes {_SIZES}", f"notes {_SIZES} -o notes.doc", f"notes {_SIZES} --slides -o notes.md",
        f"notes {_SIZES} --check", f"notes {_SIZES} --sections forwrd -o notes.txt",
    )),
]  # fmt: skip
