"""Slides: every line is on a frame, as it stands in the notes, and what belongs to it is beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import symconv as sc
from symconv.notes import rendered
from symconv.notes.beamer import ROOM, parts_of
from symconv.notes.latex import sentence
from symconv.notes.model import Display, Prose
from tests.notes.layers import SPREAD, document
from tests.notes.test_formats import compiled
from tests.tiers import tiers


@pytest.mark.parametrize("name", tiers(["full", "plane", "open"], ["full"]))
def test_slides_compile_and_reveal(name: str, tmp_path: Path) -> None:
    notes = SPREAD[name]("symconv").notes(sections=["checks", "derivations"])
    made = rendered(notes, "notes.tex", slides=True)["notes.tex"].decode()
    assert "\\uncover<3->" in made
    for block in notes.blocks:
        if isinstance(block, Prose):
            assert sentence(block.words) in made, "every sentence is on some frame"
    compiled(made, tmp_path, "pdf")


def equations(aligned: str) -> list[tuple[str, str]]:
    """Each line with the left side that it has, or that stands above it."""
    found: list[tuple[str, str]] = []
    for line in aligned.split(" \\\\[1ex]\n"):
        left, right = (re.sub(r"\\uncover<\d+->\{(.*)\}$", r"\1", c.strip()) for c in line.split("&", 1))
        if right.startswith("="):
            found.append((left or found[-1][0], right))
    return found


def test_slides_give_each_line_its_own_left_side() -> None:
    for layer in (sc.Conv2d(("N", "H"), ("K", "R")), sc.Conv1d("N", "K", in_channels=2, out_channels=2)):
        made = rendered(layer.notes(sections=["derivations"]), "notes.tex", slides=True)["notes.tex"].decode()
        inside = r"\\begin\{aligned\}\n(.*?)\n\\end\{aligned\}"
        (whole,) = re.findall(inside, layer.derive("tying").latex(), re.DOTALL)
        frames = re.findall(inside, made, re.DOTALL)
        assert len(frames) > 2
        shown = [equation for frame in frames for equation in equations(frame)]
        wanted = equations(whole)
        assert [equation for equation in dict.fromkeys(shown) if equation in wanted] == wanted


def rows_of(aligned: str) -> list[str]:
    """The lines of displays one after the other, matrices taken apart too; what guards a bracket left out."""
    inside = aligned.replace("\\begin{aligned}\n", "").replace("\n\\end{aligned}", "")
    return [row.strip().removeprefix("{}").strip() for row in re.split(r"\\\\(?:\[1ex\])?\n", inside)]


@pytest.mark.parametrize("name", SPREAD)
def test_slides_break_displays_between_equations_and_lose_none(name: str) -> None:
    for block in document(name).blocks:
        if not isinstance(block, Display) or block.stepwise:
            continue
        frames = parts_of(block, ROOM)
        shown = [re.findall(r"\\begin\{aligned\}.*\\end\{aligned\}", frame, re.DOTALL)[0] for frame in frames]
        assert [row for frame in shown for row in rows_of(frame)] == rows_of(block.item.latex())
        for frame in shown:
            assert not re.match(r"\\begin\{aligned\}\s*(&|\[)", frame)


def leaky(t):
    if t > 0:
        return t
    return t / 10


def test_a_function_of_cases_stays_whole(tmp_path: Path) -> None:
    made = sc.Conv1d(3, 2).notes(activation=leaky, sections=["numbers"])
    text = rendered(made, "notes.tex", slides=True)["notes.tex"].decode()
    assert sc.function_latex(leaky) in text
    compiled(text, tmp_path, "pdf")
