"""How many pages notes on chains take: up to three layers go on three pages, and their short notes on one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

import symconv as sc
from symconv.network.closed import Together, number_letter
from symconv.network.values import letter_of
from symconv.notes.model import Display, Picture, Table, plain
from symconv.printing.targets import target_of
from tests.tiers import exhaustive

F, RELU = sc.Activation("f"), sc.Activation("relu")


def one(layer: Any) -> Callable[[], sc.Chain]:
    return lambda: sc.Chain(layer, F)


def open_sizes(first: Any, *more: Any) -> Callable[[], sc.Chain]:
    """Layers in turn with an unknown function."""
    return lambda: sc.Chain(first, F, *(part for layer in more for part in (layer, F)))


#: Chains of up to three layers: given and open sizes, of one and two axes, of every kind.
CHAINS: Mapping[str, Callable[[], sc.Chain]] = {
    "convolution": one(sc.Conv1d("N", "K")),
    "strided": one(sc.Conv1d("N", "K", stride="s", padding="p")),
    "plane": one(sc.Conv2d(("N", "P"), "K")),
    "dense": one(sc.Dense(3, 2)),
    "two": lambda: sc.Chain(sc.Conv1d("N", "K"), F, sc.Dense(None, 2)),
    "two convolutions": open_sizes(sc.Conv1d("N", "K"), sc.Conv1d(None, "J", stride=2)),
    "plane and dense": lambda: sc.Chain(
        sc.Conv2d(4, 3, in_channels=1, out_channels=2), sc.Activation("tanh"), sc.Flatten(),
        sc.Dense(None, 2),
        loss="cross_entropy",
    ),
    "three convolutions": open_sizes(sc.Conv1d("N", "K"), sc.Conv1d(None, "J"), sc.Conv1d(None, "P")),
    "alike": open_sizes(sc.Conv1d("N", "K"), sc.Conv1d(None, "K"), sc.Conv1d(None, "K")),
    "steps": open_sizes(
        sc.Conv1d("N", "K", stride=2, padding=1), sc.Conv1d(None, "J", stride=2),
        sc.Conv1d(None, "P", dilation=2),
    ),
    "convolutions and dense": lambda: sc.Chain(
        sc.Conv1d("N", "K"), F, sc.Conv1d(None, "J"), F, sc.Dense(None, "M")
    ),
    "three planes": open_sizes(sc.Conv2d(("N", "P"), "K"), sc.Conv2d(None, "J"), sc.Conv2d(None, 2)),
    "planes with channels": lambda: sc.Chain(
        sc.Conv2d("N", 3, in_channels=1, out_channels=2, bias=True), F, sc.Conv2d(None, 2, out_channels=1), F,
        sc.Flatten(), sc.Dense(None, 2),
    ),
    "channels": lambda: sc.Chain(
        sc.Conv1d("N", "K", in_channels="C", out_channels="O", bias=True), F,
        sc.Conv1d(None, "J", out_channels="Q", bias=True), F, sc.Flatten(), sc.Dense(None, "M", bias=True),
    ),
    "maximum": lambda: sc.Chain(
        sc.Conv1d("N", "K", bias=True), RELU, sc.MaxPool1d(None, 2), sc.Dense(None, 2, bias=True),
        loss="half_squared_error",
    ),
    "maximum in a plane": lambda: sc.Chain(
        sc.Conv2d(6, 3, in_channels=1, out_channels=2, bias=True), RELU, sc.MaxPool2d(None, 2), sc.Flatten(),
        sc.Dense(None, 2, bias=True), loss="cross_entropy",
    ),
    "average": lambda: sc.Chain(sc.Conv1d("N", "K"), F, sc.AvgPool1d(None, "P"), sc.Dense(None, 2)),
    "residual": lambda: sc.Chain(
        sc.Conv1d("N", 3, in_channels=1, out_channels=2), F,
        sc.Residual([sc.Conv1d(None, 3, padding=1, out_channels=2)]), F, sc.Flatten(), sc.Dense(None, 2),
    ),
    "normalised": lambda: sc.Chain(
        sc.Conv1d("N", "K", in_channels=1, out_channels="C"), sc.BatchNorm(), F, sc.Flatten(),
        sc.Dense(None, "M"),
    ),
    "three dense": lambda: sc.Chain(
        sc.Dense(4, 4, bias=True), sc.Activation("tanh"), sc.Dense(None, 3, bias=True),
        sc.Activation("sigmoid"),
        sc.Dense(None, 2, bias=True), sc.Activation("softmax"), loss="cross_entropy",
    ),
    "transposed": lambda: sc.Chain(
        sc.ConvTranspose1d("N", "K", stride=2), F, sc.Conv1d(None, "J"), F, sc.Dense(None, 2)
    ),
    "given": lambda: sc.Chain(
        sc.Conv1d(8, 3, bias=True), F, sc.Conv1d(None, 3, bias=True), F, sc.Conv1d(None, 2, bias=True), F
    ),
}  # fmt: skip


#: Chains that have most to say, of which notes of one page are made.
LONGEST = ("three convolutions", "planes with channels", "channels", "residual", "normalised")


@exhaustive
@pytest.mark.parametrize(
    ("name", "depth"), [*((name, "standard") for name in CHAINS), *((name, "page") for name in LONGEST)]
)
def test_notes_of_up_to_three_layers_go_on_three_pages(name: str, depth: Any, tmp_path: Path) -> None:
    document = CHAINS[name]().notes(depth=depth)
    for engine in ("latex", "typst"):
        document.save(tmp_path / "notes.pdf", engine=engine)
        with pypdfium2.PdfDocument(tmp_path / "notes.pdf") as pages:
            assert len(pages) <= (3 if depth == "standard" else 1), engine


@pytest.mark.exhaustive
def test_tables_and_matrices_of_three_layers_are_those_of_full_notes() -> None:
    net = CHAINS["three dense"]()
    kinds = {
        depth: {type(block) for block in net.notes(depth=depth).blocks} for depth in ("page", "standard")
    }
    assert Table not in kinds["standard"] | kinds["page"]
    assert any(isinstance(block, Table) for block in net.notes(sections=["network"]).blocks)
    assert any(isinstance(block, Table) for block in CHAINS["two"]().notes().blocks)


def test_layers_that_are_alike_are_told_once() -> None:
    text = str(CHAINS["alike"]().notes(sections=["forwards", "backwards"]))
    for line in (
        "For each layer l = 1, 2, 3 (cross-correlation), with a^(0) = x:",
        "   z^(l) = T^(l) a^(l-1)\n",
        "a^(l)[i] = f(z^(l)[i]), 0 <= i <= M_l - 1\n",
        "           with M_1 = N - K + 1, M_2 = M_1 - K + 1, M_3 = M_2 - K + 1\n",
        "For each layer l = 1, 2 (cross-correlation), with a^(0) = x:",
        "   delta^(l) = ((T^(l+1))^T delta^(l+1)) .* f'(z^(l))\n",
        "max(0, j - M_(l+1) + 1)..min(j, K - 1)) delta^(l+1)[j - k]*w^(l+1)[k]\n",
        "Input:\n\n   dL/dx = (T^(1))^T delta^(1)\n",
    ):
        assert line in text
    assert "Layer 3 (cross-correlation):\n\ndelta^(3)[i] = f'(z^(3)[i])*dL/da^(3)[i]" in text
    assert text.count("with M_1 = ") == 1
    assert "each layer l" not in str(CHAINS["three convolutions"]().notes(sections=["forwards"]))


@pytest.mark.parametrize(("axes", "size"), [(1, "M_{l+1}"), (2, "M_{l+1, 2}")])
def test_sizes_of_layers_that_are_alike_have_the_letter_of_the_layer(axes: int, size: str) -> None:
    sizes, make = ("N", "P")[:axes], getattr(sc, f"Conv{axes}d")
    net = open_sizes(make(sizes, "K"), *[make(None, "K")] * 3)()
    blocks = net.notes(sections=["forwards", "backwards"]).blocks
    (general,) = (b for b in blocks if isinstance(b, Display) and b.label == "formulas-backwards-3")
    assert size in general.item.latex()
    assert (
        r"\left(\left(T^{(l+1)}\right)^{\top} \delta^{(l+1)}\right) \odot f'(z^{(l)})" in general.item.latex()
    )


def test_letters_are_explained_once() -> None:
    text = str(CHAINS["maximum"]().notes(sections=["forwards", "backwards"]))
    for said in (
        "with M_1 = N - K + 1",
        "with relu(z) = max(0, z)",
        "with S^(2) equal to 1 at the first maximum",
    ):
        assert text.count(said) == 1
    assert "with M_1" in str(CHAINS["maximum"]().notes(sections=["backwards"]))


def test_notes_on_open_sizes_have_the_network_in_numbers_and_in_letters() -> None:
    blocks = CHAINS["two"]().notes().blocks
    nodes, boxes = (block for block in blocks if isinstance(block, Picture))
    assert nodes.figure.alt.startswith("Network of 5 inputs, then layers of 3 and 2 outputs.")
    assert boxes.figure.alt == (
        "Network in blocks: input, N; 1: Conv1d, f, N - K + 1, sees K; 2: Dense, 2, sees N."
    )
    assert plain(boxes.caption).startswith("The same network for all sizes.")


def test_the_table_says_what_it_leaves_out() -> None:
    text = str(CHAINS["two"]().notes(sections=["network"]))
    assert "The jump of a dense layer is 0: each of its outputs sees the whole input of the layer." in text
    assert "       total                         9           15\n" in text
    text = str(CHAINS["transposed"]().notes(sections=["network"]))
    assert "Where nothing is given, the outputs of a layer see different numbers of inputs." in text
    assert "jump of a dense layer" not in text


def written_out(text: str, number: int, any_: str, start: str, given: str) -> str:
    """A formula of layer l with a number for l, as text or as LaTeX, by plain replacements."""
    for told, value in ((f"{any_}-1", number - 1), (f"{any_}+1", number + 1), (any_, number)):
        text = re.sub(rf"(?<=[({{]){re.escape(told)}(?=[)}},])|(?<=_){re.escape(told)}\b", str(value), text)
    text = re.sub(r"_\((\d+)\)", r"_\1", text)
    text = re.sub(
        r"_(\(|{)(\d+), (\d+)[)}]", lambda m: f"_{m[2]}{m[3]}" if m[1] == "(" else f"_{{{m[2]}{m[3]}}}", text
    )
    return text.replace(start, given if number == 1 else start)


@pytest.mark.parametrize("form", ["text", "latex"])
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("notation", ["symconv", "goodfellow", "ufldl"])
def test_what_is_told_for_every_layer_is_what_each_layer_has(axes: int, notation: str, form: str) -> None:
    first, later = (("N", "K"), (None, "K"))
    kind = sc.Conv1d if axes == 1 else sc.Conv2d
    net = sc.Chain(kind(*first), F, kind(*later), F, kind(*later), F, notation=notation)
    target, any_ = target_of(form), number_letter(net)
    assert any_ not in net.notation.meanings()
    start, given = (
        target.letter(letter_of(net.notation, 1)).replace("(1)", "(0)"),
        target.letter(net.notation.input),
    )
    for names in (["preactivation", "output"], ["delta", "grad_kernel"]):
        for number in (1, 2):
            own = tuple(net.formula(name, layer=number) for name in names)
            general, plainly = (Together(own, alike=alike).display(target) for alike in (own, ()))
            for one, other in zip(general.rows, plainly.rows, strict=True):
                assert one is not None
                assert other is not None
                for here, there in zip((one.left, *one.parts), (other.left, *other.parts), strict=True):
                    assert written_out(str(here), number, any_, start, given) == str(there)
