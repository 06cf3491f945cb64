"""What notes say of several axes, against loops: definitions, and the order of entries."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import sympy
from hypothesis import strategies as st

import symconv as sc
from tests.notes.test_symmetric_kernels import calculated
from tests.tiers import law

PLACES = {
    name: re.compile(rf"{name}\(x, w\)\[[in]_1, [in]_2\] = sum\(k_1, k_2\) w\[k_1, k_2\]\*x\[(.+?), (.+?)\]")
    for name in ("conv", "corr")
}


@law(
    2,
    20,
    taps=st.tuples(st.integers(2, 3), st.integers(2, 3)),
    dilation=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    flip=st.booleans(),
)
def test_over_two_axes_the_outputs_are_those_of_the_definition_named(
    taps: tuple[int, int], dilation: tuple[int, int], flip: bool
) -> None:
    rows, columns = (d * (k - 1) + 2 for d, k in zip(dilation, taps, strict=True))
    x = (np.arange(rows * columns).reshape(rows, columns) ** 2) % 11
    w = np.arange(2, 2 + taps[0] * taps[1]).reshape(taps)
    given = {"x": x.tolist(), "w": w.tolist(), "delta": [[3, -1], [2, 5]]}
    layer = sc.Conv2d((rows, columns), taps, dilation=dilation, flip=flip).at(**given)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["numbers", "learning"])))
    said = {name: next(written.finditer(text)) for name, written in PLACES.items()}
    read = re.search(r"y\[i_1, i_2\] = (conv|corr)\(x, w\)\[(.+?), (.+?)\]\.", text)
    assert (read is not None) == flip
    if read:
        assert read[1] == "conv"
        for at, place in enumerate(read.groups()[1:]):
            letters = {f"i_{at + 1}": 5, f"K_{at + 1}": taps[at], "K": taps[at]}
            assert calculated(place, letters) == 5 + dilation[at] * (taps[at] - 1)
    windows = {name: _read(found.groups(), x, taps, name == "conv", dilation) for name, found in said.items()}
    right = {"corr": _loops(x, w, dilation), "conv": _loops(x, w[::-1, ::-1], dilation)}
    for name, read in windows.items():
        assert np.array_equal((read * w).sum(axis=(2, 3)), right[name])
    assert [int(y) for row in layer.output.tolist() for y in row] == right[
        "conv" if flip else "corr"
    ].ravel().tolist()
    if "First, a smaller layer" in text:
        return  # the operations are then told of that one
    apart = ", whose taps lie "
    if dilation[0] == dilation[1]:
        apart += f"{dilation[0]} places apart"
    else:
        many = [
            f"{d} place{'s' * (d > 1)} apart along the {axis}" for d, axis in zip(dilation, AXES, strict=True)
        ]
        apart += " and ".join(many)
    back = "cross-correlation" if flip else "convolution"
    named = f"with respect to x is the full {back} of delta with w{apart if dilation != (1, 1) else ''}"
    assert named in text
    delta = np.array([int(entry) for entry in sympy.flatten(layer.delta.tolist())]).reshape(2, 2)
    around = [(d * (k - 1),) * 2 for d, k in zip(dilation, taps, strict=True)]
    whole = _loops(np.pad(delta, around), w if flip else w[::-1, ::-1], dilation)
    assert [int(entry) for entry in sympy.flatten(layer.grad_input.tolist())] == whole.ravel().tolist()


AXES = ("first axis", "second axis")


def _loops(x: Any, w: Any, dilation: tuple[int, int]) -> Any:
    """The valid cross-correlation of two arrays, the taps of the second apart."""
    reach = [d * (k - 1) for d, k in zip(dilation, w.shape, strict=True)]
    found = np.zeros([n - r for n, r in zip(x.shape, reach, strict=True)], dtype=int)
    for i in np.ndindex(found.shape):
        for k in np.ndindex(w.shape):
            found[i] += w[k] * x[i[0] + dilation[0] * k[0], i[1] + dilation[1] * k[1]]
    return found


def _read(places: Any, x: Any, taps: tuple[int, int], flip: bool, dilation: tuple[int, int]) -> Any:
    """What a definition reads at its outputs that read no padding: the entry for each weight."""
    first = [flip * d * (k - 1) for d, k in zip(dilation, taps, strict=True)]
    down, across = (
        np.array([[place(axis, first[axis] + i, k) for k in range(taps[axis])] for i in range(2)])
        for axis, place in enumerate(map(_place, places))
    )
    return x[down[:, None, :, None], across[None, :, None, :]]


def _place(text: str) -> Any:
    """An index of the input in the letters of an axis, as a function of the axis and their values."""
    found = sc.parse(text)

    def at(axis: int, i: int, k: int) -> int:
        values = {f"i_{axis + 1}": i, f"n_{axis + 1}": i, f"k_{axis + 1}": k}
        return int(found.subs({letter: values[str(letter)] for letter in found.free_symbols}))

    return at


@law(
    3,
    30,
    rank=st.integers(1, 2),
    batch=st.sampled_from([None, 2]),
    channels=st.sampled_from([None, (2, 1), (1, 2), (2, 2)]),
    bias=st.booleans(),
)
def test_the_matrix_acts_on_entries_in_the_order_that_is_told(
    rank: int, batch: int | None, channels: tuple[int, int] | None, bias: bool
) -> None:
    several = {"in_channels": channels[0], "out_channels": channels[1]} if channels else {}
    layer = sc.Conv((3, 4)[:rank], 2, batch=batch, bias=bias, **several)
    inside, outside = ([channels[at]] if channels else [] for at in (0, 1))
    x = _counting([*([batch] if batch else []), *inside, *(3, 4)[:rank]])
    given = {"x": x, "w": _counting([*outside, *inside, *(2, 2)[:rank]])}
    b = _counting(outside or [1]) if bias else np.zeros(1, dtype=int)
    layer = layer.at(
        **{name: array.tolist() for name, array in {**given, **({"b": b} if bias else {})}.items()}
    )
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["matrix"])))
    told = re.search(r"lists the entries of an array ([a-z, ]+?)[.:]", text)
    levels = re.findall(r"(\w+) by \1", told[1]) if told else []
    assert levels == ["sample"] * bool(batch) + ["channel"] * bool(channels) + ["row"] * (rank > 1)
    matrix = np.array(layer.matrix.tolist(), dtype=int)
    y = np.array([int(entry) for entry in sympy.flatten(layer.output.tolist())])
    shape = (batch or 1, channels[1] if channels else 1, -1)
    assert (matrix @ _listed(x, len(levels)) == (y.reshape(shape) - b[:, None]).ravel()).all()


def _counting(shape: list[int]) -> Any:
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape)


def _listed(array: Any, levels: int) -> list[int]:
    """The entries, one slice of the outermost index after the other."""
    return [entry for part in array for entry in (_listed(part, levels - 1) if levels else [int(part)])]
