"""Cases in columns: those of the loops, with the same places and the same triples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from random import Random
from typing import Any

import numpy as np
import pytest

import symconv as sc
from symconv.errors import GeometryError
from symconv.evidence import array_relations
from symconv.evidence.array_models import ArrayModel
from symconv.evidence.array_relations import sources
from symconv.evidence.cases import Cases, Grid, geometries
from symconv.evidence.enumeration import Geometry
from symconv.network.dense import Scale
from tests.evidence.layers import KINDS
from tests.tiers import tiers

LAYERS: Mapping[str, Callable[[], Any]] = {
    **KINDS,
    "flipped transposed": lambda: sc.ConvTranspose1d(
        "N", "K", stride="s", dilation="d", padding="p", flip=True
    ),
    "channels transposed": lambda: sc.ConvTranspose1d(
        "N", 2, in_channels="C", out_channels="D", groups="G", output_padding="q", stride="s"
    ),
    "open groups": lambda: sc.Conv1d("N", "K", in_channels="C", out_channels="D", groups="G", batch="B"),
    "maximum of channels": lambda: sc.MaxPool2d(("H", "W"), "K", stride="s", channels="C", ceil_mode=True),
    "counts from 1": lambda: sc.Conv1d("N", "K", stride="s", padding="p", notation=sc.Notation(base=1)),
    "no symbols": lambda: sc.Conv1d(7, 3, stride=2, padding=1),
    "dense": lambda: sc.Dense("N", "M"),
    "scaled": lambda: Scale("N"),
}
SOME = {
    "plain",
    "reflect",
    "rounded up",
    "maximum",
    "transposed",
    "channels transposed",
    "open groups",
    "dense",
}


@pytest.mark.parametrize("name", tiers(LAYERS, SOME))
def test_cases_in_columns_are_those_of_the_loops(name: str) -> None:
    """The same sizes, in the same order; and in each the same counts, places and triples."""
    setting = LAYERS[name]().closed.symbols
    grid = Grid(setting, {}, wide=True)
    every = list(islice(grid.assignments(), 4000))
    some = Random(name).sample(every, min(len(every), 60))
    columns, loops = grid.models(some), list(grid._one_by_one(grid._whole(some)))
    assert isinstance(columns, Cases)
    assert [case.sizes for case in columns] == [case.sizes for case in loops] != []
    assert [case.geometry for case in columns] == [case.geometry for case in loops]
    model = ArrayModel(setting, columns)
    met = model._triples
    rows = np.column_stack([met.case, *(column for own in met.columns.values() for column in own)])
    wanted = [(at, *triple) for at, one in enumerate(loops) for triple in _triples(one.geometry)]
    assert sorted(map(tuple, rows.tolist())) == sorted(wanted)
    for at, known in enumerate(columns.shapes):
        places = np.split(sources(*model._relations[at], known), np.cumsum(known.around)[:-1])
        relations = [case.geometry.relations[at] for case in loops]
        for number, (mine, relation) in enumerate(zip(places, relations, strict=True)):
            assert mine.tolist() == [-1 if j is None else j for j in relation.sources]
            counts = {role: tuple(n[number] for n in own) for role, own in known.counts.items()}
            assert counts == relation.counts


def _triples(geometry: Geometry) -> list[tuple[int, ...]]:
    return [(*o, *k, *j) for o, row in geometry.met.items() for k, j in row]


def test_grids_have_the_cases_of_the_loops() -> None:
    """All of them, where they are made part by part; and those that are drawn, none too large."""
    plain, plane = (LAYERS[name]().closed.symbols for name in ("plain", "plane"))
    every = Grid(plain, {})
    wanted = every._one_by_one(every._whole(every.assignments()))
    assert [case.sizes for case in every.geometries()] == [case.sizes for case in wanted]
    drawn = Grid(plane, {}, wide=True)
    small = (c for c in drawn._one_by_one(drawn._whole(drawn.assignments())) if c.geometry.work <= 1000)
    assert [case.sizes for case in geometries(plane, wide=True)] == [c.sizes for c in islice(small, 300)]


@pytest.mark.parametrize("grid", [{"N": [3000], "K": [2000]}, {"N": [10**12]}, {"N": [10**30]}])
def test_what_is_too_large_for_columns_is_left_to_the_loops(grid: dict[str, Any]) -> None:
    every = Grid(LAYERS["plain"]().closed.symbols, {"K": [1], "s": [1], "d": [1], "p": [0], **grid})
    models = every.models(every.assignments())
    assert not isinstance(models, Cases)
    with pytest.raises(GeometryError, match="are too many"):
        next(iter(models))


def test_cases_that_are_too_large_together_are_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Grid(LAYERS["plain"]().closed.symbols, {})
    some = list(islice(grid.assignments(), 10))
    columns = grid.models(some)
    monkeypatch.setattr(array_relations, "MOST_TOGETHER", 100)
    loops = grid.models(some)
    assert isinstance(columns, Cases)
    assert not isinstance(loops, Cases)
    assert list(columns) == list(loops)
