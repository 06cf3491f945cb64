"""Letters of a reader's own: no two meanings of a layer share one, or the error says how to part them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import IndexedBase, Integer, Symbol

import symconv as sc
from symconv.errors import NotationError
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.choice import SECOND
from symconv.printing.latex import Latex
from symconv.printing.letters import WORDS, Letter, read_letter
from symconv.printing.notation import LETTERS, PRESETS, SIZES, Notation
from symconv.printing.text import PlainText
from tests.tiers import exhaustive, law

#: Layers of several kinds, in a notation.
LAYERS: dict[str, Callable[[Notation], Any]] = {
    "correlation": lambda n: sc.Conv1d(4, 3, padding=1, notation=n),
    "channels": lambda n: sc.Conv2d(3, 2, in_channels=2, out_channels=2, batch=2, bias=True, notation=n),
    "transposed": lambda n: sc.ConvTranspose1d(3, 2, stride=2, output_padding=1, notation=n),
    "maximum": lambda n: sc.MaxPool1d(4, 2, notation=n),
    "average": lambda n: sc.AvgPool2d(4, 2, channels=2, notation=n),
    "open": lambda n: sc.Conv1d("N", "k", stride="a", padding="w", notation=n),
}

#: The opening question's own letters, and letters with every kind of mark.
OPENING = {"input": "a", "matrix": "W", "output": "z"}
MARKED = {
    "input": r"a^{(l-1)}", "output": r"z^{(l)}", "kernel": r"\mathbf{w}", "upstream": r"\delta^{(l)}",
    "matrix": r"\mathcal{T}", "bias": "b'", "windows": r"\hat{X}", "loss": "ℓ", "input_size": "n_{in}",
    "output_size": r"n_{\mathrm{out}}", "kernel_size": "κ", "tap_index": "τ", "activation": r"\varphi",
    "tying": r"\tilde{E}", "filter_matrix": r"\boldsymbol{\Theta}",
}  # fmt: skip

_BASES = ("a", "x", "w", "W", "T", "k", "i", "j", "delta", "N", "y", "p", "b", "xtilde", "wbf", "C")
letters = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(_BASES),
    st.sampled_from(["", "", "", "_in", "_0", "_1", "_i", "_k"]),
    st.sampled_from(["", "", "", "^(l)", "^(l-1)", "^[2]", "^{l-1}"]),
    st.sampled_from(["", "", "'"]),
)
fields = st.sampled_from([name for name in LETTERS if name != "activation"])
own = st.dictionaries(fields, letters, max_size=6)


def printed(layer: Any) -> Iterator[tuple[str, str, str]]:
    """What a layer prints for each of its meanings, in LaTeX and as text."""
    spec, setting = layer.spec, LayerSymbols(layer.spec)
    n, latex, text = spec.written, Latex(), PlainText()
    indices = {role: setting.indices(role) for role in ("output", "tap", "input")}
    for role, symbols in indices.items():
        for relation, here in spec.pattern.split(indices):
            for field, symbol in zip(relation.letters[role], here[role], strict=True):
                yield f"{field} {symbols.index(symbol)}", latex.expr(symbol), symbol.name
    operands = [("input", "input"), ("kernel", "tap"), ("output", "output")]
    operands += [("upstream", "output")] if n.upstream_style == "delta" else []
    for field, role in operands:
        letter = getattr(n, field)
        shown = indices[role] if field != "kernel" or spec.kernel.learned else ()
        yield field, latex.letter(letter), letter
        if shown:
            places = (latex.places.join(map(latex.expr, shown)), ", ".join(str(symbol) for symbol in shown))
            yield (
                f"{field} of indices",
                latex.entry(latex.letter(letter), places[0]),
                f"{letter}[{places[1]}]",
            )
        if spec.numeric:
            extents = (range(n.base, n.base + int(size)) for size in spec.pattern.extents[role])
            for index in product(*extents):
                yield f"{field} {index}", latex.indexed(letter, *index), text.indexed(letter, *index)
    yield (
        "padded input",
        latex.padded(latex.letter(n.input), setting.padded.label.name),
        setting.padded.label.name,
    )
    whole = {name: name for name in ("matrix", "windows", "upstream_matrix", "tying")}
    whole |= {"filters": "feature_maps"}
    for quantity, field in whole.items():
        if quantity in layer.equation_names:
            yield field, latex.letter(getattr(n, field)), getattr(n, field)
    yield "loss", latex.letter(n.loss), n.loss
    if spec.bias:
        yield "bias", latex.letter(n.bias), n.bias
    for name in SIZES if spec.numeric else ():
        if name != "output_padding" or spec.transposed:
            yield name, latex.letter(getattr(n, name)), getattr(n, name)
    for symbol in setting.symbols:
        yield f"size {symbol}", latex.expr(symbol), symbol.name


def told_apart(layer: Any) -> bool:
    """Whether each thing that is printed means one thing."""
    for at in (1, 2):
        seen: dict[str, str] = {}
        for row in printed(layer):
            meaning = seen.setdefault(row[at], row[0])
            # The kernel may have one letter in all its shapes; an index of the two sides of T is one index.
            if meaning != row[0] and {meaning, row[0]} != {"kernel", "filter_matrix"}:
                alike = meaning.split()[0] == row[0].split()[0] and "index" in meaning
                if not alike:
                    return False
    return True


@pytest.mark.parametrize("kind", LAYERS)
@law(12, 150, chosen=own)
def test_no_letter_has_two_meanings_or_the_error_names_both_and_its_cure_works(
    kind: str, chosen: dict[str, str]
) -> None:
    make, seen = LAYERS[kind], set()
    while True:
        try:
            layer = make(Notation(**chosen))
            if kind == "open":
                layer.formula("output")
        except NotationError as error:
            found = re.search(
                r"for the (.+?) and for the (.+) of this layer; choose .*, such as '(.+)' for (\w+)\.$",
                str(error),
            )
            if found is None:
                told = str(error)
                break
            assert found[4].replace("_", " ") in (found[1], found[2])
            assert {name.replace(" ", "_") for name in found.groups()[:2]} <= set(chosen)
            assert found.groups() not in seen
            seen.add(found.groups())
            chosen = {**chosen, found[4]: found[3]}
            continue
        assert told_apart(layer), list(printed(layer))
        return
    assert kind == "open", told
    assert "names a size of the layer and also its" in told


@given(own)
def test_letters_that_are_given_stay_and_the_others_move_alike_each_time(chosen: dict[str, str]) -> None:
    made = Notation(**chosen)
    assert {name: getattr(made, name) for name in chosen} == {k: read_letter(v) for k, v in chosen.items()}
    assert made == Notation(**dict(reversed(chosen.items())))
    assert made.replace(**chosen) == made
    untouched = Notation(base=1).replace(**chosen)
    assert [getattr(untouched, name) for name in LETTERS] == [getattr(made, name) for name in LETTERS]


def test_second_choices_differ_from_the_first_and_name_every_letter() -> None:
    plain = Notation()
    assert {*SECOND, "kernel_matrix", "activated_output"} == set(LETTERS)
    for name, others in SECOND.items():
        assert getattr(plain, name) not in others


def test_the_opening_letters_give_z_equal_to_w_a() -> None:
    hers = Notation(**OPENING)
    layer = sc.Conv1d(4, 3, padding="full", flip=True, notation=hers)
    assert str(layer.equation("matrix")).startswith("   z = W a\n[z0] = [w0   0   0   0][a0]\n")
    assert str(layer.equation("grad_input")).splitlines()[0].strip() == "dL/da = W^T delta"
    assert hers.output_padding == "q"
    transposed = sc.ConvTranspose1d(3, 2, stride=2, output_padding=1, notation=hers)
    assert "+ q + 1" in str(transposed.equation("output_size")).splitlines()[0]


def test_what_is_activated_has_a_letter_where_one_is_given() -> None:
    hers = Notation(**OPENING, activated_output="a'")
    layer = sc.Conv1d(4, 3, padding="full", flip=True, notation=hers)
    worked = layer.at(x=[1, 2, 3, 4], w=[5, 6, 7]).equation("activation", function="f")
    assert str(worked) == "a' = f(z) = [f(5), f(16), f(34), f(52), f(45), f(28)]"
    assert (
        layer.equation("activation").latex().splitlines()[1].startswith("a'_{0} &= f(z_{0}) = f(w_{0} a_{0})")
    )
    plane = sc.Conv2d(3, 2, notation=Notation(activated_output=r"\hat{y}"))
    assert str(plane.equation("activation")).startswith("yhat0_0 = f(y0_0) = f(w0_0*x0_0 + ")
    with pytest.raises(NotationError, match="the input and for the activated output of this layer"):
        sc.Conv1d(4, 3, notation=Notation(input="a", activated_output="a"))


def test_sizes_that_bear_a_letter_of_ours_move_it() -> None:
    layer = sc.Conv2d("H", "k", in_channels="C", out_channels="o")
    assert (layer.notation.tap_index, layer.notation.input_channel_index) == ("v", "r")
    assert layer.notation.output_channel_index == "u"
    assert layer.derive("output").verify()
    assert repr(sc.Conv1d("w", "k")) == "Conv1d('w', 'k')"
    with pytest.raises(NotationError, match="'k' names a size of the layer and also its input"):
        sc.Conv1d("w", "k", notation=Notation(input="k")).formula("output")


@pytest.mark.parametrize(
    ("written", "name", "latex"),
    [
        ("a^{(l-1)}", "a^(l-1)", "a^{(l-1)}"),
        ("a^(l-1)", "a^(l-1)", "a^{(l-1)}"),
        (r"\delta^{(l)}", "delta^(l)", r"\delta^{(l)}"),
        ("δ^(l)", "delta^(l)", r"\delta^{(l)}"),
        ("W^{[1]}", "W^[1]", "W^{[1]}"),
        ("a^{l-1}", "a^{l-1}", "a^{l-1}"),
        ("z'", "z'", "z'"),
        (r"z^\prime", "z'", "z'"),
        ("z′", "z'", "z'"),
        ("z'^{(l)}", "z^(l)'", "z^{(l)'}"),
        (r"\mathbf{w}", "wbf", r"\mathbf{w}"),
        (r"\boldsymbol{\theta}", "thetabold", r"\boldsymbol{\theta}"),
        (r"\mathbf{\theta}", "thetabold", r"\boldsymbol{\theta}"),
        (r"\mathcal{L}", "Lcal", r"\mathcal{L}"),
        (r"\hat{y}", "yhat", r"\hat{y}"),
        ("ŷ", "yhat", r"\hat{y}"),
        (r"\tilde x_{in}", "xtilde_in", r"\tilde{x}_{\mathrm{in}}"),
        (r"\hat{\mathbf{w}}", "wbfhat", r"\hat{\mathbf{w}}"),
        ("L_in", "L_in", r"L_{\mathrm{in}}"),
        (r"L_{\mathrm{in}}", "L_in", r"L_{\mathrm{in}}"),
        (r"\varphi", "varphi", r"\varphi"),
        ("ℓ", "ell", r"\ell"),
        ("Δ", "Delta", r"\Delta"),
    ],
)
def test_a_letter_has_one_name_and_one_form_in_latex(written: str, name: str, latex: str, typeset) -> None:
    assert read_letter(written) == name
    assert typeset(Latex().letter(name)) == latex == Letter.of(name).latex
    typeset(Latex().indexed(name, 0))
    assert Letter.of(name).name == name
    assert read_letter(latex) == name
    assert Letter.of(name).identifier.isidentifier()
    assert sc.parse(f"2*{name}[i + 1] - {name}") == 2 * IndexedBase(name)[
        Symbol("i", integer=True) + 1
    ] - Symbol(name, integer=True)
    assert sc.parse("x^2") == Symbol("x", integer=True) ** Integer(2)


@pytest.mark.parametrize(
    "written",
    ["", "1w", "x y", "a^", "a^{", "a_", "x_1_2", "x^a^b", r"\frac{a}{b}", r"\input{x}", r"x\input{secret}",
     "w^*", "a^1", "a b", "A^T", "xpad", "x''''", "$x$", r"\hat{}", r"\hat{x", "#", "é", *WORDS],
)  # fmt: skip
def test_what_is_no_letter_is_refused(written: str) -> None:
    with pytest.raises(NotationError, match="write a letter or a Greek name"):
        Notation(kernel=written)


@pytest.mark.exhaustive
@given(st.text(max_size=12))
def test_no_text_is_passed_on_as_it_stands(written: str) -> None:
    name = read_letter(written)
    if name is not None:
        assert re.fullmatch(r"[A-Za-z]+(_[A-Za-z0-9]+)?(\^[()\[\]{}A-Za-z0-9+-]+)?'*", name)
        assert read_letter(name) == name == Letter.of(name).name


@pytest.mark.parametrize(
    "given",
    [
        OPENING,
        pytest.param(MARKED, marks=exhaustive),
        pytest.param({"input": "x'", "output": "x''", "kernel": "θ^l"}, marks=exhaustive),
    ],
)
def test_formulas_in_letters_of_ones_own_are_read_back(given: dict[str, str], typeset) -> None:
    layer = sc.Conv1d("n", "k", stride=2, padding="p", notation=Notation(**given))
    for name in ("output", "grad_input", "grad_kernel", "matrix"):
        formula = layer.formula(name)
        typeset(formula.latex())
        typeset(layer.derive(name).latex())
        right = str(formula).splitlines()[0].split(" = ", 1)[1]
        assert layer.claim(name, sc.parse(right)).verdict in ("proved", "verified")
    explicit = sc.Conv1d(4, 3, bias=True, notation=Notation(**given))
    for name in explicit.equation_names:
        typeset(explicit.latex(name))
    for name in explicit.algorithm_names:
        typeset(explicit.algorithm(name).math())
    for name in explicit.figure_names:
        assert explicit.figure(name).svg()


def test_presets_print_each_letter_once_for_every_kind_of_layer() -> None:
    for preset in PRESETS.values():
        for kind, make in [pair for pair in LAYERS.items() if pair[0] != "open"]:
            assert told_apart(make(preset)), (preset, kind)


@pytest.mark.parametrize(
    ("written", "latex"),
    [
        ("delta'", r"\delta'_{0}"),
        (r"\hat{z}'", r"\hat{z}'_{0}"),
        ("y_in'", r"y'_{\mathrm{in},0}"),
        ("theta''", r"\theta''_{0}"),
        (r"\mathbf{a}'", r"\mathbf{a}'_{0}"),
    ],
)
def test_primes_stand_on_letters_of_every_kind(written: str, latex: str) -> None:
    made = sc.Conv1d(2, 1, notation=sc.Notation(output=written)).equation("output").latex()
    assert f"{latex} &= " in made
