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
from symconv.errors import OptionError
from symconv.notes.model import Display, Points, Table, plain
from tests.geometry import layers
from tests.notes.layers import SPREAD, document


def said(layer: Any, *sections: str, **options: Any) -> str:
    return str(layer.notes(sections=sections, **options))


@settings(max_examples=25)
@given(layers(most_rank=2))
def test_pairs_and_weights_are_counted_right(options: dict[str, Any]) -> None:
    layer, batch = made(options), options["x"][0]
    text = said(layer, "dense", "matrix")
    entries = list(layer.matrix)
    every, held = len(entries) // batch**2, sum(entry != 0 for entry in entries) // batch
    places = [symbol for entry in entries for term in Add.make_args(entry) for symbol in symbols_of(term)]
    apart, weights, edges = every - held, len(set(places)), len(places) // batch
    each = "in each sample " if batch > 1 else ""
    if not held:
        assert f"Here {each}no pair is joined." in text
    elif apart:
        many = "" if every == 1 else "s"
        assert f"Here {each}{apart} of {every} pair{many} {'is' if apart == 1 else 'are'} not joined" in text
    else:
        assert f"Here {each}every pair is joined" in text
    shared = f" share {weights} weight{'s' * (weights != 1)}"
    assert (shared in text, "no weight is shared" in text) == (weights < edges, 0 < weights == edges)
    assert ("they add up" in text) == any(entry.is_Add or entry.is_Mul for entry in entries)
    assert ("[T holds w]" in text) == (held * batch < len(entries))
    assert re.search(rf"{held * batch} of its {len(entries)} entr(y|ies) holds? a weight", text)
    unused = prod(options["w"]) - weights
    assert (f"; {unused} weight{'s' * (unused != 1)} of the kernel meet" in text) == (unused > 0)
    assert (f"only {weights} distinct" in text) == (weights < held * batch)


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


def test_the_table_has_every_letter_with_its_shape() -> None:
    def table(layer: Any) -> dict[str, tuple[str, str]]:
        (found,) = (b for b in layer.notes(sections=["setting"]).blocks if isinstance(b, Table))
        return {plain(row[0]): (plain(row[1]), plain(row[2])) for row in found.rows}

    layer = sc.Conv2d((4, 5), 2, in_channels=2, out_channels=3, bias=True, batch=2)
    shapes = {letter: shape for letter, (_, shape) in table(layer).items()}
    assert shapes == {
        "x": "2 x 2 x 4 x 5", "w": "3 x 2 x 2 x 2", "b": "3", "y": "2 x 3 x 3 x 4", "delta": "2 x 3 x 3 x 4"
    }  # fmt: skip
    opened = table(sc.Conv2d(("N", "H"), "K"))
    assert opened["y"][1] == "M_1 x M_2", "a sum in a product needs brackets, a letter none"
    pool = table(sc.MaxPool1d(4, 2))
    assert "w" not in pool
    assert pool["S"][0].startswith("the selection: 1 at the first of the largest")
    assert "dL/dy" in table(sc.Conv1d(4, 3, notation="pytorch"))


def test_a_transposed_layer_writes_and_pools_have_no_kernel_to_lay() -> None:
    text = said(SPREAD["transposed"]("symconv"), "size", "forward", "algorithm")
    assert "each input lays the kernel on the output" in text.lower()
    assert "Each input lays the kernel on its window of the output, one row an input." in text
    assert "slides over" not in text
    assert "a the output padding" in text
    assert "kernel" not in said(SPREAD["maximum"]("symconv"), "size", "matrix", "gradients").replace(
        "kernel has places", ""
    )
    columns = said(sc.Conv1d(4, 3, notation="cs231n"), "windows", "gradients")
    assert "Column by column" in columns
    assert "transposed windows" not in columns


def test_every_derivation_says_for_which_indices_it_holds_and_what_its_letters_are() -> None:
    for name in SPREAD:
        derived = [b for b in document(name).blocks if isinstance(b, Display) and b.stepwise]
        assert len(derived) > 1
        for block in derived:
            lines = block.item.text().splitlines()
            opened = [line.split(" = ")[0] for line in lines if re.match(r".*\w\[.*?\] = ", line)]
            held = [line for line in lines if line.split()[:1] == ["for"]]
            assert len(held) == len(opened)
            letters = set(re.findall(r"\bM(?:_\d)?\b", block.item.text()))
            assert letters == {line.split()[1] for line in lines if re.match(r" *with M(_\d)? = ", line)}


def test_checks_list_every_derivation_that_notes_have() -> None:
    for name in SPREAD:
        blocks = document(name).blocks
        shown = {b.code for b in blocks if isinstance(b, Display) and b.stepwise}
        (judged,) = (b for b in blocks if isinstance(b, Points) and "verified on" in plain(b.points[0][1]))
        listed = {n.replace(" ", "_") for about, _ in judged.points for n in plain(about).split(", ")}
        assert shown == {f"opened.derive({quantity!r})" for quantity in listed}


def test_a_weight_of_zero_is_a_weight() -> None:
    layer = sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[1, 0, -1])
    text = said(layer, "matrix", "dense")
    assert "6 of its 8 entries hold a weight" in text
    first = next(line for line in text.splitlines() if line.startswith("[T holds w] .* dL/dT = "))
    assert first.split("= ")[1].split() == ["[delta0", "2*delta0", "3*delta0", "0]"]


def test_what_is_added_or_cut_off_is_told_where_it_is_there() -> None:
    plain, cut = sc.ConvTranspose1d(3, 2, stride=3), SPREAD["transposed"]("symconv")
    assert "cut off" not in said(plain, "size")
    assert "added" not in said(plain, "size")
    assert "the padding is cut off the ends; the output padding is added behind." in said(cut, "size")
    assert "times the kernel, plus the bias." in said(sc.Conv1d(3, 2, bias=True), "forward")
    assert "plus the bias" not in said(sc.Conv1d(3, 2), "forward")
    for mode in ("reflect", "replicate", "circular"):
        layer = sc.Conv1d(5, 3, padding=2, padding_mode=mode)
        assert "weights of the kernel, sums of some, or zero." in said(layer, "matrix")


def test_titles_tell_layers_apart() -> None:
    assert len({document(name).title for name in SPREAD}) == len(SPREAD)
    assert sc.Conv1d(4, 3, padding="same", stride=1).title.endswith("3 taps, same padding")
    assert sc.Conv1d(4, 3, padding=(2, 0), padding_mode="circular").title.endswith(
        "padding 2 before and 0 after (circular)"
    )
    assert sc.AvgPool1d(4, 2).title == "Average pooling of 4 inputs in windows of 2"


def test_open_sizes_have_zeros_and_ties_too() -> None:
    text = said(sc.Conv1d("N", "K"), "dense")
    assert "E says which entry holds which weight" in text
    assert "dL/dw[k] = sum(i=0..M - 1) sum(j=0..N - 1) E[i, j, k]*delta[i]*x[j]" in text


def leaky(t):
    if t > 0:
        return t
    return t / 10


def test_the_function_of_a_layer_is_named_defined_and_applied() -> None:
    layer = sc.Conv1d(3, 2).at(x=[1, 2, 3], w=[5, -4])
    made = layer.notes(activation=leaky)
    text = str(made)
    assert "The function leaky is then applied to each entry of y." in text
    assert "leaky(y) = [-3/10, -1/5]" in text
    space: dict[str, Any] = {}
    exec(made.code, space)
    for block in made.blocks:
        if isinstance(block, Display) and "activation" in block.code:
            assert eval(block.code, space).latex() == block.item.latex()
    (defined,) = (b.item.latex() for b in made.blocks if isinstance(b, Display) and b.label == "function")
    assert defined.startswith("\\mathrm{leaky}(t) = \\left\\{")
    assert "tanh(y) = [-tanh(3), -tanh(2)]" in said(layer, "example", activation=tanh)
    half = sc.Conv1d(3, 2).at(x=[1, 2, 3])
    assert "leaky(y0) = leaky(w0 + 2*w1)" in said(half, "example", activation=leaky)
    filters = sc.Conv1d(3, 2, in_channels=1, out_channels=2)
    assert "A = relu(X W)" in said(filters, "windows", activation="relu")
    for wrong in ("a b", 3):
        with pytest.raises(OptionError, match="the activation is"):
            layer.notes(activation=wrong)
    for taken in ("T", "corr"):
        with pytest.raises(OptionError, match="which stands for"):
            layer.notes(activation=taken)
    with pytest.raises(OptionError, match="no function follows pooling"):
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
    alike = said(sc.Conv2d("N", "K"), "setting", "size")
    assert "M is the number of outputs along each axis. i, k and j count" in alike
    assert "These three bear the number of their axis." in alike
    assert alike.count("M = N - K + 1") == 1
    apart = said(sc.Conv2d(("H", "V"), "K"), "setting", "size")
    assert "M is the number of outputs along an axis." in apart
    assert "The letters of an axis bear its number." in apart
    assert "M_1 = H - K + 1" in apart
    assert "M_2 = V - K + 1" in apart
    assert "along" not in said(sc.Conv1d(4, 3), "setting")


def test_pooling_notes_keep_the_stride_and_count_channels() -> None:
    text = said(sc.AvgPool1d(4, 2, channels=2), "setting", "size", "forward")
    assert "x[o, 2*i + k]/K" in text
    assert "M = floor((N - K)/2) + 1" in text
    assert "Likewise o counts channels." in text
    assert "o counts output channels, " in said(sc.Conv1d(4, 2, in_channels=1, out_channels=2), "setting")
    turned = sc.MaxPool1d(5, 3, notation="cs231n").equation("windows")
    assert str(turned) == "X_col = [x0]\n        [x1]\n        [x2]"
    assert turned.reason == "Windows: column by column, the entries of which an output is the largest."
    assert str(sc.MaxPool1d(5, 3).equation("windows")) == "X = [x0  x1  x2]"


@pytest.mark.parametrize("name", SPREAD)
def test_algorithms_have_their_arguments_introduced(name: str) -> None:
    """And all other letters, but no other."""
    layer = SPREAD[name]("symconv")
    told = said(layer, "algorithm").split("In letters of their own, with indices from 0: ")[1].splitlines()[0]
    first, *rest = re.split(", | and ", told.split(". ")[0].rstrip("."))
    letters = [first.split(" is ")[0], *(part.split()[0] for part in rest)]
    trees = [ast.parse(layer.algorithm(quantity).source) for quantity in layer.algorithm_names]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    used = {node.arg for node in nodes if isinstance(node, ast.arg)}
    used |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert set(letters) == {re.sub(r"_\d$", "", letter) for letter in used}
    assert len(letters) == len(set(letters))
    assert ("kernel" in told) == ("w" in letters)
    assert ("The letters of an axis bear its number." in told) == (len(layer.axes) > 1)


def test_captions_say_how_windows_lie() -> None:
    assert "The window slides over the input, one row an output." in said(sc.Conv1d(4, 3), "forward")
    for layer in (sc.Conv2d(3, 2), sc.Conv1d(3, 2, batch=2), sc.Conv1d(4, 3, in_channels=2, out_channels=1)):
        assert "The window slides over the input, one panel an output." in said(layer, "forward")
    assert "its window of the output, one panel an input." in said(sc.ConvTranspose2d(2, 2), "forward")
    text = sc.MaxPool1d("N", "K").derive("output_size").reasons()["definition"]
    assert text.startswith("An output stands at each place of the window where its last place")
