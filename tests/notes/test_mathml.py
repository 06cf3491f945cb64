"""MathML in a browser: every formula of the notes looks as KaTeX sets it, in its places and colours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.errors import OptionError
from symconv.notes.html import SCRIPTS
from symconv.notes.model import Algorithm, Display, Maths
from symconv.printing.mathml import mathml
from tests.latex_tools import KATEX
from tests.notes.browser import Browser, Picture
from tests.notes.layers import SPREAD, document
from tests.optional import required_file, required_program
from tests.tiers import exhaustive, tiers

#: So alike are two pictures of the same formula at the least, those of matrices with fractions less, in which
#: KaTeX lets rows touch; and so large is a page at the most.
LEAST, LEAST_OF_FRACTIONS, MOST_BYTES = 0.75, 0.6, 300_000

#: So many formulas are on a page whose picture is taken: none is too high for Chromium.
ROWS = 40

#: A formula in LaTeX, and whether it is on lines of its own.
Formula = tuple[str, bool]

#: Both at the size of their page, KaTeX at that of its letters in MathML.
PAGE = """<!DOCTYPE html><meta charset="utf-8"><link rel="stylesheet" href="{style}"><style>
.row {{ white-space: nowrap; }} .row > span {{ display: inline-block; padding: 9px; vertical-align: top; }}
.katex {{ font-size: 1.2em; }} math {{ font-size: 1.2em; }}
.katex-display, math[display] {{ margin: 0; }} mtd {{ padding: .2em .45em; }}
</style>{rows}"""

CALL = """
const katex = require(process.argv[1]);
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(([tex, block]) =>
  katex.renderToString(tex, {displayMode: block, throwOnError: true}))));
"""


def formulas_of(item: Any) -> Iterator[Formula]:
    """Every formula in blocks and sentences."""
    if isinstance(item, Maths):
        yield item.latex, False
    elif isinstance(item, Display):
        yield item.item.latex(), True
    elif isinstance(item, Algorithm):
        yield item.listing.math(), True
        yield from formulas_of(item.caption)
    elif isinstance(item, tuple | list):
        for part in item:
            yield from formulas_of(part)
    elif is_dataclass(item):
        for field in fields(item):
            if field.name != "figure":
                yield from formulas_of(getattr(item, field.name))


def by_katex(formulas: list[Formula]) -> list[str]:
    """The HTML of formulas by KaTeX."""
    required_file(KATEX, "npm install --prefix .cache/npm katex@0.16 to compare with it")
    command = [required_program("node"), "-e", CALL, str(KATEX.resolve())]
    done = subprocess.run(command, input=json.dumps(formulas), capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def coarse(picture: Picture, rows: int, columns: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """How much ink there is in each field of a grid."""
    ink = (255 - picture.min(axis=2)) / 255
    down = np.linspace(0, ink.shape[0], rows + 1).astype(int)
    across = np.linspace(0, ink.shape[1], columns + 1).astype(int)
    summed = np.add.reduceat(np.add.reduceat(ink, down[:-1], axis=0), across[:-1], axis=1)
    return np.asarray(summed, dtype=np.float64)


def alike(one: Picture, other: Picture) -> float:
    """How alike two pictures are, from 0 to 1, whatever their sizes: by the ink in the fields of a grid."""
    high, wide = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    grid = max(1, min(12, high // 12)), max(1, min(24, wide // 12))
    left, right = (coarse(picture, *grid).ravel() for picture in (one, other))
    return float(left @ right / np.sqrt((left @ left) * (right @ right)))


def colours(picture: Picture) -> set[str]:
    """The colours of the letters, at whose edges they are mixed with white."""
    ink = (255 - picture).reshape(-1, 3)
    ink = ink[ink.sum(axis=1) > 100]
    hues = ink / np.linalg.norm(ink, axis=1, keepdims=True)
    found = set()
    for name, rgb in {"teal": (0, 128, 128), "blue": (0, 0, 255), "purple": (128, 0, 128)}.items():
        hue = 255 - np.array(rgb)
        if (hues @ hue / np.linalg.norm(hue) > 0.99).sum() > 3:
            found.add(name)
    return found


@dataclass(frozen=True)
class Compared:
    """A formula by KaTeX and as MathML: how alike they are, and both their heights and widths in pixels."""

    latex: str
    alike: float
    height: tuple[int, int]
    width: tuple[int, int]
    colours: tuple[set[str], set[str]]

    @property
    def wrong(self) -> bool:
        """Whether a reader would see another formula; Chromium sets some subscripts lower than TeX."""
        tall = 1.4 if "\\begin" in self.latex else 1.6
        near = _near(self.height, tall) and _near(self.width, 1.2)
        fractions = "\\begin{array}" in self.latex and "\\frac" in self.latex
        least = LEAST_OF_FRACTIONS if fractions else LEAST
        return self.alike < least or not near or self.colours[0] != self.colours[1]


def _near(sizes: tuple[int, int], most: float) -> bool:
    """Whether the second size is about the first, or differs by a few pixels."""
    one, other = sizes
    return 0.8 < other / one < most or abs(other - one) < 6


def compare(shown: Sequence[tuple[Formula, str]], folder: Path, browser: Browser) -> list[Compared]:
    """Formulas, the short ones first, each with the MathML that is to look like it, in pictures."""
    shown = sorted(shown, key=lambda one: len(one[0][0]))
    formulas = [formula for formula, _ in shown]
    rows = [
        f'<div class="row"><span>{one}</span><span>{made}</span></div>'
        for one, (_, made) in zip(by_katex(formulas), shown, strict=True)
    ]
    page, pictures = folder / "page.html", list[tuple[Picture, Picture]]()
    style = KATEX.resolve().with_name("katex.min.css").as_uri()
    for start in range(0, len(rows), ROWS):
        written = PAGE.format(style=escape(style), rows="".join(rows[start : start + ROWS]))
        page.write_text(written, encoding="utf-8")
        pictures += browser.pictures(page)
    found = []
    for (latex, _), (left, right) in zip(formulas, pictures, strict=True):
        height, width = ((left.shape[axis], right.shape[axis]) for axis in (0, 1))
        found.append(Compared(latex, alike(left, right), height, width, (colours(left), colours(right))))
    return found


@exhaustive
def test_every_formula_of_the_spread_looks_as_katex_sets_it(tmp_path: Path, browser: Browser) -> None:
    """In the notes of all layers, in the appendix of one, and in another notation of one."""
    documents = [*map(document, SPREAD), document("open", depth="full"), document("full", "dumoulin-visin")]
    formulas = dict.fromkeys(one for made in documents for one in formulas_of(made.blocks))
    assert len(formulas) > 400
    shown = [((latex, block), mathml(latex, block=block)) for latex, block in formulas]
    assert [one for one in compare(shown, tmp_path, browser) if one.wrong] == []


#: Formulas of a reader's own values and functions.
OTHERS = [
    r"\mathrm{relu}(x) = \left\{ \begin{array}{ll} x, & \mathrm{if} \ x > 0 \\ "
    r"0, & \mathrm{otherwise} \end{array} \right.",
    r"f(x) = \begin{cases} x & \text{for}\: x > 0 \\ \frac{x}{10} & \text{otherwise} \end{cases}",
    r"\sqrt{2} + \sqrt[3]{x + 1} = \frac{\sin{\left(x \right)}}{2} + e^{- x} \log{\left(\pi \right)}",
    r"\mathbf{w}^{\top} \mathcal{L} = \hat{y}_{in}^{(l-1)} \cdot \bar{x}'' + \boldsymbol{\theta} \vec{a}",
    r"\left|{x - 1}\right| + \binom{n}{k} \leq \int_{0}^{1} x^{2}\, dx",
    r"\Gamma + \Delta \mapsto \varepsilon \notin \{1, -2, \ldots, \infty\}",
]


def test_formulas_of_a_readers_own_look_as_katex_sets_them(tmp_path: Path, browser: Browser) -> None:
    shown = [((latex, True), mathml(latex, block=True)) for latex in OTHERS]
    assert [one for one in compare(shown, tmp_path, browser) if one.wrong] == []


#: What a formula might wrongly turn into.
FAULTS = [
    (r"\sum_{k=\max(0, i - 3)}^{2} w_{k}", "munderover", "msubsup"),
    (r"{\color{blue}{w_{0}}} x_{0} + {\color{teal}{w_{1}}} x_{1}", "blue", "purple"),
    (r"\left[\begin{array}{cc}1 & 0\\0 & 1\\0 & 0\end{array}\right]", "<mo>]</mo>", ""),
    (r"\frac{N + 2 p}{s} + 1", "mfrac", "mrow"),
    (r"\begin{aligned}T_{i} &= 1\\ M_{1, 2, 3, 4} &= 2 + 3\end{aligned}", "text-align:", "x:"),
]


def test_faults_are_seen(tmp_path: Path, browser: Browser) -> None:
    shown = []
    for latex, part, instead in FAULTS:
        made = mathml(latex, block=True)
        assert part in made
        shown += [((latex, True), made), ((latex, True), made.replace(part, instead))]
    found = compare(shown, tmp_path, browser)
    assert [one.wrong for one in found] == [False, True] * len(FAULTS), found


@pytest.mark.parametrize("name", tiers(["full", "grouped", "image", "batch"], ["full"]))
def test_a_page_needs_no_script_no_network_and_few_bytes(name: str, tmp_path: Path, browser: Browser) -> None:
    document(name).save(tmp_path / "notes.html")
    text = (tmp_path / "notes.html").read_text(encoding="utf-8")
    assert len(text.encode()) < MOST_BYTES
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)=.(?!data:|#)", text)
    assert browser.requests(tmp_path / "notes.html") == []


def test_every_formula_of_a_page_has_words(tmp_path: Path) -> None:
    document("full").save(tmp_path / "notes.html")
    text = (tmp_path / "notes.html").read_text(encoding="utf-8")
    made = re.findall(r"<math\b[^>]*>", text)
    assert len(made) > 100
    assert [one for one in made if not re.search('alttext="[^"]+"', one)] == []
    assert 'alttext="y = T x' in text


@pytest.mark.parametrize("math", ["mathjax", "katex"])
def test_scripts_are_loaded_only_where_they_are_asked_for(math: str, tmp_path: Path) -> None:
    made = sc.Conv1d(3, 2).notes(sections=["letters", "numbers"])
    made.save(tmp_path / "web.html", math=math)
    made.save(tmp_path / "own.html", **{math: f"/here/{math}.js"})
    web, own = ((tmp_path / name).read_text(encoding="utf-8") for name in ("web.html", "own.html"))
    assert re.findall(r'src="([^"]*)"', web)[:1] == [SCRIPTS[math]]
    assert f'src="/here/{math}.js"' in own
    assert "<math" not in web + own


@exhaustive
def test_katex_shows_a_page(tmp_path: Path, browser: Browser) -> None:
    required_file(KATEX, "npm install --prefix .cache/npm katex@0.16 to show a page with it")
    shutil.copytree(KATEX.resolve().parent, tmp_path / "katex")
    document("full").save(tmp_path / "notes.html", katex="katex/katex.min.js")
    shown, wrong = browser.counted(
        tmp_path / "notes.html", ".formula > :is(.katex, .katex-display)", ".katex-error"
    )
    assert shown > 100
    assert wrong == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"math": "mathlm"}, "math is 'mathlm': did you mean 'mathml'"),
        ({"math": "mathml", "mathjax": "m.js"}, "mathjax and math exclude each other"),
        ({"katex": "k.js", "mathjax": "m.js"}, "exclude each other"),
        ({"katex": "javascript:alert(1)"}, "write the address or the path"),
    ],
)
def test_what_writes_mathematics_is_said_once(options: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(words)):
        document("full").save(tmp_path / "n.html", **options)
    assert list(tmp_path.iterdir()) == []
