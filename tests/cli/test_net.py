"""``symconv net``: networks in TOML, their numbers beside NumPy's, their notes, and what is refused."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symconv as sc
from tests.cli.test_cli import run

TWO = """
loss = "half_squared_error"
x = [1, 2, 3, 4]
target = [1, 0]

[[layers]]
kind = "conv1d"
input-size = 4
padding = "full"
flip = true
w = [5, 6, 7]
b = [-20]

[[layers]]
kind = "activation"
function = "relu"

[[layers]]
kind = "dense"
w = [[1, 0, 1, 0, 0, 1], [0, "1/2", 0, 0, 1, 0.5]]
"""

IMAGE = """
[[layers]]
kind = "conv2d"
input-size = 4
kernel-size = 3
in-channels = 1
out-channels = 2
"""

OPEN = """
[notation]
upstream = "g"

[[layers]]
kind = "conv2d"
input-size = ["N", "N"]
kernel-size = [3, 3]
padding = [[1, 0], [2, 2]]
in-channels = 1
out-channels = 4

[[layers]]
kind = "activation"
function = "f"

[[layers]]
kind = "maxpool2d"
kernel-size = 2

[[layers]]
kind = "residual"
[[layers.layers]]
kind = "conv2d"
kernel-size = 3
padding = 1
out-channels = 4
[[layers.shortcut]]
kind = "conv2d"
kernel-size = 1
out-channels = 4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.toml"


def lists(text: str) -> dict[str, list[Fraction]]:
    """The entries of each quantity that is printed, row by row."""
    found: dict[str, list[Fraction]] = {}
    name = ""
    for line in text.splitlines():
        if line.count("[") == 1:
            head, row = line.split("[")
            name = head.partition(" =")[0].strip() or name
            found.setdefault(name, []).extend(map(Fraction, row.rstrip("]").split()))
    return found


def test_both_passes_on_numbers_are_those_of_numpy(file: Path, capsys) -> None:
    file.write_text(TWO)
    code, out, err = run(capsys, "net", str(file), "--format", "text")
    assert (code, err) == (0, "")
    x, w, dense = (
        np.array([1, 2, 3, 4]),
        np.array([5, 6, 7]),
        np.array([[2, 0, 2, 0, 0, 2], [0, 1, 0, 0, 2, 1]]),
    )
    z1 = np.convolve(x, w) - 20
    a1 = np.maximum(z1, 0)
    doubled = dense @ a1  # twice the output
    delta2 = doubled - [2, 0]
    delta1 = (dense.T @ delta2) * (z1 > 0)  # four times the gradient
    ones = np.array([[x[i - k] if 0 <= i - k < 4 else 0 for k in range(3)] for i in range(6)])
    halves = [Fraction(int(entry), 2) for entry in (*doubled, *delta2)]
    quarters = [Fraction(int(entry), 4) for entry in (*delta1, *(ones.T @ delta1), delta1.sum())]
    assert lists(out) == {
        "z^(1)": [*map(int, z1)],
        "a^(1)": [*map(int, a1)],
        "z^(2)": halves[:2],
        "delta^(2)": halves[2:],
        "dL/dW^(2)": [Fraction(int(d), 2) * int(a) for d in delta2 for a in a1],
        "delta^(1)": quarters[:6],
        "dL/dw^(1)": quarters[6:9],
        "dL/db^(1)": quarters[9:],
    }


def test_a_file_holds_a_batch_normalisation(file: Path, capsys) -> None:
    norm = "[[layers]]\nkind = 'batchnorm'\neps = 'e'\nfeatures = 2\n"
    dense = "[[layers]]\nkind = 'dense'\n"
    file.write_text(f"{dense}in-features = 2\nout-features = 2\n{norm}")
    code, out, err = run(
        capsys, "net", str(file), "--show", "preactivation", "--layer", "2", "--format", "text"
    )
    assert (code, err) == (0, "")
    assert "z^(2)[i] = w^(2)[i]*a^(1)[i] + b^(2)[i]" in out
    assert "e + sigmabar^(2)[i]**2" in out
    file.write_text(f"x = [1, 2]\n{dense}w = [[1, 0], [1, 1]]\n{norm}w = '3, 4'\nb = [1, -1]\n")
    code, out, err = run(
        capsys, "net", str(file), "--show", "preactivation", "--layer", "2", "--format", "text"
    )
    assert (code, err) == (0, "")
    assert lists(out) == {"z^(2)": [4, 11]}


def test_a_file_makes_the_chain_that_python_makes(file: Path, capsys) -> None:
    file.write_text(OPEN)
    inner, beside = (sc.Conv2d(None, k, padding=p, out_channels=4) for k, p in ((3, 1), (1, 0)))
    net = sc.Chain(
        sc.Conv2d(("N", "N"), 3, padding=((1, 0), (2, 2)), in_channels=1, out_channels=4),
        sc.Activation("f"), sc.MaxPool2d(None, 2), sc.Residual([inner], shortcut=[beside]),
        notation=sc.Notation(upstream="g"),
    )  # fmt: skip
    options = [("delta", "1"), ("grad_kernel", "4"), ("preactivation", "3")]
    for name, layer in options:
        call = ["net", str(file), "--show", name, "--layer", layer, "--format", "text"]
        assert run(capsys, *call) == (0, f"{net.formula(name, layer=int(layer))}\n", "")
        out = run(capsys, *call, "--steps")[1]
        assert out.startswith(f"{net.derive(name, layer=int(layer))}\n")
        assert all(reason in out for reason in net.derive(name, layer=int(layer)).reasons().values())
    assert run(capsys, "net", str(file), "--show", "summary", "--format", "text")[1] == f"{net.summary()}\n"
    out = run(capsys, "net", str(file), "--format", "text")[1]
    shown = re.findall(r"^ *(?:dL/d)?([a-z]+)\^\((\d)\)\[.*?\] = ", out, re.MULTILINE)
    assert " ".join(map("".join, shown)) == "z1 a1 z2 z3 z4 g4 w4 g3 w3 g2 g1 w1"


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("w = [5, 6, 7]", 'w = "5,6,7"'),
        ("w = [5, 6, 7]", "kernel-size = 3\nw = [5.0, 6, '7']"),
        ("x = [1, 2, 3, 4]", 'x = "1,2,3,4"'),
        (
            'w = [[1, 0, 1, 0, 0, 1], [0, "1/2", 0, 0, 1, 0.5]]',
            'out-features = 2\nw = "1,0,1,0,0,1;0,1/2,0,0,1,.5"',
        ),
        ("b = [-20]", "bias = true\nb = '-20'"),
    ],
)
def test_values_are_lists_or_text(written: str, same: str, file: Path, capsys) -> None:
    file.write_text(TWO)
    first = run(capsys, "net", str(file))
    assert written in TWO
    file.write_text(TWO.replace(written, same))
    assert run(capsys, "net", str(file)) == first
    assert first[0] == 0


def test_its_quantities_are_checked(file: Path, capsys) -> None:
    file.write_text(TWO)
    code, out, _ = run(capsys, "net", str(file), "--check")
    assert code == 0
    assert out.endswith("all agree exactly\n")


@pytest.mark.parametrize("suffix", ["tex", "md", "html", "ipynb", "typ", "rst", "txt", "svg", "png"])
def test_notes_and_pictures_are_written(suffix: str, file: Path, tmp_path: Path, capsys) -> None:
    file.write_text(TWO)
    place = tmp_path / f"out.{suffix}"
    assert run(capsys, "net", str(file), "-o", str(place)) == (0, "", "")
    assert len(place.read_bytes()) > 1000


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("x = [1, 2, 3, 4]", "x = [1, 2, 3]", "net.toml: x has 3 entries, but the chain takes 4."),
        ("x = [1, 2, 3, 4]", "x = '1,2,3'", "net.toml: x has 3 entries, but 4 are needed."),
        ("x = [1, 2, 3, 4]", "x = [true, 2, 3, 4]", "x holds true: write numbers, or names of symbols"),
        ("x = [1, 2, 3, 4]", "x = ['__import__', 2, 3, 4]", "x: '__import__' is not an entry: write"),
        ("x = [1, 2, 3, 4]", "x = 4", "x is 4: write a list, such as [1, 2, 3]."),
        ('kind = "dense"', 'kind = "dence"', "net.toml, layer 3: the kind is 'dence': did you mean"),
        ('kind = "dense"', "kind = 3", "net.toml, layer 3: the kind is 3: write one of 'dense',"),
        ("flip = true", "flip = 1", "net.toml, layer 1: flip is 1: write true or false."),
        ("flip = true", "flop = true", "net.toml, layer 1: unknown key 'flop': did you mean 'flip'?"),
        ('padding = "full"', 'padding = "ful"', "net.toml, layer 1: "),
        ('padding = "full"', 'stride = "1.5"', "layer 1: Invalid value for 'stride': '1.5' is not a size"),
        ("input-size = 4", "", "Conv1d(None, 3, padding='full', bias=True, flip=True) is the first layer"),
        ('function = "relu"', 'function = "x+1"', "net.toml, layer 2: the activation is 'x+1': write a"),
        ('function = "relu"', "", "net.toml, layer 2: function is missing: write a name, such as 'relu'."),
        ("b = [-20]", "b = [1, 2]", "net.toml: b[1] has 2 entries"),
        ("loss = ", "lost = ", "net.toml: unknown key 'lost': did you mean 'loss'?"),
        ('loss = "half_squared_error"', "loss = 2", "net.toml: loss is 2: write a name, such as"),
        (TWO, "", "net.toml has no layers: write a [[layers]] table for each part of the network."),
        (TWO, "layers = 3", "net.toml: layers is 3: write a [[layers]] table for each part of the network."),
        (TWO, "[layers", "net.toml is not valid TOML: "),
        (
            TWO,
            "[[layers]]\nkind = 'residual'\nlayers = 2",
            "net.toml, layer 1: layers is 2: write a [[layers]]",
        ),
        ("target = [1, 0]", "target = [1, 0, 2]", "net.toml: target has 3 entries"),
        ("[[layers]]", "[notation]\nkernel = 'a b'\n[[layers]]", "net.toml: "),
        ("[[layers]]", "notation = 'ufdl'\n[[layers]]", "net.toml: "),
        (
            TWO,
            "[[layers]]\nkind = 'dense'\nin-features = 'N'\nout-features = 2\nw = [[1], [2]]",
            "net.toml: input-size is the symbol N, so there are no explicit",
        ),
        ('kind = "dense"', "", "net.toml, layer 3: the kind is missing: write one of 'dense',"),
        ('kind = "dense"', 'kind = "dense"\nbias = 1', "layer 3: bias is 1: write true or false, and its"),
        ('kind = "dense"', 'kind = "maxpool1d"', "layer 3: w does not go with maxpool1d: give kernel-size."),
        (
            'kind = "dense"',
            'kind = "avgpool1d"\nkernel-size = 2\nb = [1]\n[[layers]]\nkind = "dense"',
            "layer 3: b does not go with avgpool1d: leave it out.",
        ),
        ('loss = "half_squared_error"', "loss = true", "net.toml: loss is true: write a name, such as"),
        (TWO, f"{IMAGE}[[layers]]\nkind = 'dense'\nout-features = 2", "Put a part of the kind 'flatten'"),
        (TWO, f"{IMAGE}[[layers]]\nkind = 'activation'\nfunction = 'softmax'", "put a part of the kind"),
        (TWO, f"loss = 'cross_entropy'\n{IMAGE}", "put a part of the kind 'flatten' and a dense layer"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, words: str, file: Path, capsys) -> None:
    assert old in TWO
    file.write_text(TWO.replace(old, new, 1))
    code, out, err = run(capsys, "net", str(file), "-o", str(file.with_suffix(".tex")))
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert not file.with_suffix(".tex").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--show", "detla"], "--show names 'detla', which is not a quantity of a network: did you"),
        (["--layer", "3"], "layer is 3: write a number from 1 to 2."),
        (["--steps"], "--steps derives closed forms, which have no values: leave it out, or the values."),
        (["--show", "grad_bias", "--layer", "2"], "layer 2, Dense(6, 2), has no bias, so it has no"),
        (["--show", "delta", "-o", "a.tex"], "--show, --layer, --steps and --format say what is printed"),
        (["--slides"], "--slides needs -o FILE."),
        (["--check", "--slides"], "--slides does nothing beside --check: leave out one of them."),
        (["--check", "--show", "delta"], "--show does nothing beside --check"),
        (["--check", "-o", "a.tex"], "--output does nothing beside --check"),
        (["--check", "--layer", "1"], "--layer does nothing beside --check"),
        (["-o", "a.svg", "--title", "T"], "--title is for notes, but a.svg gets a picture: leave it out."),
        (["-o", "a.docx"], "'a.docx' has no format: write one of '.tex',"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], words: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(file.parent)
    file.write_text(TWO)
    code, out, err = run(capsys, "net", "net.toml", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert sorted(path.name for path in file.parent.iterdir()) == ["net.toml"]


def test_letters_as_sizes_are_drawn_in_blocks(file: Path, capsys) -> None:
    file.write_text(OPEN)
    picture = file.with_suffix(".svg")
    code, _, err = run(capsys, "net", str(file), "-o", str(picture))
    assert code == 0, err
    assert "Network in blocks: input, 1 × N × N; 1: Conv2d" in picture.read_text(encoding="utf-8")
