"""What notes say of indices and operations, against loops and NumPy: where a convention's numbers stand."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

import symconv as sc
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern.output_size import shown
from symconv.printing.targets import target_of
from tests.notes.test_symmetric_kernels import calculated
from tests.tiers import law

NUMBERS = re.compile(r"gives \(([-0-9, ]+)\) for ([a-z]) = ([-0-9, .]+)\.")

#: Where a layer is said to read the operation, as formulas and in numbers.
READ = re.compile(
    r"outputs are the values at ([a-z]) = ([^:]+): "
    r"y\[i\] = (conv|corr)\(x, w\)\[([^]]+)\] \(\1 = ([-0-9, .]+)\)\."
)

#: Layers over one axis, small enough for lists of all their numbers.
WINDOWS: dict[str, st.SearchStrategy[Any]] = {
    "size": st.integers(3, 6),
    "taps": st.integers(2, 3),
    "stride": st.integers(1, 2),
    "dilation": st.integers(1, 2),
    "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
}


@law(6, 40, **WINDOWS, flip=st.booleans(), base=st.sampled_from([0, 1]))
def test_the_other_convention_has_its_numbers_where_its_definition_has_them(
    size: int, taps: int, stride: int, dilation: int, padding: tuple[int, int], flip: bool, base: int
) -> None:
    assume(size + sum(padding) > dilation * (taps - 1))
    x, w = [*range(1, size + 1)], [2, 7, 1][:taps]
    layer = sc.Conv1d(
        size,
        taps,
        stride=stride,
        dilation=dilation,
        padding=padding,
        flip=flip,
        notation=sc.Notation(base=base),
    ).at(x=x, w=w)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["numbers"])))
    found = NUMBERS.search(text.replace(". For", ".For"))
    if found is None:
        return  # the same numbers either way, or one output too many for a list
    inputs = dict(enumerate(x, base))

    def across(sign: int, indices: list[int]) -> list[int]:
        return [
            sum(weight * inputs.get(i + sign * dilation * k, 0) for k, weight in enumerate(w, base))
            for i in indices
        ]

    # Notes of a flipped layer tell of the cross-correlation.
    sign = 1 if flip else -1
    assert [int(number) for number in found[1].split(",")] == across(sign, _indices(found[3]))
    own = [*range(base, base + int(layer.output_size))]
    read = READ.search(text)
    if read:
        assert read[1] == found[2] != "i"
        assert read[2] == read[4]
        assert ("With x taken as 0 outside its range, the outputs are" in text) == any(padding)
        assert read[3] == ("conv" if flip else "corr")
        letters = {"K": taps, "s": stride, "d": dilation}
        assert _indices(read[5]) == [calculated(read[4], {"i": i, **letters}) for i in own]
    else:
        assert found[2] == "i"
    assert across(-sign, _indices(read[5]) if read else own) == entries(layer.output)
    around = re.search(r"with the same (.*?),? it gives", text)
    assert _sides(around[1] if around else "") == padding


def _indices(told: str) -> list[int]:
    """Indices of a list, with those between that dots stand for."""
    places = [part.strip() for part in told.split(",")]
    indices = [int(place) for place in places if place != "..."]
    if "..." not in places:
        return indices
    step = indices[1] - indices[0]
    return [*range(indices[0], indices[-1] + step, step)]


def _sides(told: str) -> tuple[int, int]:
    """How many zeros are said to stand before and after."""
    many = re.match(r"zeros?, (\d+) before and (\d+) after|(\d+ )?zeros? (on|before|after)", told)
    if many is None:
        return (0, 0)
    if many[1]:
        return int(many[1]), int(many[2])
    count = int(many[3] or 1)
    return count * (many[4] != "after"), count * (many[4] != "before")


@law(
    4,
    50,
    x=st.lists(st.integers(-9, 9), min_size=3, max_size=6),
    w=st.lists(st.integers(-9, 9), min_size=2, max_size=3),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=st.integers(0, 4),
    flip=st.booleans(),
)
def test_both_gradients_are_the_operations_that_notes_name(
    x: list[int], w: list[int], stride: int, dilation: int, padding: int, flip: bool
) -> None:
    span = dilation * (len(w) - 1)
    assume(len(x) + 2 * padding > span)
    made = sc.Conv1d(len(x), len(w), stride=stride, dilation=dilation, padding=padding, flip=flip)
    count = int(made.output_size)
    delta = [3, -1, 2, 5, -4, 1, 7, 2, -3, 4, 6, -2, 1, 5][:count]
    layer = made.at(x=x, w=w, delta=delta)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["learning"])))
    back = "cross-correlation" if flip else "convolution"
    if stride > 1 and count == 1:
        assert f"full {back}" not in text
        return  # no operation is named for a single window
    told, apart = _taps_apart(text, w)
    whole = np.convolve(_upsampled(delta, stride), apart[::-1] if flip else apart)
    whole = np.pad(whole, (0, len(x) + 2 * padding - len(whole)))
    assert whole[padding : padding + len(x)].tolist() == entries(layer.grad_input)
    if stride == 1:
        named = "valid" if padding == span else "full"
        assert f"with respect to x is the {named} {back} of delta with w{told}" in text
        if named == "valid":
            shown = np.convolve(delta, apart[::-1] if flip else apart, mode="valid")
            assert shown.tolist() == entries(layer.grad_input)
        # With the kernel flipped and not padded so far, the entries come in reverse order.
        which = "the valid" if named == "valid" or not flip else "a"
        pair = "delta with x" if flip else f"{'the padded ' * (padding > 0)}x with delta"
        found = re.search(
            rf"with respect to w is {which} cross-correlation of {pair}(?: in steps of (\d))?\.", text
        )
        assert found is not None
        kernel = np.correlate(np.pad(x, padding), delta)[:: int(found[1] or 1)]
        assert kernel[:: -1 if flip else 1].tolist() == entries(layer.grad_kernel)
        if flip and named == "valid":
            across = np.correlate(delta, x, mode="valid")[:: int(found[1] or 1)]
            assert across.tolist() == entries(layer.grad_kernel)
    else:
        assert f"it is the {back} of this sequence with w{told}" in text
        named = re.search(r"dL/dx\[j\] = (conv|corr)\(spread\(delta, (\d)\), (.+?)\)\[([^]]+)\]", text)
        assert named is not None
        assert (named[1], int(named[2])) == ("corr" if flip else "conv", stride)
        assert named[3] == (f"spread(w, {dilation})" if dilation > 1 else "w")
        up = dict(enumerate(_upsampled(delta, stride).tolist()))
        kernel, sign = _upsampled(w, dilation).tolist(), 1 if flip else -1
        at = [calculated(named[4], {"j": j, "K": len(w)}) for j in range(len(x))]
        found = [sum(up.get(n + sign * m, 0) * entry for m, entry in enumerate(kernel)) for n in at]
        assert found == entries(layer.grad_input)
    assert ("without the entries that fall on the padding" in text) == (
        padding > 0 and (padding != span or stride > 1)
    )


def _taps_apart(text: str, w: list[int]) -> tuple[str, Any]:
    """What is said of the places between taps, and the kernel with zeros there."""
    found = re.search(r", whose taps lie (\d) places apart", text)
    return (found[0], _upsampled(w, int(found[1]))) if found else ("", np.array(w))


def _upsampled(sequence: list[int], step: int) -> Any:
    spread = np.zeros(step * (len(sequence) - 1) + 1, dtype=int)
    spread[::step] = sequence
    return spread


@law(
    2,
    25,
    size=st.integers(1, 4),
    taps=st.integers(2, 3),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding=st.integers(0, 2),
    flip=st.booleans(),
)
def test_a_transposed_layer_and_its_transpose_have_in_common_what_is_told(
    size: int, taps: int, stride: int, dilation: int, padding: int, flip: bool
) -> None:
    assume((size - 1) * stride - 2 * padding + dilation * (taps - 1) > 0)
    x, w = [3, -1, 4, 2][:size], [2, 7, 1][:taps]
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "padding": padding, "flip": flip}
    layer = sc.ConvTranspose1d(size, taps, **options).at(x=x, w=w)
    text = re.sub(r"\s+", " ", str(layer.notes(sections=["matrix", "learning"])))
    name = "convolution" if flip else "cross-correlation"
    told = re.search(rf"{name} of (\d+) inputs? with the same kernel(.+?),? has (\d+) outputs?", text)
    back = re.search(rf"with respect to x is the {name} of delta with w, with the same (.+?)\.", text)
    assert told is not None
    assert back is not None
    shared, again = (re.findall(r"\b(?!and\b)\w+", words) for words in (told[2], back[1]))
    assert shared == again
    assert told[2].endswith("and no padding") == (padding == 0)
    same = {word: options[word] for word in re.findall(r"\w+", told[2]) if word in options}
    assert int(told[1]) == int(layer.output_size)

    def across(sequence: list[int]) -> list[int]:
        """The operation with the settings that are told, and 1 or 0 for others."""
        padded = np.pad(sequence, same.get("padding", 0))
        step, apart = same.get("stride", 1), same.get("dilation", 1)
        kernel = w[::-1] if flip else w
        starts = range(0, len(padded) - apart * (taps - 1), step)
        return [int(sum(v * padded[at + apart * k] for k, v in enumerate(kernel))) for at in starts]

    outputs, delta = entries(layer.output), entries(layer.at(delta=range(1, 1 + int(told[1]))).grad_input)
    assert across([*range(1, 1 + int(told[1]))]) == delta
    assert len(across(outputs)) == int(told[3])
    restored = re.search(r"B y = \(([-0-9, ]+)\)", text)
    assert (restored is None) == (across(outputs) == x)
    assert restored is None or [int(n) for n in restored[1].split(",")] == across(outputs)


USED = re.compile(
    r"These sums use the kernel (reversed|as it is), with (.+?), stride (\d) \(.+?\) and dilation (\d) "
    r"\(.+?\); f is not yet"
)

#: What NumPy calls the padding that has a name.
PADS = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@law(
    3,
    40,
    **WINDOWS,
    mode=st.sampled_from(["zeros", *PADS]),
    flip=st.booleans(),
    bias=st.sampled_from([None, 5]),
)
def test_the_sums_are_those_of_the_convention_that_is_told(
    size: int,
    taps: int,
    stride: int,
    dilation: int,
    padding: tuple[int, int],
    mode: str,
    flip: bool,
    bias: int | None,
) -> None:
    assume(size + sum(padding) > dilation * (taps - 1))
    options = {"stride": stride, "dilation": dilation, "padding": padding, "padding_mode": mode}
    x, w = [3 * n * n % 17 for n in range(1, size + 1)], [2, 7, 1][:taps]
    given = {"x": x, "w": w} | ({"b": [bias]} if bias else {})
    layer = sc.Conv1d(size, taps, **options, flip=flip, bias=bias is not None).at(**given)
    found = USED.search(re.sub(r"\s+", " ", str(layer.notes(sections=["numbers"]))))
    assert found is not None
    turned, around, *steps = found.groups()
    step, apart = map(int, steps)
    before, after = (
        _number(rf"(\d+) \w+ (?:on each side|at the {end})", around) for end in ("beginning", "end")
    )
    named = around.partition(" padding (")[0] if "(" in around else ""
    assert (named == "full") == (mode == "zeros" and before == after == apart * (taps - 1))
    padded = np.pad(x, (before, after), mode=PADS.get(named, "constant"))
    kernel = w[::-1] if turned == "reversed" else w
    sums = [
        sum(weight * padded[at + apart * k] for k, weight in enumerate(kernel)) + (bias or 0)
        for at in range(0, len(padded) - apart * (taps - 1), step)
    ]
    assert sums == entries(layer.output)


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def test_no_operation_is_named_where_the_padding_wraps_around() -> None:
    for steps in ({"stride": 2}, {"stride": 1}, {"stride": 2, "dilation": 2}):
        layer = sc.Conv1d(6, 3, padding=2, padding_mode="circular", **steps)
        text = str(layer.notes(sections=["learning"]))
        assert "fall on the padding" not in text
        assert "full convolution" not in text


def entries(column: Any) -> list[int]:
    return [int(entry) for entry in column]


@law(
    20,
    400,
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    padding=st.integers(0, 3),
    added=st.integers(0, 2),
    size=st.integers(1, 12),
    taps=st.integers(1, 4),
    transposed=st.booleans(),
)
def test_the_size_with_its_stride_and_padding_counts_the_outputs(
    stride: int, dilation: int, padding: int, added: int, size: int, taps: int, transposed: bool
) -> None:  # fmt: skip
    """The formula as it is printed, with numbers put in, against PyTorch's rule for the output size."""
    kind = sc.ConvTranspose1d if transposed else sc.Conv1d
    more = {"output_padding": min(added, max(stride, dilation) - 1)} if transposed else {}
    layer = kind("N", "K", stride=stride, dilation=dilation, padding=padding, **more)
    symbols = LayerSymbols(layer.spec)
    written = shown(symbols.exact_spec.tied_axes[0], of_formulas(target_of("text"), symbols))["size"]
    span = dilation * (taps - 1) + 1
    expected = (size + 2 * padding - span) // stride + 1
    if transposed:
        expected = (size - 1) * stride - 2 * padding + span + more["output_padding"]
    assert eval(written, {"N": size, "K": taps, "floor": math.floor}) == expected
