"""The quantities of a layer by plain loops over numbers, which know nothing of the package's own."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from sympy import Rational, S, flatten


def along(axis: Any, transposed: bool) -> list[tuple[int, int, int]]:
    """Which output, tap and input meet along one axis: the kernel is slid over a padded list of places."""
    sizes, options = axis.geometry, axis.options
    n, k, s, d = (int(sizes[name]) for name in ("input_size", "kernel_size", "stride", "dilation"))
    before, after, extra = int(sizes["before"]), int(sizes["after"]), int(sizes.get("output_padding", 0))
    kernel = list(range(k))[:: -1 if options["flip"] else 1]
    if transposed:
        length = (n - 1) * s + d * (k - 1) + 1 + extra
        laid = [(j * s + d * at, tap, j) for j in range(n) for at, tap in enumerate(kernel)]
        return [(o - before, tap, j) for o, tap, j in laid if before <= o < length - after]
    places = [read(j, n, options["padding_mode"]) for j in range(-before, n + after)]
    met, left, row = [], 0, 0
    last = len(places) - d * (k - 1) - 1
    while left <= last or (options["ceil_mode"] and left - s < last and left < before + n):
        for at, tap in enumerate(kernel):
            seen = places[left + d * at] if left + d * at < len(places) else None
            if seen is not None:
                met.append((row, tap, seen))
        left, row = left + s, row + 1
    return met


def misread(axis: Any, transposed: bool, mistake: str, count: int) -> list[tuple[int, int, int]]:
    """Which output, tap and input meet for somebody who makes a mistake and uses all outputs there are."""
    sizes, mode = axis.geometry, axis.options.get("padding_mode", "zeros")
    n, k, s, d = (int(sizes[name]) for name in ("input_size", "kernel_size", "stride", "dilation"))
    before = 0 if mistake == "padding" else int(sizes["before"])
    s, d = 1 if mistake == "stride" else s, 1 if mistake == "dilation" else d
    turned = axis.options["flip"] != (mistake == "flip")
    met = []
    for tap in range(k):
        at = d * (k - 1 - tap if turned else tap)
        if transposed:
            met += [(s * j + at - before, tap, j) for j in range(n) if s * j + at - before >= 0]
            continue
        for o in range(count):
            j = s * o + at - before
            seen = read(j, n, "zeros" if mistake in ("padding", "padding mode") else mode)
            if seen is not None:
                met.append((o, tap, seen))
    return met


def read(j: int, n: int, mode: str) -> int | None:
    """Which entry stands at a place of the padded input."""
    if 0 <= j < n:
        return j
    if mode == "circular":
        return j % n
    if mode == "replicate":
        return 0 if j < 0 else n - 1
    if mode == "reflect":
        return -j if j < 0 else 2 * (n - 1) - j
    return None


def outputs_along(axis: Any, transposed: bool) -> int:
    """How many positions there are along one axis, counted one by one."""
    sizes = axis.geometry
    n, k, s, d = (int(sizes[name]) for name in ("input_size", "kernel_size", "stride", "dilation"))
    before, after = int(sizes["before"]), int(sizes["after"])
    if transposed:
        return (n - 1) * s + d * (k - 1) + 1 + int(sizes["output_padding"]) - before - after
    count, left = 0, 0
    while left + d * (k - 1) < n + before + after:
        left, count = left + s, count + 1
    if axis.options["ceil_mode"] and left - s + d * (k - 1) + 1 < n + before + after and left < before + n:
        count += 1
    return count


def triples(layer: Any, mistake: str = "") -> list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """Every output, tap and input that meet, with all of their indices, or that do so by mistake."""
    spec = layer.spec
    outer: list[list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]]] = []
    for relation in spec.tied.relations:
        if relation.spatial:
            continue
        options = relation.options
        if "groups" in options:
            inside, outside, groups = (options[x] for x in ("in_channels", "out_channels", "groups"))
            mine = []
            for o, c in product(range(outside), range(inside)):
                if o // (outside // groups) == c // (inside // groups):
                    tap = (c, o % (outside // groups)) if spec.transposed else (o, c % (inside // groups))
                    mine.append(((o,), tap, (c,)))
            outer.append(mine)
        else:
            (size,) = options.values()
            outer.append([((i,), (), (i,)) for i in range(size)])
    each = [
        misread(a, spec.transposed, mistake, int(size)) if mistake else along(a, spec.transposed)
        for a, size in zip(spec.tied_axes, spec.output_sizes, strict=True)
    ]
    places = [[((o,), (k,), (j,)) for o, k, j in met] for met in each]
    found: list[Any] = []
    for parts in product(*outer, *places):
        found.append(tuple(sum((part[role] for part in parts), ()) for role in range(3)))
    return found


def operand(layer: Any, letter: str) -> dict[tuple[int, ...], Any]:
    """The entries of an operand by their indices."""
    made = getattr(layer, letter)
    shape = layer.entries.shape({"x": "input", "w": "tap", "delta": "output"}[letter])
    return dict(zip(product(*map(range, shape)), flatten([made]), strict=True))


def quantity(layer: Any, name: str) -> dict[tuple[int, ...], Any]:
    """The entries of the output, the matrix or a gradient that are not zero, by their indices."""
    if not layer.spec.kernel.learned:
        return pooled(layer, name)
    found: dict[tuple[int, ...], Any] = {}
    x, w, delta = operand(layer, "x"), operand(layer, "w"), operand(layer, "delta")
    for o, k, j in triples(layer):
        at, value = {
            "output": (o, w[k] * x[j]),
            "matrix": ((*o, *j), w[k]),
            "grad_input": (j, delta[o] * w[k]),
            "grad_kernel": (k, delta[o] * x[j]),
        }[name]
        found[at] = found.get(at, S.Zero) + value
    if name == "output" and layer.spec.bias:
        channels = [at for at, r in enumerate(layer.spec.tied.relations) if "groups" in r.options]
        for o in product(*map(range, layer.entries.shape("output"))):
            bias = layer.b[o[channels[0]]] if channels else layer.b
            found[o] = found.get(o, S.Zero) + bias
    return found


def pooled(layer: Any, name: str) -> dict[tuple[int, ...], Any]:
    """The outputs of pooling, or where its gradient goes."""
    x, delta, selects = operand(layer, "x"), operand(layer, "delta"), layer.spec.kernel.name == "selection"
    windows: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for o, _, j in sorted(triples(layer)):
        windows.setdefault(o, []).append(j)
    found: dict[tuple[int, ...], Any] = {}
    for o, seen in windows.items():
        shares = {max(seen, key=lambda j: x[j]): S.One} if selects else dict.fromkeys(seen, share(layer, o))
        for j, part in shares.items():
            at, value = (o, part * x[j]) if name == "output" else (j, part * delta[o])
            found[at] = found.get(at, S.Zero) + value
    return found


def share(layer: Any, o: tuple[int, ...]) -> Any:
    """One over the number of places of a window that count."""
    kernel = layer.spec.kernel
    if kernel.divisor is not None:
        return Rational(1, kernel.divisor)
    counted = kernel.count_padding is not False
    places = []
    for axis, at in zip(layer.spec.tied_axes, o[-len(layer.spec.tied_axes) :], strict=True):
        sizes = axis.geometry
        first = at * sizes["stride"] - sizes["before"]
        low, high = -sizes["before"] * counted, sizes["input_size"] + sizes["after"] * counted
        places.append(len([j for j in range(first, first + sizes["kernel_size"]) if low <= j < high]))
    return Rational(1, prod(places))
