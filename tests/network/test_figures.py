"""The picture of a chain has its nodes and edges, and marks what an output sees, and nothing else."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import symconv as sc
from symconv.errors import FigureError, OptionError, SymbolicSizeError
from symconv.figures.drawing import Box, Disc, Line, Text, extent
from tests.network.known_networks import NETWORKS, chain_of

#: What every run tries of this stands in the examples of the page on networks.
pytestmark = pytest.mark.exhaustive


def marks_of(net: sc.Chain, kind: type[Any], output: Any = None, neuron: Any = None) -> list[Any]:
    drawing = net.figure(output=output, neuron=neuron).drawing
    return [mark for mark in drawing.marks if isinstance(mark, kind)]


def test_every_entry_has_a_node_and_every_pair_that_meets_an_edge() -> None:
    net = sc.Chain(
        sc.Conv1d(6, 3, padding=1), sc.Activation("relu"), sc.MaxPool1d(None, 2), sc.Dense(None, 2)
    )
    assert len(marks_of(net, Disc)) == 6 + 6 + 3 + 2
    assert len(marks_of(net, Line)) == 16 + 6 + 6 + 3  # three are those of the legend
    labels = [disc.label.text for disc in marks_of(net, Disc)]
    assert labels[:2] == ["x0", "x1"]
    assert labels[-1] == "a^(3)_1"


def test_edges_of_a_shared_weight_have_one_colour_and_style() -> None:
    net = sc.Chain(sc.Conv1d(6, 3, padding=1), sc.Dense(None, 2))
    drawing = net.figure(neuron=(1, 2)).drawing
    looks: dict[tuple[str, str], set[int]] = {}
    for line in (mark for mark in drawing.marks if isinstance(mark, Line) and mark.x2 < 4.5):
        if line.y1 != line.y2 or line.x2 - line.x1 > 1:  # not in the legend
            looks.setdefault((line.colour, line.dash), set()).add(round((line.y2 - line.y1) / 0.8))
    assert len(looks) == len({steps.pop() for steps in looks.values() if len(steps) == 1}) == 3
    legend = [mark.label.text for mark in drawing.marks if isinstance(mark, Text) and mark.anchor == "left"]
    assert legend == ["w^(1)_0", "w^(1)_1", "w^(1)_2"]
    dense = sc.Chain(sc.Dense(3, 2), sc.BatchNorm()).figure().drawing
    assert {(m.colour, m.dash) for m in dense.marks if isinstance(m, Line)} == {("black", "solid")}


@pytest.mark.parametrize("output", range(3))
def test_what_is_marked_is_the_receptive_field(output: int) -> None:
    net = sc.Chain(sc.Conv1d(9, 3, padding=1), sc.Conv1d(None, 2, dilation=2), sc.MaxPool1d(None, 2))
    marked = [disc.label.text for disc in marks_of(net, Disc, output) if disc.look == "tap"]
    assert [name for name in marked if name[0] == "x"] == [
        f"x{j}" for j in net.receptive_field().inputs(output)
    ]
    assert f"a^(3)_{output}" in marked
    assert f"Filled nodes: what reaches a^(3)_{output}: " in str(net.figure(output=output))


def test_residual_chains_are_marked_through_what_is_added() -> None:
    net = sc.Chain(sc.Conv1d(5, 1), sc.Residual([sc.Conv1d(None, 1)]))
    assert {disc.label.text for disc in marks_of(net, Disc, 2) if disc.look == "tap"} == {
        "a^(2)_2",
        "a^(1)_2",
        "x2",
    }


@pytest.mark.parametrize("place", range(9))
def test_the_way_back_to_an_input_begins_at_the_outputs_that_see_it(place: int) -> None:
    net = sc.Chain(sc.Conv1d(9, 3, padding=1), sc.Conv1d(None, 2, dilation=2), sc.MaxPool1d(None, 2))
    marked = {disc.label.text for disc in marks_of(net, Disc, neuron=(0, place)) if disc.look == "tap"}
    for number in (1, 2, 3):
        field = net.receptive_field(number)
        count = int(net.stages[number - 1].shape[0])
        seen = {f"a^({number})_{o}" for o in range(count) if place in field.inputs(o)}
        assert {name for name in marked if name.startswith(f"a^({number})")} == seen
    assert {name for name in marked if name[0] == "x"} == {f"x{place}"}
    assert f"Filled nodes: the path of the gradient back to x{place}" in str(net.figure(neuron=(0, place)))


def test_the_way_back_to_a_hidden_neuron_goes_past_the_layers_of_a_residual_chain() -> None:
    net = sc.Chain(sc.Conv1d(5, 1), sc.Residual([sc.Conv1d(None, 1), sc.Activation("f"), sc.Dense(None, 5)]))
    marked = {disc.label.text for disc in marks_of(net, Disc, neuron=(1, 2)) if disc.look == "tap"}
    assert marked == {"a^(1)_2", "a^(2)_2", *(f"a^(3)_{o}" for o in range(5))}
    alt = net.figure(neuron=(1, 2)).alt
    assert alt.endswith(
        "Filled nodes: the path of the gradient back to a^(1)_2: "
        "a^(3)_0, a^(3)_1, a^(3)_2, a^(3)_3, a^(3)_4, a^(2)_2."
    )
    assert f"<desc>{alt}</desc>" in net.figure(neuron=(1, 2)).svg()


def test_indices_count_as_the_notation_counts() -> None:
    net = sc.Chain(sc.Conv2d(3, 2), notation=sc.Notation(base=1))
    marked = {disc.label.text for disc in marks_of(net, Disc, (1, 2)) if disc.look == "tap"}
    assert marked == {"a^(1)_1_2", "x1_2", "x1_3", "x2_2", "x2_3"}


@pytest.mark.parametrize("suffix", ["svg", "tex", "png"])
def test_it_is_saved(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"net.{suffix}"
    sc.Chain(sc.Conv1d(5, 2), sc.Dense(None, 2)).figure(output=0).save(file)
    assert file.stat().st_size > 1000


@pytest.mark.parametrize("name", ["LeNet-5", "VGG-16"])
def test_large_networks_are_drawn_in_blocks(name: str) -> None:
    net = chain_of(NETWORKS[name])
    drawing = net.figure().drawing
    boxes = [mark for mark in drawing.marks if isinstance(mark, Box)]
    assert [box.label and box.label.text.split(":")[0] for box in boxes] == [
        "input", *(str(stage.number) for stage in net.stages)
    ]  # fmt: skip
    for box, stage in zip(boxes[1:], net.stages, strict=True):
        assert box.label is not None
        assert stage.kind in box.label.text
        beside = [m for m in drawing.marks if isinstance(m, Text) and m.x > box.x and 0 < m.y - box.y < 0.9]
        first, second = sorted((m for m in beside if m.x < box.x + 7), key=lambda mark: mark.y)
        assert first.label.text == "×".join(map(str, stage.shape))
        size = net.receptive_field(stage.number).size
        assert second.label.text == f"sees {size[0]}×{size[1]}"
    for one, other in combinations(map(extent, boxes), 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_the_heads_of_columns_have_shapes_and_receptive_fields() -> None:
    net = sc.Chain(
        sc.Conv1d(6, 3, padding=1), sc.Activation("relu"), sc.MaxPool1d(None, 2), sc.Dense(None, 2)
    )
    words = [mark.label.text for mark in marks_of(net, Text) if mark.anchor == "center"]
    assert words == [
        "input", "shape 6", "layer 1", "shape 6", "sees 3 inputs", "layer 2", "shape 3",
        "sees 4 inputs", "layer 3", "shape 2", "sees 6 inputs",
    ]  # fmt: skip
    back = sc.Chain(sc.ConvTranspose1d(3, 2, stride=2))  # its outputs see different numbers of inputs
    assert not any("sees" in mark.label.text for mark in marks_of(back, Text))


def test_what_cannot_be_drawn_is_refused() -> None:
    for marks in ({"output": 0}, {"neuron": (1, 0)}):
        wrong = f"more than 150 nodes or edges, too many to be told apart. Leave {next(iter(marks))} out"
        with pytest.raises(FigureError, match=wrong):
            sc.Chain(sc.Dense(20, 20)).figure(**marks)
    with pytest.raises(SymbolicSizeError):
        sc.Chain(sc.Conv1d("N", 2)).figure(neuron=(1, 0))
    for wrong in (4, -1, (0, 0)):
        with pytest.raises(OptionError, match="there is no output"):
            sc.Chain(sc.Conv1d(5, 2)).figure(output=wrong)
    for wrong, message in (
        ((2, 0), "write a layer from 0 to 1"),
        ((1, 4), "the last layer has"),
        (3, "write"),
    ):
        with pytest.raises(OptionError, match=message):
            sc.Chain(sc.Conv1d(5, 2)).figure(neuron=wrong)
    with pytest.raises(OptionError, match="the input has the shape"):
        sc.Chain(sc.Conv1d(5, 2)).figure(neuron=(0, 5))
    with pytest.raises(OptionError, match="exclude each other"):
        sc.Chain(sc.Conv1d(5, 2)).figure(output=0, neuron=(0, 1))


@pytest.mark.parametrize(("net", "told"), [
    (sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.MaxPool1d(None, 2)),
     "input, N; 1: Conv1d, f, N - K + 1, sees K; 2: MaxPool1d, floor((N - K + 1)/2), sees K + 1"),
    (sc.Chain(sc.Conv2d(("N", "P"), "K", out_channels="C", in_channels=1)),
     "input, 1 × N × P; 1: Conv2d, C × (N - K + 1) × (P - K + 1), sees K × K"),
    (sc.Chain(sc.Conv1d("N", "K", stride="s", padding="p"), sc.Conv1d(None, "J", stride="s", padding="q")),
     "input, N; 1: Conv1d, M_1, sees K; 2: Conv1d, M_2, sees K + s*(J - 1)"),
])  # fmt: skip
def test_letters_for_sizes_are_drawn_in_blocks(net: sc.Chain, told: str) -> None:
    drawing = net.figure().drawing
    assert drawing.alt == f"Network in blocks: {told}."
    boxes, texts = ([mark for mark in drawing.marks if isinstance(mark, kind)] for kind in (Box, Text))
    assert len(boxes) == len(net) + 1
    for text in texts:  # each below its own box, and clear of the next one
        left, _, right, _ = extent(text)
        (box,) = (b for b in boxes if abs(b.x + b.width / 2 - text.x) < 0.01 and b.y < text.y)
        assert box.x - 0.35 <= left < right <= box.x + box.width + 0.35


def test_boxes_with_letters_stand_in_rows_of_four() -> None:
    net = sc.Chain(sc.Conv1d("N", 3), *[sc.Conv1d(None, 3)] * 5)
    boxes = marks_of(net, Box)
    assert len({box.x for box in boxes}) == 4
    assert len({box.y for box in boxes}) == 2
