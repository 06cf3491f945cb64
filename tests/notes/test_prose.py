"""What notes say in words is true of their layer."""

from __future__ import annotations

import ast
import re
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from sympy import Add, Matrix, flatten, ones, tanh
from sympy.physics.quantum import TensorProduct

import symconv as sc
import symconv.notes.known as known
from symconv.errors import OptionError
from symconv.layers.example import small
from symconv.notes.model import Display, Points, Prose, Table, plain
from tests.geometry import layers
from tests.notes.layers import LARGE, SPREAD, document
from tests.tiers import tiers


def said(layer: Any, *sections: str, **options: Any) -> str:
    return str(layer.notes(sections=sections, **options))


@settings(max_examples=25)
@given(layers(most_rank=2))
def test_zeros_and_weights_are_counted_right(options: dict[str, Any]) -> None:
    layer = made(options)
    if not small(layer.spec):
        return
    text = said(layer, "matrix", "why")
    batch = options["x"][0]
    entries = list(layer.matrix)
    zeros = sum(entry == 0 for entry in entries)
    places = [symbol for entry in entries for term in Add.make_args(entry) for symbol in symbols_of(term)]
    weights, held = len(set(places)), len(entries) - zeros
    if zeros:
        are, others = "is" if zeros == 1 else "are", held if held > 1 else "one"
        assert re.search(
            rf"\b{zeros} of its {len(entries)} entries {are} fixed at zero, and the other {others} ", text
        )
    elif len(entries) > 1:
        assert f"none of its {len(entries)} entries is zero" in text
    else:
        assert "its only entry is" in text
    tied = weights < len(places) or held < len(places)
    many = f"{weights} different weight{'s' * (weights != 1)}"
    if not tied and weights == 1:
        assert "is the only weight" in text
    else:
        assert re.search(rf"(holds?|sums of) only {many}" if tied else f"are {many}", text)
    assert ("several weights meet in one entry" in text) == any(e.is_Add or e.is_Mul for e in entries)
    products = len(places) // batch
    assert f"the layer takes {products:,} multiplication" in text
    dense = len(entries) // batch**2
    assert re.search(rf"a dense layer (?:\S+ = )?{dense:,}\b", text)
    assert re.search(rf"{prod(options['w'])} weights? to learn and store", text)


def symbols_of(term: Any) -> list[Any]:
    """A weight as often as it is there."""
    coefficient, symbol = term.as_coeff_Mul()
    return [symbol] * int(coefficient) if symbol != 1 else []


def made(options: dict[str, Any]) -> Any:
    """The layer of a geometry in PyTorch's layout."""
    (batch, inside, *sizes), (_, outside, *_) = options["x"], options["delta"]
    around = tuple(zip(options["before"], options["after"], strict=True))
    given = {name: options[name] for name in ("stride", "dilation", "groups")}
    if options["transposed"]:
        kind, given["output_padding"] = sc.ConvTranspose, options["output_padding"]
    else:
        kind, given["padding_mode"], given["flip"] = sc.Conv, options["padding_mode"], options["flip"]
    channels = {"in_channels": inside, "out_channels": outside, "batch": batch}
    return kind(tuple(sizes), options["w"][2:], padding=around, **channels, **given)


@pytest.mark.exhaustive
def test_each_kind_makes_its_point() -> None:
    points = {
        "strided": [
            "in steps of 2",
            "with 1 zero between",
            "(1, 0, -2, 0, 3, 0, -1, 0, 2)",
            "it is the convolution of this sequence",
        ],
        "dilated": ["its taps 2 places apart", "the same 3 taps span d*(K - 1) + 1 = 2*2 + 1 = 5 inputs"],
        "plane": ["consists of 2×3 blocks of size 2×3", "so do the nonzero entries", "doubly block Toeplitz"],
        "grouped": [
            "With 2 groups, 8 of the 16 blocks are zero",
            "from input channel 1",
            "4·2·2 = 16 weights",
        ],
        "transposed": ["T = B^T", "B y = (109, 250, 279), not (1, 2, 3). The transpose is not the inverse."],
        "circular": ["(a circulant matrix)", "move around by 1 place", "replicate"],
        "average": [
            "all the same number, 1/2. The layer has no parameters.",
            "the same share, 1/2, of the window's gradient",
        ],
        "maximum": ["x0 and x2 are kept", "The matrix changes with the input", "dL/dx = (5, 0, 7, 0)"],
        "open": [
            "First, an example with H1 = 7, H2 = 3, r = 2 and q = 1.",
            "proved for all H1 >= 1, r >= 1, q >= 0 and 1 <= H2 <= H1 + 2*q.",
        ],
        "reflected": ["y1 reads x1 twice", "several weights meet in one entry", "reflect (this layer)  3, 2"],
        "long": [
            "First, a smaller layer of the same kind",
            "5 of the 1,000 inputs",
            "a dense layer 1,000·1,000 = 1,000,000",
        ],
        "image": [
            "4·3·3·3 = 108 weights and 4 biases",
            "one for each pair of an output channel and an input channel",
        ],
        "photograph": [
            "64·3·11·11 = 23,232 weights",
            "The layer of the title has 55×55 outputs in each output channel.",
        ],
    }
    for name, wanted in points.items():
        text = " ".join(str(document(name)).split())
        for piece in wanted:
            assert " ".join(piece.split()) in text, (name, piece)


def test_orientation_is_told_once() -> None:
    for name in ("full", "strided", "plane"):
        text = str(document(name))
        assert text.count("deep-learning libraries call convolution") == 1
        assert text.count("the choice does not matter") == 1
        assert ("Reverse the kernel" in text) == (name == "full")
    for name in ("average", "maximum", "transposed"):
        assert "deep-learning" not in str(document(name))


def test_limits_are_explained_where_there_are_some() -> None:
    assert "keep the indices of w and x within range. At y5 only one of the 3 products remains." in said(
        SPREAD["full"]("symconv"), "numbers"
    )
    assert "Every window lies within the input, so none is cut short." in said(sc.Conv1d(4, 3), "numbers")
    for mode, words in (
        ("reflect", "Here r reads the input backwards at its edges: r(-1) = 1, r(N) = N - 2,"),
        ("replicate", "that of the nearest end"),
    ):
        text = said(sc.Conv1d(5, 3, padding=1, padding_mode=mode), "numbers")
        assert words in text
        assert "none is cut short" not in text


def test_a_shift_that_borders_break_is_said_so() -> None:
    text = said(sc.Conv1d(6, 3, padding=2, padding_mode="reflect"), "why")
    assert "input (0, 1, 2, 3, 4, 5, 6) gives (22, 16, 26, 50, 74, 98, 122, 128, 118). Six of" in text
    assert (
        "the eight outputs, 50, 74, 98, 122, 128 and 118, reappear one place later; y0 and y1 do not: where"
        in text
    )
    assert "the window of y0 = 46 read 3 in the padding it now reads 1 (giving 16)." in text
    pooled = said(sc.AvgPool1d(5, 3, stride=1, padding=1, count_include_pad=False), "why")
    assert (
        "does not, because its window reached over the edge, where it now reads the zero in front (giving"
        in pooled
    )
    strided = said(SPREAD["strided"]("symconv"), "why")
    assert "One place is not a multiple of the stride: with a single zero in front of x the output" in strided


def test_the_table_has_every_letter_with_its_shape() -> None:
    def table(layer: Any) -> dict[str, tuple[str, str]]:
        (found,) = (b for b in layer.notes(sections=["letters"]).blocks if isinstance(b, Table))
        return {plain(row[0]): (plain(row[1]), plain(row[2])) for row in found.rows}

    layer = sc.Conv2d((4, 5), 2, in_channels=2, out_channels=3, bias=True, batch=2)
    shapes = {letter: shape for letter, (_, shape) in table(layer).items()}
    assert shapes == {
        "x": "2 x 2 x 4 x 5", "w": "3 x 2 x 2 x 2", "b": "3", "y": "2 x 3 x 3 x 4", "delta": "2 x 3 x 3 x 4",
        "xpad": "2 x 2 x 4 x 5", "T": "72 x 80", "U": "72 x 24", "E": "72 x 80 x 24", "L": "", "f": "",
    }  # fmt: skip
    meanings = {letter: meaning for letter, (meaning, _) in table(sc.Conv1d(4, 3, padding=1)).items()}
    assert meanings["xpad"] == "the padded input: x with zeros in the padding"
    assert meanings["E"].startswith("the ties: for each entry of T and each weight, 1 if the entry holds")
    assert table(sc.Conv1d(4, 3, padding=1))["xpad"][1] == "6"
    assert table(sc.Conv1d("N", "K", padding=("p", 1)))["xpad"][1] == "N + p + 1"
    opened = table(sc.Conv2d(("N", "H"), "K"))
    assert opened["y"][1] == "M_1 x M_2", "a sum in a product needs brackets, a letter none"
    pool = table(sc.MaxPool1d(4, 2))
    assert not {"w", "X", "E", "f"} & pool.keys()
    assert pool["S"][0].startswith("the selection: 1 at the first")
    assert "dL/dy" in table(sc.Conv1d(4, 3, notation="pytorch"))


@pytest.mark.exhaustive
def test_every_derivation_says_for_which_indices_it_holds_and_what_its_letters_are() -> None:
    for name in SPREAD:
        blocks = SPREAD[name]("symconv").notes(sections=["derivations"]).blocks
        derived = [b for b in blocks if isinstance(b, Display) and b.stepwise]
        assert len(derived) > 1
        for block in derived:
            lines = block.item.text().splitlines()
            opened = [line.split(" = ")[0] for line in lines if re.match(r".*\w\[.*?\] = ", line)]
            held = [line for line in lines if line.split()[:1] == ["for"]]
            assert len(held) == len(opened)
            letters = set(re.findall(r"\bM(?:_\d)?\b", block.item.text()))
            assert letters == {line.split()[1] for line in lines if re.match(r" *with M(_\d)? = ", line)}


@pytest.mark.parametrize("name", tiers(["full", "maximum"], ["full"]))
def test_proofs_list_every_derivation_of_the_appendix(name: str) -> None:
    blocks = SPREAD[name]("symconv").notes(sections=["derivations", "proofs"]).blocks
    shown = {b.code for b in blocks if isinstance(b, Display) and b.stepwise}
    (told,) = (
        plain(b.words) for b in blocks if isinstance(b, Prose) and "each step was proved" in plain(b.words)
    )
    listed = set(re.split(", | and ", told.split(" derivations of the ")[1].split(" were compared")[0]))
    assert {known.named(code.split("'")[1]) for code in shown} == listed


@pytest.mark.exhaustive
def test_where_a_proof_was_not_found_each_derivation_says_what_is_known() -> None:
    mixed = sc.Conv1d("N", "K", in_channels="C", out_channels="D", groups="G").notes(sections=["proofs"])
    (points,) = (b for b in mixed.blocks if isinstance(b, Points))
    assert len(points.points) > 1
    assert any("a proof for all sizes was not found" in plain(settled) for _, settled in points.points)
    assert all(plain(settled).startswith("Both sides were equal for") for _, settled in points.points)


@pytest.mark.exhaustive
def test_what_is_claimed_is_what_was_checked() -> None:
    layer = SPREAD["strided"]("symconv")
    text = said(layer, "checks")
    assert "at random" not in text, "a proof says more than trials"
    assert "equal for at least 23 choices of sizes" in said(layer, "proofs")
    opened = sc.Conv1d("N", "K", stride=2, padding=1)
    assert all(opened.derive(name).prove() for name in ("output", "grad_input", "grad_kernel"))
    assert "Each step was proved for all N >= 1 and 1 <= K <= N + 2, with stride 2 and padding 1." in text
    grouped = said(sc.Conv1d("N", "K", in_channels="C", out_channels="D", groups="G"), "checks")
    assert "Each step for" in grouped
    assert "No proof for all sizes was found for" in grouped
    assert re.search(
        r"Each step was checked with random numbers for at least \d+ choices? of the sizes", grouped
    )


@pytest.mark.exhaustive
def test_titles_tell_layers_apart() -> None:
    every = [document(name).title for name in (*SPREAD, *LARGE)]
    assert len(set(every)) == len(every)
    assert sc.Conv1d(4, 3, padding="same", stride=1).title.endswith("3-tap kernel, same padding")
    assert sc.Conv1d(4, 3, padding=(2, 0), padding_mode="circular").title.endswith(
        "padding 2 before and 0 after (circular)"
    )
    assert sc.AvgPool1d(4, 2).title == "Average pooling of 4 inputs in windows of 2"


def leaky(t):
    if t > 0:
        return t
    return t / 10


def test_the_function_of_a_layer_is_named_defined_and_applied() -> None:
    layer = sc.Conv1d(3, 2).at(x=[1, 2, 3], w=[5, -4])
    made = layer.notes(activation=leaky)
    text = str(made)
    assert "The layer then applies leaky to each sum." in text
    assert "leaky(y) = [-3/10, -1/5]" in text
    space: dict[str, Any] = {}
    exec(made.code, space)
    for block in made.blocks:
        if isinstance(block, Display) and "activation" in block.code:
            assert eval(block.code, space).latex() == block.item.latex()
    (defined,) = (b.item.latex() for b in made.blocks if isinstance(b, Display) and b.label == "function")
    assert defined.startswith("\\mathrm{leaky}(t) = \\left\\{")
    assert "tanh(y) = [-tanh(3), -tanh(2)]" in said(layer, "numbers", activation=tanh)
    assert "relu'(y[i])" in said(layer, "learning", activation="relu")
    for wrong in ("a b", 3):
        with pytest.raises(OptionError, match="the activation is"):
            layer.notes(activation=wrong)
    for taken in ("T", "corr"):
        with pytest.raises(OptionError, match="already"):
            layer.notes(activation=taken)
    with pytest.raises(OptionError, match="no activation follows a pooling layer"):
        sc.AvgPool1d(4, 2).notes(activation="relu")


@pytest.mark.parametrize("batch", [None, 2])
def test_the_bias_of_all_filters_in_letters_is_what_is_added(batch: int | None) -> None:
    layer = sc.Conv1d(4, 2, in_channels=2, out_channels=3, bias=True, batch=batch)
    told = str(layer.equation("matrix")).splitlines()[0]
    assert told.endswith("kron(ones, b, ones)" if batch else "kron(b, ones)")
    bias = TensorProduct(ones(batch or 1, 1), Matrix(flatten(layer.b)), ones(3, 1))
    product = layer.matrix * Matrix(flatten(layer.x)) + bias
    assert product.expand() == Matrix(flatten(layer.output)).expand()
    assert str(layer.equation("windows")).split(" = ")[1].startswith("U vec(w)")
    assert layer.windows * Matrix(flatten(layer.w)) + bias == product.expand()


def test_letters_of_several_axes_are_told_as_they_stand() -> None:
    alike = said(sc.Conv2d("N", "K"), "letters", "size")
    assert "M is the number of outputs along each axis. i, k and j count" in alike
    assert "These three bear the number of their axis." in alike
    assert alike.count("M = N - K + 1") == 1
    apart = said(sc.Conv2d(("H", "V"), "K"), "letters", "size")
    assert "M is the number of outputs along an axis." in apart
    assert "The letters of an axis bear its number." in apart
    assert "M_1 = H - K + 1" in apart
    assert "M_2 = V - K + 1" in apart
    assert "along" not in said(sc.Conv1d(4, 3), "letters")


@pytest.mark.parametrize("name", SPREAD)
def test_algorithms_have_their_arguments_introduced(name: str) -> None:
    """And all other letters, but no other."""
    layer = SPREAD[name]("symconv")
    told = said(layer, "algorithms").split("indices that start at 0. Here ")[1].splitlines()[0]
    letters = [part.split()[0] for part in re.split("; |, | and ", told.split(". ")[0].rstrip("."))]
    trees = [ast.parse(layer.algorithm(quantity).source) for quantity in layer.algorithm_names]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {node.arg for node in nodes if isinstance(node, ast.arg)}
    used |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert ("q" in used) == ("p' (q in Python) the padding after" in told)
    letters = ["q" if one == "p'" else one for one in letters]
    assert set(letters) == {re.sub(r"_\d$", "", letter) for letter in used}
    assert len(letters) == len(set(letters))
    assert ("kernel" in told) == ("w" in letters)
    assert ("The letters of an axis bear its number." in told) == (len(layer.axes) > 1)


@pytest.mark.exhaustive
def test_a_proof_names_the_numbers_of_every_axis() -> None:
    layer = sc.Conv2d(("N", 5), ("K", 3), stride=("s", 2), padding=("p", 1))
    told = said(layer, "checks")
    second = ("input size 5", "kernel size 3", "stride 2", "padding 1")
    assert all(f"{setting} along the second axis" in told for setting in second)
    formulas = said(layer, "numbers")
    assert "stride s (the step length) along the first axis" in formulas
    assert "p zeros on each side along the first axis" in formulas
