"""The window in motion in words: what slides over which numbers, and what comes of it."""

from __future__ import annotations

from math import prod

import numpy as np

import symconv.notes.kinds as kinds
from symconv.figures import Label
from symconv.figures.lettering import plane_name
from symconv.notes.pieces import Pen
from symconv.notes.watched import Watched
from symconv.printing.english import counted


def rows_and_columns(pen: Pen, role: str) -> tuple[int, int]:
    """Those of a plane of the input or the output."""
    shape = pen.worked.shape(role)[-len(pen.worked.spec.axes) :]
    return prod(shape[:-1]), shape[-1]


def name_of(pen: Pen, role: str, channel: int) -> Label:
    """The letter of the input or the output, with indices where it has several planes or the other has."""
    worked = pen.worked
    outer = {side: worked.shape(side)[: -len(worked.spec.axes)] for side in ("input", "output")}
    if max(map(prod, outer.values())) == 1 or not outer[role]:
        letter = pen.letter(role)
        return Label(f"${letter.latex}$", letter.text)
    at = tuple(map(int, np.unravel_index(channel, outer[role])))
    return plane_name(worked.source.written.subject, role, at)


def in_words(pen: Pen, watched: Watched) -> str:
    """What happens, with all numbers."""
    worked, spec = pen.worked, pen.worked.spec
    sides = (watched.seeing, watched.seen) if spec.transposed else (watched.seen, watched.seeing)
    x, y = (_listing(pen, role, side) for role, side in zip(("input", "output"), sides, strict=True))
    size = " by ".join(str(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    kind = kinds.kind(spec)
    if watched.channelled:
        return _of_channels(pen, watched, x, y)
    window = f"A window of {counted(len(worked.weights), 'weight')}"
    if not spec.kernel.learned:
        window = f"A window of {size} {'entry' if size == '1' else 'entries'}"
    told = {
        "convolution": "At each position the products are added up and give an output",
        "average": "The mean of each window is an output",
        "maximum": "The largest entry of each window is an output",
    }
    if kind == "transposed":
        return f"{window} slides over the output. Each input of {x} adds its multiples of the weights: {y}."
    return f"{window} slides over {x}. {told[kind]}: {y}."


def _of_channels(pen: Pen, watched: Watched, x: str, y: str) -> str:
    """The same where each channel has weights of its own."""
    spec = pen.worked.spec
    taps = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
    grouped = len(watched.seen) > watched.met
    side = "output" if spec.transposed else "input"
    channels = counted(watched.met, f"{side} channel")
    if grouped:
        channels = f"the {channels.removeprefix('1 ')} of its group"
    weights = counted(watched.met * taps, "weight")
    weights += f", {taps} for each of {channels}," if watched.met > 1 else f" on {channels}"
    if spec.transposed:
        bias = " Each output begins with its bias." if spec.bias else ""
        whose = " of its input channel" if len(watched.seeing) > 1 else ""
        return (
            f"A window of {weights} slides over the output. Each entry of {x} adds its multiples of the "
            f"weights{whose}.{bias} The sums are {y}."
        )
    several = len(watched.seeing) > 1
    lead = f"Each filter has {weights} and slides" if several else f"A filter of {weights} slides"
    bias = " and the bias" if spec.bias else ""
    across = " from all of these channels" if watched.met > 1 else ""
    return (
        f"{lead} over {x}. At each position the products{across}{bias} are added up and give an output: {y}."
    )


def _listing(pen: Pen, role: str, channels: range) -> str:
    """The entries behind the letter of their plane, those of each row in brackets."""
    entries = {"input": pen.worked.inputs, "output": pen.worked.outputs}[role]
    rows, columns = rows_and_columns(pen, role)
    planes = []
    for channel in channels:
        texts = [pen.number(entry).text for entry in entries[channel * rows * columns :][: rows * columns]]
        lines = [", ".join(texts[row * columns : (row + 1) * columns]) for row in range(rows)]
        listed = f"({lines[0]})" if rows == 1 else ", ".join(f"({line})" for line in lines)
        planes.append(f"{name_of(pen, role, channel).text} = {listed}")
    return "; ".join(planes)
