"""Layers with open sizes, and their quantities by loops that share no code with the package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import symconv as sc

#: Stride and dilation as symbols, as ones, and as numbers with and without a common divisor.
STEPS = [("s", "d"), ("s", 1), (1, "d"), (1, 1), (2, 3), (4, 2), (3, 3)]
PADDINGS = ["p", "valid", "full", "same", ("p", "q")]
QUANTITIES = [
    "output_size", "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias",
    "upstream_matrix", "tying",
]  # fmt: skip


def families() -> Iterator[tuple[dict[str, Any], bool]]:
    """The options of every family of layers, with and without a flipped kernel."""
    for (stride, dilation), padding, flip in product(STEPS, PADDINGS, (False, True)):
        if padding != "same" or stride == 1:
            yield {"stride": stride, "dilation": dilation, "padding": padding, "flip": flip}, flip


FAMILIES = [options for options, _ in families()]

#: Those that every run tries: each padding once, steps of each kind, with and without a flip.
FEW = [
    {"stride": "s", "dilation": 1, "padding": "p", "flip": False},
    {"stride": 1, "dilation": 1, "padding": "full", "flip": True},
    {"stride": 1, "dilation": "d", "padding": "same", "flip": False},
    {"stride": 2, "dilation": 3, "padding": ("p", "q"), "flip": True},
    {"stride": 4, "dilation": 2, "padding": "valid", "flip": False},
]


def layer(options: dict[str, Any], **more: Any) -> sc.Conv1d:
    """A layer of a family, made once for all tests, and each of its derivations too."""
    return _layer(*options.items(), *more.items())


@cache
def _layer(*options: tuple[str, Any]) -> sc.Conv1d:
    return sc.Conv1d("N", "K", **dict(options))


def numbers(options: dict[str, Any], most: dict[str, int]) -> Iterator[dict[str, int]]:
    """Values for the symbols of a family."""
    names = ["N", "K"]
    names += [name for name in (options["stride"], options["dilation"]) if isinstance(name, str)]
    padding = options["padding"]
    names += [p for p in (padding if isinstance(padding, tuple) else (padding,)) if len(p) == 1]
    spans = [range(0 if name in "pq" else 1, most[name] + 1) for name in names]
    for values in product(*spans):
        yield dict(zip(names, values, strict=True))


def met(options: dict[str, Any], sizes: dict[str, int]) -> list[tuple[int, int, int]] | None:
    """The triples (output, tap, input) of a layer, or None where there is no layer."""
    n, k = sizes["N"], sizes["K"]
    stride, dilation = (sizes.get(options[name], options[name]) for name in ("stride", "dilation"))
    reach = dilation * (k - 1)
    padding = options["padding"]
    before, after = {
        "valid": (0, 0),
        "full": (reach, reach),
        "same": (reach // 2, reach - reach // 2),
        "p": (sizes.get("p", 0),) * 2,
        ("p", "q"): (sizes.get("p", 0), sizes.get("q", 0)),
    }[padding]
    if n + before + after < reach + 1:
        return None
    found = []
    for output, left in enumerate(range(-before, n + after - reach, stride)):
        for tap in range(k):
            place = left + dilation * (k - 1 - tap if options["flip"] else tap)
            if 0 <= place < n:
                found.append((output, tap, place))
    found.append((len(range(-before, n + after - reach, stride)), -1, -1))
    return found
