"""Frames of slides: what each shows and says, in which steps, and what appears with what."""

from __future__ import annotations

import re
from typing import Any

import pytest

import symconv as sc
from symconv.figures.drawing import Text, extent
from symconv.figures.scene import Staged
from symconv.notes import rendered
from symconv.notes.model import Built, Display, Frame, Points, Prose, Stacked, Table, plain
from tests.notes.layers import SPREAD, document
from tests.tiers import exhaustive, tiers


def named(title: str, name: str = "full") -> Frame:
    (found,) = [frame for frame in document(name).frames if frame.title == title]
    return found


def pieces(frame: Frame, kind: type) -> list[Any]:
    return [piece for row in frame.rows for piece in row if isinstance(piece, kind)]


def test_a_matrix_without_room_for_names_shows_what_stands_in_its_cells() -> None:
    frames = sc.ConvTranspose1d(3, 3, stride=2).notes(sections=["matrix"]).frames
    (band,) = [piece for frame in frames for piece in pieces(frame, Staged)]
    labels = [mark.label.text for mark in band.drawing.marks if mark.label]
    assert len(labels) == len(band.drawing.marks) == 21
    assert labels.count("0") == 12


def test_each_product_appears_as_it_is_added() -> None:
    (built,) = pieces(named("One more position"), Built)
    letters, numbers = built.lines
    assert [step for step, _ in letters] == [2, 3, 4]
    assert [(step, re.sub(r"\\textcolor\{\w+\}", "", part.text)) for step, part in numbers] == [
        (2, " = 7*1"), (3, " + 6*2"), (4, " + 5*3"), (5, " = 34"),
    ]  # fmt: skip


def test_the_gradient_of_all_weights_stands_below_that_of_one() -> None:
    (built,) = pieces(named("The gradient with respect to the weights"), Built)
    assert built.then is not None
    assert built.then.left.text == "dL/dw"
    ((step, whole),) = built.then.lines[0]
    assert whole.text == " = (2, 9, 11)"
    assert step > max(step for line in built.lines for step, _ in line)


def test_the_matrix_appears_row_by_row() -> None:
    (stacked,) = pieces(named("The rows, stacked"), Stacked)
    assert [len(row) for row in stacked.rows] == [4] * 6
    made = rendered(document("full"), "n.tex", slides=True)["n.tex"].decode()
    for row in range(1, 7):
        assert f"\\uncover<{row}->{{y_{{{row - 1}}}}}" in made


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("transposed", "A convolution, transposed"),
        ("maximum", "The matrix depends on the input"),
        pytest.param("grouped", "Blocks", marks=exhaustive),
        pytest.param("plane", "Blocks", marks=exhaustive),
    ],
)
def test_a_kind_has_a_frame_of_its_own(name: str, title: str) -> None:
    assert pieces(named(title, name), Display)


def equations(aligned: str) -> list[tuple[str, str]]:
    """Each line with the left side that it has, or that stands above it."""
    found: list[tuple[str, str]] = []
    for line in aligned.split(" \\\\[1ex]\n"):
        left, right = (re.sub(r"\\uncover<\d+->\{(.*)\}$", r"\1", c.strip()) for c in line.split("&", 1))
        if right.startswith("="):
            found.append((left or found[-1][0], right))
    return found


def test_derivations_come_step_by_step_and_each_line_has_its_own_left_side() -> None:
    for layer in (sc.Conv2d(("N", "H"), ("K", "R")), sc.Conv1d("N", "K", in_channels=2, out_channels=2)):
        notes = layer.notes(sections=["derivations"])
        made = rendered(notes, "notes.tex", slides=True)["notes.tex"].decode()
        assert "\\uncover<3->" in made
        inside = r"\\begin\{aligned\}\n(.*?)\n\\end\{aligned\}"
        frames = re.findall(inside, made, re.DOTALL)
        assert len(frames) > 2
        shown = {equation for frame in frames for equation in equations(frame)}
        for name in ("output", "grad_kernel", "tying"):
            (whole,) = re.findall(inside, layer.derive(name).latex(), re.DOTALL)
            assert set(equations(whole)) <= shown
        for frame in frames:
            assert frame.count("\\uncover<2->") or len(equations(frame)) == 1


def test_sections_have_their_frames_only() -> None:
    frames = sc.Conv1d(4, 3).notes(sections=["why"]).frames
    assert [frame.title for frame in frames] == ["Sparse, shared, equivariant"]


def said(frame: Frame) -> str:
    """The sentences of a frame, with its formulas in text."""
    return " ".join(plain(piece.words) for piece in pieces(frame, Prose))


@pytest.mark.parametrize("name", tiers(SPREAD, ["full", "maximum"]))
def test_the_matrix_has_its_letter_before_it_is_spoken_of(name: str) -> None:
    made = document(name)
    (compared,) = pieces(made.frames[0], Table)
    here = plain(compared.rows[1][1])
    several = name in ("plane", "grouped")
    whole = "vec(x)" if several else "x"
    rows = said(named("The rows, stacked", name))
    assert (
        f"matrix T times {whole}: " in rows or f"matrix T times {whole}, " in rows or "matrix T has" in rows
    )
    listed = {"plane": "row by row", "grouped": "channel by channel"}
    assert (f"vec lists the entries of an array {listed.get(name, '')}" in rows) == several
    assert ("a matrix T times the entries of x" if several else "T x") in here or here.startswith("the ")
    assert "These slides show" in said(made.frames[0])
    assert not any("These notes" in said(frame) for frame in made.frames)


@pytest.mark.parametrize("name", tiers(SPREAD, ["full", "average"]))
def test_words_come_before_an_equation_and_columns_have_names_of_their_own(name: str) -> None:
    for frame in document(name).frames:
        if pieces(frame, Built):
            assert isinstance(frame.rows[0][0], Prose), frame.title
        for table in pieces(frame, Table):
            heads = [plain(head) for head in table.head]
            assert len(set(heads)) == len(heads)


def test_what_arrives_is_not_yet_the_upstream_gradient() -> None:
    assert said(named("The gradient with respect to the weights")).startswith(
        "The next layer sends back dL/df(y[i]), where L is the loss; multiplied by f'(y[i]), this gives "
    )
    assert "As an example, take delta = (" in said(named("The gradient with respect to the weights"))
    made = rendered(document("full"), "n.tex", slides=True)["n.tex"].decode()
    assert r"\delta = \nobreak (" in made


@pytest.mark.exhaustive
def test_letters_of_channels_are_those_of_the_notes() -> None:
    made = document("image")
    (notes,) = [b for b in made.blocks if isinstance(b, Display) and b.label == "gradients"]
    for title, entry in (
        ("The gradient with respect to the weights", "w"),
        ("The gradient with respect to the input", "x"),
    ):
        shown = pieces(named(title, "image"), Display)[0].item.text().splitlines()
        assert shown[0].startswith(f"dL/d{entry}[")
        assert shown[0] in [line.strip() for line in notes.item.text().splitlines()]


def test_a_product_with_the_matrix_is_that_of_the_notes() -> None:
    made = document("image")
    (matrix,) = [b for b in made.blocks if isinstance(b, Display) and b.label == "matrix"]
    first = matrix.item.text().splitlines()[0]
    assert first.startswith("vec(y) = T vec(x) + kron(b, ")
    rows = named("The rows, stacked", "image")
    assert first in said(rows)
    (stacked,) = pieces(rows, Stacked)
    assert [one.text for one in stacked.right] == ["vec(x)"]


@pytest.mark.parametrize(
    ("size", "kernel", "padding", "words"),
    [
        (4, 3, 1, "Two of the kernel's 3 weights meet the input; the other meets padding."),
        (4, 3, 2, "One of the kernel's 3 weights meets the input; the others meet padding."),
        (4, 3, 3, "None of the kernel's 3 weights meets the input; all of them meet padding."),
        (4, 3, 0, "Each of the 3 weights meets an input."),
        (4, 1, 0, "The weight meets an input."),
    ],
)
def test_how_many_weights_meet_the_input_is_good_english(
    size: int, kernel: int, padding: int, words: str
) -> None:
    frames = sc.Conv1d(size, kernel, padding=padding).notes(sections=["numbers"]).frames
    (first,) = [frame for frame in frames if frame.title == "The first position"]
    assert said(first) == words


def test_a_longer_version_is_named_only_where_there_is_one() -> None:
    def told(depth: str) -> str:
        points = [p for frame in document("full", depth=depth).frames for p in pieces(frame, Points)]
        return " ".join(plain(words) for piece in points for _, words in piece.points)

    assert "A longer version shows every step with the rule that it uses." in told("standard")
    assert "depth" not in told("standard")
    assert "longer version" not in told("full")


def test_a_left_side_appears_with_what_it_equals() -> None:
    made = rendered(document("full"), "n.tex", slides=True)["n.tex"].decode()
    lefts = re.findall(r"^(.*?) & (?=\\uncover<(\d+)->)", made, re.MULTILINE)
    derivatives = [(left, step) for left, step in lefts if r"\partial" in left]
    assert len(derivatives) == 3
    assert [left.startswith(f"\\uncover<{step}->") for left, step in derivatives] == [True] * 3


def test_a_bias_is_added_to_each_row() -> None:
    (stacked,) = pieces(sc.Conv1d(4, 3, bias=True).notes(sections=["matrix"]).frames[0], Stacked)
    assert [one.text for one in stacked.added] == ["b", "b"]
    (without,) = pieces(named("The rows, stacked"), Stacked)
    assert without.added == ()


@pytest.mark.parametrize("name", tiers(SPREAD, ["full"]))
def test_words_beside_a_matrix_touch_no_letters(name: str) -> None:
    drawn = [piece for frame in document(name).frames for piece in pieces(frame, Staged)]
    for staged in drawn:
        texts = [mark for mark in staged.drawing.marks if isinstance(mark, Text)]
        turned = [extent(text) for text in texts if not text.upright]
        for left, top, right, bottom in turned:
            for other in (extent(text) for text in texts if text.upright):
                apart = other[0] >= right or other[2] <= left or other[1] >= bottom or other[3] <= top
                assert apart


def test_the_legend_of_a_network_names_the_weights() -> None:
    _, network = pieces(named("Zeros and shared weights"), Staged)
    labels = [mark.label.text for mark in network.drawing.marks if isinstance(mark, Text)]
    assert labels[-3:] == ["w0 = 5", "w1 = 6", "w2 = 7"]


def by_loops(n: int, k: int, stride: int, before: int, after: int) -> tuple[str, str]:
    """How many inputs an output reads, and all products with them."""
    many = []
    for start in range(-before, n + after - k + 1, stride):
        many.append(sum(1 for place in range(start, start + k) if 0 <= place < n))
    return f"{'at most ' if min(many) < max(many) else ''}{max(many)}", f"{sum(many):,}"


@pytest.mark.parametrize(
    ("n", "k", "stride", "padding"),
    [(4, 3, 1, (2, 2)), (4, 3, 1, (0, 0)), (9, 3, 2, (1, 1)), (5, 2, 1, (0, 1)), (6, 3, 3, (0, 0))],
)
def test_inputs_of_an_output_and_multiplications_are_those_of_loops(
    n: int, k: int, stride: int, padding: tuple[int, int]
) -> None:
    layer = sc.Conv1d(n, k, stride=stride, padding=padding)
    (frame,) = layer.notes(sections=["why"]).frames
    (table,) = pieces(frame, Table)
    here, _, large, _ = ([plain(cell) for cell in row] for row in table.rows)
    assert here[2] == str((n + sum(padding) - k) // stride + 1)
    assert (here[3], here[4]) == by_loops(n, k, stride, *padding)
    assert (large[3], large[4]) == by_loops(1000, k, stride, *padding)
    (points,) = pieces(frame, Points)
    told = plain(points.points[0][1])
    assert (
        ("Multiplications: products with padding are not counted." in told)
        == ("at most" in here[3])
        == any(padding)
    )


def test_the_first_table_says_what_the_matrix_is_built_from() -> None:
    for name, built in (
        ("full", "y = T x, where T is built from the kernel"),
        ("transposed", "y = T x, where T is the transpose of a matrix built from the kernel"),
        ("image", "a matrix T times the entries of x, plus the bias, where T is built from the filters"),
    ):
        (compared,) = pieces(document(name).frames[0], Table)
        assert plain(compared.rows[1][1]) == built


def test_a_frame_says_what_its_picture_lacks_and_what_kinds_of_padding_mean() -> None:
    bare = "The picture shows x without the padding."
    assert bare in said(named("The input and the kernel"))
    (first, *_) = sc.Conv1d(4, 3).notes(sections=["numbers"]).frames
    assert "padding" not in said(first)
    meant = said(named("The output size"))
    for kind in ("Valid padding keeps", "same padding gives", "full padding lets"):
        assert kind in meant
