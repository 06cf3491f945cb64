"""Random layers of every kind, and the arguments that their algorithms take."""

from __future__ import annotations

import inspect
from itertools import product
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.algorithms import Listing


class Kind(NamedTuple):
    """A class of layers, how many axes it is tried on, and its options."""

    made: type[sc.Conv] | type[sc.AvgPool] | type[sc.MaxPool]
    rank: int
    channelled: bool = False
    flip: bool = False
    padding_mode: str = "zeros"


def kinds() -> dict[str, Kind]:
    found = {}
    for rank in (1, 2, 3):
        for channelled, flip in product((False, True), repeat=2):
            words = f"{' with channels' * channelled}{' flipped' * flip} {rank}d"
            found[f"correlation{words}"] = Kind(sc.Conv, rank, channelled, flip)
            found[f"transposed{words}"] = Kind(sc.ConvTranspose, rank, channelled, flip)
        for mode in ("circular", "reflect", "replicate"):
            found[f"{mode} {rank}d"] = Kind(sc.Conv, rank, rank == 2, rank == 3, mode)
        found[f"average pooling {rank}d"] = Kind(sc.AvgPool, rank)
        found[f"maximum pooling {rank}d"] = Kind(sc.MaxPool, rank)
    return found


KINDS = kinds()

#: Those that every run tries: each class, padding mode and number of axes is among them.
FEW = (
    "correlation with channels flipped 2d", "transposed flipped 1d", "circular 1d", "reflect 2d",
    "average pooling 2d", "maximum pooling 1d",
)  # fmt: skip


@st.composite
def layers(draw: st.DrawFn, kind: str, most: int = 6) -> tuple[Any, dict[str, Any]]:
    """A layer, and its sizes by the letters of the algorithms."""
    made, rank, channelled, flip, mode = KINDS[kind]
    most, steps = (most, 3) if rank < 3 else (min(most, 3), 2)
    columns: dict[str, list[int]] = {letter: [] for letter in "NKsdpqa"}
    for _ in range(rank):
        n, k, s = (draw(st.integers(1, top)) for top in (most, min(most, 3), steps))
        d = 1 if made is sc.AvgPool else draw(st.integers(1, steps))
        pooled = made in (sc.AvgPool, sc.MaxPool)
        top = {"zeros": 3, "circular": n, "reflect": n - 1, "replicate": 3}[mode]
        p, q = (draw(st.integers(0, k // 2 if pooled else min(top, steps))) for _ in range(2))
        a = draw(st.integers(0, max(s, d) - 1)) if made is sc.ConvTranspose else 0
        if made is sc.ConvTranspose:
            assume((n - 1) * s + d * (k - 1) + 1 + a > p + q)
        else:
            assume(n + p + q > d * (k - 1))
        assume(made is not sc.MaxPool or n >= d)
        for letter, value in zip(columns, (n, k, s, d, p, q, a), strict=True):
            columns[letter].append(value)
    options: dict[str, Any] = {"stride": columns["s"], "bias": True, "flip": flip, "dilation": columns["d"]}
    options |= {"padding": list(zip(columns["p"], columns["q"], strict=True)), "padding_mode": mode}
    letters: dict[str, Any] = {name: v if rank > 1 else v[0] for name, v in columns.items()}
    if channelled:
        groups = draw(st.integers(1, 2))
        inside, outside = (groups * draw(st.integers(1, 2)) for _ in range(2))
        options |= {"in_channels": inside, "out_channels": outside, "groups": groups}
        letters["G"] = groups
    if made is sc.ConvTranspose:
        options["output_padding"] = columns["a"]
    known = made.option_names()
    told = {name: value for name, value in options.items() if name in known}
    if rank == 1:
        told = {n: v[0] if isinstance(v, list) else v for n, v in told.items()}
    sizes = (columns["N"], columns["K"]) if rank > 1 else (columns["N"][0], columns["K"][0])
    return made(*sizes, **told), letters


def small(kind: str, **options: Any) -> Any:
    """A layer of a kind."""
    made, rank, channelled, flip, mode = KINDS[kind]
    options |= {"flip": flip, "bias": True, "padding_mode": mode}
    options |= {"in_channels": 2, "out_channels": 2} if channelled else {}
    known = made.option_names()
    return made((4,) * rank, (2,) * rank, **{name: v for name, v in options.items() if name in known})


def run(listing: Listing, layer: Any, letters: dict[str, Any]) -> list[Any]:
    """What an algorithm gives on a layer's operands, all entries in one list."""
    given = {**letters, **operands(layer)}
    return flat(
        listing.function(**{name: given[name] for name in inspect.signature(listing.function).parameters})
    )


def operands(layer: Any) -> dict[str, Any]:
    """The operands as nested lists; the bias of a layer without one is 0."""
    found = {name: nested(getattr(layer, name)) for name in ("x", "w", "delta")}
    return {**found, "b": 0 if layer.b is None else nested(layer.b)}


def nested(operand: Any) -> Any:
    """A column as a list, an array as nested lists, an expression as it is."""
    if not hasattr(operand, "shape"):
        return operand
    return list(operand) if operand.shape[1:] == (1,) and hasattr(operand, "row") else operand.tolist()


def flat(found: Any) -> list[Any]:
    return [entry for part in found for entry in flat(part)] if isinstance(found, list) else [found]
