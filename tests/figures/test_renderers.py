"""TikZ that compiles and fits, SVG well formed and told in words, the same bytes each time, whole files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from xml.etree import ElementTree

import pytest

import symconv as sc
from symconv.errors import MissingExtraError, OptionError, SymconvError
from symconv.figures import FIGURES, Box, Drawing, Figure, Label, Text
from symconv.figures.drawing import FONT, extent
from symconv.printing.notation import PRESETS
from tests.optional import required_program
from tests.seeds import printed_under_several_seeds
from tests.tiers import exhaustive, tiers

LAYERS = {
    "full": sc.Conv1d(4, 3, padding="full", flip=True),
    "strided": sc.Conv1d(8, 3, stride=2, padding=1),
    "plane": sc.Conv2d(3, 2),
    "transposed": sc.ConvTranspose1d(3, 3, stride=2, padding=1),
    "channels": sc.Conv1d(4, 2, in_channels=2, out_channels=2),
    "reflected": sc.Conv1d(4, 3, padding=2, padding_mode="reflect"),
    "average": sc.AvgPool1d(6, 2),
    "largest": sc.MaxPool2d(4, 2),
    "wide": sc.Conv1d(20, 3),
    "presets": sc.Conv2d(3, 2, in_channels=1, out_channels=2, notation="ufldl"),
}
ALL = [(layer, name) for layer in LAYERS for name in FIGURES]
#: Each layer, with a figure in turn; each figure, of a layer in turn.
IN_TURN = list(zip(LAYERS, [*FIGURES] * len(LAYERS), strict=False))
ONCE = list(zip(cycle([*LAYERS][::2]), FIGURES, strict=False))


def document(*pictures: str) -> str:
    body = "\n\n".join(f"\\noindent {picture}" for picture in pictures)
    return (
        f"\\documentclass{{article}}\n\\usepackage{{tikz}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    )


@pytest.mark.parametrize("pictures", [IN_TURN, pytest.param(ALL, marks=exhaustive)], ids=["in turn", "all"])
def test_every_figure_compiles_and_fits_the_page(pictures: list[tuple[str, str]], compiled) -> None:
    log = compiled(document(*(LAYERS[layer].figure(name).tikz() for layer, name in pictures)))
    assert not re.findall(r"Overfull.*", log)
    assert "LaTeX Warning" not in log


@pytest.mark.exhaustive
def test_every_notation_compiles(compiled) -> None:
    """All presets in one document."""
    figures = []
    for preset in PRESETS:
        layer = sc.Conv1d(5, 3, stride=2, padding=(1, 0), notation=preset)
        figures += [layer.figure(name) for name in FIGURES]
    compiled(document(*(figure.tikz() for figure in figures)))


@pytest.mark.parametrize("preset", tiers(PRESETS, ["ufldl"]))
def test_every_notation_gives_well_formed_svg(preset: str) -> None:
    layer = sc.Conv1d(5, 3, stride=2, padding=(1, 0), notation=preset)
    for name in FIGURES:
        ElementTree.fromstring(layer.figure(name).svg())


@pytest.mark.exhaustive
def test_lualatex_takes_the_figures_too(tmp_path: Path) -> None:
    required_program("lualatex")
    (tmp_path / "f.tex").write_text(document(*(LAYERS["plane"].figure(name).tikz() for name in FIGURES)))
    command = ["lualatex", "-interaction=nonstopmode", "-halt-on-error", "f.tex"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in done.stdout


def test_a_figure_is_as_wide_as_asked_at_the_most() -> None:
    figure = LAYERS["wide"].figure("band")
    for width in (1, 5.0, 12.0):
        unit = re.search(r"x=([\d.]+)cm", figure.tikz(width=width))
        assert unit is not None
        assert float(unit[1]) * figure.drawing.width == pytest.approx(width, rel=0.01)
    assert "x=0.9cm" in LAYERS["full"].figure().tikz()


def test_tikz_has_a_line_a_mark_with_names_of_colours() -> None:
    drawing = LAYERS["full"].figure("network").drawing
    picture = LAYERS["full"].figure("network").tikz()
    assert len([line for line in picture.splitlines() if line.endswith(";")]) == len(drawing.marks) + 1
    assert "\\draw[purple, thick, densely dotted]" in picture


@pytest.mark.parametrize(("layer", "name"), tiers(ALL, ONCE, several=True))
def test_svg_is_xml_with_a_title_and_a_description(layer: str, name: str) -> None:
    figure = LAYERS[layer].figure(name)
    drawn = figure.svg()
    root = ElementTree.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{space}title", f"{space}desc"]
    assert root[0].text == figure.drawing.title
    assert root[1].text == figure.alt
    assert ElementTree.fromstring(figure._repr_svg_())[1].text == figure.alt


def test_what_svg_tells_is_escaped() -> None:
    marks = (Box(0, 0, 1, 1, "entry", label=Label("$a<b$", "a<b")),)
    figure = Figure(Drawing("band", "<T> & \\1", marks, 1, 1, '1 < 2 & "3" </desc> \\g<0>'))
    root = ElementTree.fromstring(figure.svg())
    assert (root[0].text, root[1].text) == ("<T> & \\1", '1 < 2 & "3" </desc> \\g<0>')


@exhaustive
def test_bytes_are_the_same_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib, symconv as sc\n"
        "for layer in (sc.Conv2d(3, 2), sc.Conv1d(4, 3, padding=2, padding_mode='reflect')):\n"
        "    for name in layer.figure_names:\n"
        "        f = layer.figure(name)\n"
        "        for made in (f.tikz().encode(), f.svg().encode(), f.png(dpi=50), f.pdf()):\n"
        "            print(hashlib.sha256(made).hexdigest())\n"
        "    print(hashlib.sha256(layer.animation().svg().encode()).hexdigest())\n"
    )
    assert len(printed_under_several_seeds(code)) == 1


def test_the_settings_of_the_user_change_nothing_and_are_not_changed() -> None:
    import matplotlib

    figure = LAYERS["strided"].figure("network")
    plain = figure.png(dpi=50), figure.pdf()
    mine = {"font.size": 30, "pdf.fonttype": 42, "savefig.dpi": 17, "lines.linewidth": 9}
    mine |= {"savefig.bbox": "tight", "axes.facecolor": "red"}
    with matplotlib.rc_context(mine):
        before = dict(matplotlib.rcParams)
        assert (figure.png(dpi=50), figure.pdf()) == plain
        assert dict(matplotlib.rcParams) == before


@pytest.mark.exhaustive
def test_figures_made_at_once_are_the_same_and_leave_the_settings() -> None:
    import matplotlib

    figures = [LAYERS[layer].figure(name) for layer, name in ALL[:6]]
    alone = [figure.png(dpi=50) for figure in figures]
    interval = sys.getswitchinterval()
    with matplotlib.rc_context({"font.size": 30}):
        before = dict(matplotlib.rcParams)
        sys.setswitchinterval(1e-5)
        try:
            with ThreadPoolExecutor(6) as pool:
                together = list(pool.map(lambda figure: figure.png(dpi=50), figures))
        finally:
            sys.setswitchinterval(interval)
        assert together == alone
        assert dict(matplotlib.rcParams) == before


@pytest.mark.exhaustive
def test_drawing_does_not_load_pyplot_and_tikz_and_svg_not_even_matplotlib() -> None:
    code = (
        "import sys, symconv as sc\n"
        "figure = sc.Conv1d(4, 3).figure()\n"
        "figure.tikz(), figure.svg()\n"
        "assert 'matplotlib' not in sys.modules\n"
        "figure.png(), figure.pdf()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_files_hold_no_date_and_no_version() -> None:
    figure = LAYERS["full"].figure()
    assert b"Matplotlib" not in figure.png() + figure.pdf()
    assert b"Date" not in figure.pdf()


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("svg", b"<svg "),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("tex", b"% Conv"),
        ("tikz", b"% Conv"),
        ("SVG", b"<svg "),
    ],
)
def test_the_suffix_says_what_is_saved(suffix: str, start: bytes, tmp_path: Path) -> None:
    place = tmp_path / f"band.{suffix}"
    place.write_text("old")
    LAYERS["full"].figure().save(place)
    assert place.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [place.name]


def test_a_file_that_cannot_be_made_leaves_the_old_one_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    figure = LAYERS["full"].figure()
    with pytest.raises(
        OptionError, match=r"ends in '\.svgg'; did you mean '\.svg'\?.*'\.pdf', '\.tex', '\.tikz'"
    ):
        figure.save(tmp_path / "band.svgg")
    with pytest.raises(OptionError, match="write one of"):
        figure.save(tmp_path / "band")
    place = tmp_path / "band.tex"
    place.write_text("old")

    def refuse(part: str, target: Path) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(SymconvError, match=r"cannot write .*: no room"):
        figure.save(place)
    assert place.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["band.tex"]


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    figure = LAYERS["full"].figure()
    for make in (figure.png, figure.pdf):
        with pytest.raises(MissingExtraError, match=r"pip install 'symconv\[plot\]'"):
            make()
    assert "tikzpicture" in figure.tikz()
    assert "</svg>" in figure.svg()


@pytest.mark.parametrize(
    "width",
    [0, -1.0, 1e-9, 500.1, 10**400, float("nan"), float("inf"), True, "12cm"],
    ids=lambda w: str(w)[:9],
)
def test_a_size_that_is_none_is_refused(width: object) -> None:
    with pytest.raises(OptionError, match="number of centimetres from 1 to 500"):
        LAYERS["full"].figure().tikz(width=width)
    with pytest.raises(OptionError, match="whole number from 1 to 1200"):
        LAYERS["full"].figure().png(dpi=0)


@pytest.mark.parametrize(("layer", "name"), tiers(ALL, IN_TURN, several=True))
def test_labels_fit_their_boxes(layer: str, name: str) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(math_fontfamily="cm")
    for mark in LAYERS[layer].figure(name).drawing.marks:
        if isinstance(mark, Box) and mark.label and mark.label.latex:
            extents = TextPath((0, 0), mark.label.latex, size=mark.size, prop=font).get_extents()
            assert extents.width < mark.width
            assert extents.height < mark.height
            assert mark.size <= FONT


#: Where headings are longer than what they stand beside, and names wider than what they stand at.
NARROW = {
    "one": sc.Conv1d(1, 1),
    "row": sc.Conv1d(9, 9),
    "column": sc.Conv1d(1, 9, padding=8),
    "capital": sc.Conv1d(2, 1, notation=sc.Notation(input="M_max", output="W_max", output_size="m")),
}


@pytest.mark.parametrize("layer", tiers([*LAYERS, *NARROW], ["plane", "transposed", "capital", "column"]))
def test_every_mark_lies_on_the_drawing_and_texts_with_all_their_letters(layer: str) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="cmr10", math_fontfamily="cm")
    for name in FIGURES:
        drawing = (LAYERS | NARROW)[layer].figure(name).drawing
        for mark in drawing.marks:
            left, top, right, bottom = extent(mark)
            if isinstance(mark, Text):
                box = TextPath((0, 0), mark.label.latex, size=mark.size, prop=font).get_extents()
                long, high = (box.width, box.height) if mark.upright else (box.height, box.width)
                share = {"left": 0.0, "center": 0.5, "right": 1.0}[mark.anchor]
                left, right = mark.x - share * long, mark.x + (1 - share) * long
                top, bottom = mark.y - high / 2, mark.y + high / 2
            assert 0 <= left <= right <= drawing.width, mark
            assert 0 <= top <= bottom <= drawing.height, mark
