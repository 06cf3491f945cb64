"""Typst's mathematics: the markup of each part of a formula, and every sign in its place on the page."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.cli.commands import main
from symconv.printing.targets import target_of
from symconv.printing.typst import colour, quoted, typst, words
from tests.notes.test_mathml import OTHERS
from tests.optional import required
from tests.printing.typst_signs import in_mathml, in_pdf, text_of


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        ("x_{0}", "x_0"),
        ("x_{i + 1}^{2}", "x_(i + 1)^2"),
        ("x_{10}", "x_10"),
        ("x''_{1}", "x''_1"),
        ("{x^{2}}^{\\top}", "attach(x^2, t: ⊤)"),
        ("(a + b)_{i}", r"\( a + b \)_i"),
        ("x_{a_{b}}", "x_(a_(script(b)))"),
        (r"\frac{1}{2}", "frac(1, 2)"),
        (r"\binom{n}{k}", "binom(n, k)"),
        (r"\sqrt{2} \sqrt[3]{x}", "sqrt(2) root(3, x)"),
        (r"\left(\frac{a, b}{2}\right)", r"lr(\( frac(a \, b, 2) \))"),
        (r"\Bigl(x\Bigr)", r"lr(\(, size: #1.8em)x lr(\), size: #1.8em)"),
        (r"\left[\begin{array}{cc}1 & 0\\ & 1\end{array}\right]", 'mat(delim: "[", 1, 0; "", 1)'),
        (r"\begin{array}{lr}a & b\end{array}", "mat(delim: #none, & a, b &)"),
        (r"\begin{array}{c}a\\ \hline b\end{array}", "mat(delim: #none, augment: #(hline: (1,)), a; b)"),
        (r"\left\{\begin{array}{ll}x, & 0\end{array}\right.", r'mat(delim: #("{", none), & x \,, & 0)'),
        (r"{\color{teal}{w_{0}}} x", 'text(fill: #rgb("#008080"), w_0) x'),
        (r"\hat{x} \overline{ab} \ddot{y}", "hat(x) overline(a b) dot.double(y)"),
        (r"\mathbf{w} \boldsymbol{\theta} \mathcal{L}", "upright(bold(w)) bold(θ) cal(L)"),
        (r"\mathtt{grad\_input}", 'mono("grad_input")'),
        (r"\mathrm{len} x", 'op("len") x'),
        (r"\sin x + \max y", "sin x + max y"),
        (r"a \bmod b", 'a class("binary", "mod") b'),
        (r"x \text{ if } y", 'x" if "y'),
        (r'\text{say "it"}', r'"say \"it\""'),
        (r"a, \quad b \, c", "a , quad b thin c"),
        (r"\{0, \ldots\} / \# \& |x|", r'\{ 0 , … \} \/ \# \& class("normal", |) x class("normal", |)'),
        (r"\sum_{k}^{2} w", "∑_k^2 w"),
    ],
)
def test_each_part_has_its_markup(latex: str, written: str) -> None:
    assert typst(latex, block=True) == written


def test_lines_of_a_display_meet_at_their_sign() -> None:
    latex = "\\begin{aligned}\ny &= 1\\\\\n &= 2\n\\end{aligned}"
    assert typst(latex, block=True) == "y &= 1 \\\n  &= 2"


def test_letters_of_small_fractions_are_as_large_as_scripts() -> None:
    latex = r"\frac{N_{i}}{2}"
    assert typst(latex, block=True) == "frac(N_i, 2)"
    assert typst(latex) == "frac(N_(script(i)), 2)"
    assert typst(rf"\left[\begin{{array}}{{c}}{latex}\end{{array}}\right]", block=True).count("script") == 1


def test_a_target_writes_displays_and_words() -> None:
    target = target_of("typst")
    made = sc.Conv1d("N", "K").formula("output")
    assert target.whole(made).startswith("$ y_i &= ∑_(k = 0)^(K − 1) w_k x_(i + k)")
    assert target.sentence("50% of *x*") == r"50% of \*x\*"
    assert colour("unheardof") == 'rgb("#000000")'


def test_the_command_line_writes_typst(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["derive", "-x", "1,2,3", "-w", "1,1", "--show", "output", "--format", "typst"])
    told = capsys.readouterr().out
    assert "y &= \\[ 3 , 5 \\] $\n" in told


#: Formulas with every part that there is, besides those of a reader's own.
SAMPLES = [
    *OTHERS[1:],
    sc.Conv1d(3, 2).coloured().equation("matrix").latex(),
    sc.Conv1d(3, 2).check(reference="loops").latex(),
    sc.Conv2d(3, 2).equation("output").latex(),
    sc.Conv1d("N", "K", stride="s").derive("grad_kernel").latex(),
    sc.MaxPool1d(4, 2).algorithm("output").math(),
    sc.Conv1d(3, 2).equation("activation", function="relu").latex(),
    r"a \bmod b \mid c, \emptyset \forall x \colon \lnot y \ \$ 3 \% 5 \cup \{\#\}_{\&}",
    r"x_{a_{b}} \frac{\frac{a}{b}}{c_{d_{e}}} \widehat{x} \ell",
]


def test_every_sign_is_set_in_its_place_and_its_colour() -> None:
    assert in_pdf(SAMPLES) == [in_mathml(latex) for latex in SAMPLES]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"x_{1} y^{2}", r"x^{1} y^{2} z"),
        (r"{\color{blue}{w}}", r"{\color{teal}{w}}"),
        (r"\sum_{i}^{n} x", r"\sum_{n}^{i} x"),
        (r"\begin{array}{cc}1 & 2\\3 & 4\end{array}", r"\begin{array}{cc}1 & 3\\2 & 4\end{array}"),
        (r"\frac{a}{b}", r"\frac{b}{a}"),
        ("a - b", "a + b"),
    ],
)
def test_a_fault_is_seen(right: str, wrong: str) -> None:
    (found,) = in_pdf([right])
    assert found == in_mathml(right)
    assert found != in_mathml(wrong)


HOSTILE = (
    r"""\input{x} #let y = 1 $x$ `a` *b* _c_ <d> @e [f] // g /* h */ -- --- ... ~ "i" = j + 1. 'k' \u{41}"""
)


def test_words_stand_for_themselves() -> None:
    program = required("typst")
    for text in (HOSTILE, "= a", "- b", "+ c", "/ d: e", "1. f", "https://g.h/i"):
        source = f"#set page(width: 40cm)\n#set smartquote(enabled: false)\n{words(text)}"
        source += f"\n#metadata({quoted(text)}) <said>"
        assert program.query(source.encode(), "<said>", field="value", one=True)
        assert "".join(text_of_page(source).split()) == "".join(text.split())


def text_of_page(source: str) -> str:
    """The characters of a page."""
    import pypdfium2

    program = required("typst")
    with pypdfium2.PdfDocument(program.compile(source.encode(), ignore_system_fonts=True)) as pdf:
        return str(pdf[0].get_textpage().get_text_range())


def test_signs_of_formulas_are_not_lost() -> None:
    (found,) = in_pdf([r"y = \left\lfloor \frac{N + 2 p - K}{s} \right\rfloor + 1"])
    assert text_of(found) == "y=⌊N+2p−Ks⌋+1"
