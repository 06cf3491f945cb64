"""``symconv figure``: a file in the format of its suffix, still or in motion, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import symconv as sc
from tests.cli.test_cli import OPENING, SIZES, run


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<svg "), ("tex", b"% Conv"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_suffix_says_the_format(suffix: str, start: bytes, tmp_path: Path, capsys) -> None:
    place = tmp_path / f"band.{suffix}"
    assert run(capsys, "figure", "band", *SIZES, "-o", str(place)) == (0, "", "")
    assert place.read_bytes().startswith(start)


def test_it_draws_what_python_draws_with_the_options_of_a_layer(tmp_path: Path, capsys) -> None:
    place = tmp_path / "a.svg"
    options = ["--padding", "full", "--flip", "--tap-colours", "red", "--notation", "ufldl"]
    assert run(capsys, "figure", "network", *OPENING, *options, "-o", str(place))[0] == 0
    notation = sc.Notation.preset("ufldl").replace(tap_colours=("red",))
    layer = sc.Conv1d(4, 3, padding="full", flip=True, notation=notation).at(x=[1, 2, 3, 4], w=[5, 6, 7])
    assert place.read_text(encoding="utf-8") == layer.figure("network").svg()


def test_animate_moves_the_window(tmp_path: Path, capsys) -> None:
    layer = sc.Conv1d(4, 3, padding="full", flip=True).at(x=[1, 2, 3, 4], w=[5, 6, 7])
    for name in ([], ["window"]):
        place = tmp_path / "a.svg"
        call = ["figure", *name, "--animate", *OPENING, "--padding", "full", "--flip", "-o", str(place)]
        assert run(capsys, *call) == (0, "", "")
        assert place.read_text(encoding="utf-8") == layer.animation().svg()
    place = tmp_path / "a.gif"
    sizes = ["--input-size", "2", "--kernel-size", "2"]
    assert run(capsys, "figure", "--animate", *sizes, "-o", str(place)) == (0, "", "")
    assert place.read_bytes().startswith(b"GIF89a")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [*SIZES, "-o", "a.svg"],
            "no figure is named: write band, window, position, network, blocks or input_gradient, or",
        ),
        (["band", *SIZES], "no file is named: give -o FILE, which ends in .svg, .tex, .png or .pdf."),
        (["band", *SIZES, "-o", ""], "no file is named"),
        (["--animate", *SIZES], "no file is named: give -o FILE, which ends in .svg or .gif."),
        (["bnd", *SIZES, "-o", "a.svg"], "there is no figure 'bnd': did you mean 'band'?"),
        (["band", *SIZES, "-o", "a.gif"], "'a.gif' ends in '.gif'; write one of '.svg', '.png', '.pdf'"),
        (["--animate", *SIZES, "-o", "a.png"], "'a.png' ends in '.png'; write one of '.svg', '.gif'."),
        (["band", "--animate", *SIZES, "-o", "a.svg"], "--animate shows the window: leave out band."),
        (["band", "--input-size", "N", "--kernel-size", "3", "-o", "a.svg"], "--input-size is the symbol N"),
        (
            ["band", "--input-size", "99", "--kernel-size", "3", "-o", "a.svg"],
            "Choose a smaller --input-size",
        ),
        (
            ["--animate", "--input-size", "50", "--kernel-size", "3", "-o", "a.svg"],
            "choose a smaller --input-size",
        ),
        (
            ["band", *SIZES, "-o", "no/a.svg"],
            "cannot write into no: there is no such folder; create it first.",
        ),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_wrong_call_is_one_line(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "figure", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_there_are_svg_and_tikz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    for library in ("matplotlib", "PIL"):
        monkeypatch.setitem(sys.modules, library, None)
    for suffix in ("svg", "tex"):
        assert run(capsys, "figure", "band", *SIZES, "-o", str(tmp_path / f"a.{suffix}"))[0] == 0
    assert run(capsys, "figure", "--animate", *SIZES, "-o", str(tmp_path / "b.svg"))[0] == 0
    for call, suffix in ((["band"], "png"), (["band"], "pdf"), (["--animate"], "gif")):
        code, _, err = run(capsys, "figure", *call, *SIZES, "-o", str(tmp_path / f"a.{suffix}"))
        assert code == 2
        assert "pip install 'symconv[plot]'" in err
