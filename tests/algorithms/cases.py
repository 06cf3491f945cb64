"""Random layers of every kind that an algorithm is written for, and the arguments that it takes."""

from __future__ import annotations

import inspect
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.algorithms import Listing

#: Each kind of layer: its class, its number of axes, and whether it has channels, a flip, a bias.
KINDS: dict[str, tuple[type[sc.Conv] | type[sc.AvgPool] | type[sc.MaxPool], int, bool, bool]] = {
    "correlation": (sc.Conv, 1, False, False),
    "convolution": (sc.Conv, 1, False, True),
    "correlation on two axes": (sc.Conv, 2, False, False),
    "convolution on two axes": (sc.Conv, 2, False, True),
    "transposed": (sc.ConvTranspose, 1, False, False),
    "transposed on two axes": (sc.ConvTranspose, 2, False, False),
    "channels": (sc.Conv, 1, True, False),
    "channels, flipped": (sc.Conv, 1, True, True),
    "channels on two axes": (sc.Conv, 2, True, False),
    "channels on two axes, flipped": (sc.Conv, 2, True, True),
    "average pooling": (sc.AvgPool, 1, False, False),
    "average pooling on two axes": (sc.AvgPool, 2, False, False),
    "maximum pooling": (sc.MaxPool, 1, False, False),
    "maximum pooling on two axes": (sc.MaxPool, 2, False, False),
}


@st.composite
def layers(draw: st.DrawFn, kind: str, most: int = 6) -> tuple[Any, dict[str, Any]]:
    """A layer, and its sizes by the letters of the algorithms."""
    made, rank, channelled, flip = KINDS[kind]
    columns: dict[str, list[int]] = {letter: [] for letter in "NKsdpqa"}
    for _ in range(rank):
        n, k, s = (draw(st.integers(1, top)) for top in (most, 3, 3))
        d = 1 if made is sc.AvgPool else draw(st.integers(1, 3))
        pooled = made in (sc.AvgPool, sc.MaxPool)
        p, q = (draw(st.integers(0, k // 2 if pooled else 3)) for _ in range(2))
        a = draw(st.integers(0, max(s, d) - 1)) if made is sc.ConvTranspose else 0
        if made is sc.ConvTranspose:
            assume((n - 1) * s + d * (k - 1) + 1 + a > p + q)
        else:
            assume(n + p + q > d * (k - 1))
        assume(made is not sc.MaxPool or n >= d)
        for letter, value in zip(columns, (n, k, s, d, p, q, a), strict=True):
            columns[letter].append(value)
    options: dict[str, Any] = {"stride": columns["s"], "bias": True, "flip": flip, "dilation": columns["d"]}
    options["padding"] = list(zip(columns["p"], columns["q"], strict=True))
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
