"""What of a layer is watched in motion: which planes of its first sample, and what is too much to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from symconv.errors import FigureError
from symconv.pattern import Specification
from symconv.printing.english import counted

#: So many positions can be watched, so many weights and cells be seen on a plane, and so many planes, with so
#: many cells and weights together.
MOST_MOVES, MOST_TAPS, MOST_CELLS = 36, 25, 100
MOST_PLANES, MOST_TOGETHER, MOST_IN_FILTER = 8, 150, 36


@dataclass(frozen=True)
class Watched:
    """The planes of the first sample that are seen, by their channels.

    Attributes
    ----------
    seen, seeing : range
        The channels that the window slides over, and those of the entries that its positions stand for. Of a
        transposed layer the first are of the output.
    each : int
        The positions of one of the latter.
    met : int
        How many channels a window lies on at once.
    channelled : bool
        Whether there are several, each with weights of its own.
    remarks : sequence of str
        What is not seen, and what is dim, in sentences.
    """

    seen: range
    seeing: range
    each: int
    met: int
    channelled: bool
    remarks: Sequence[str]

    @classmethod
    def of(cls, spec: Specification) -> Watched:
        """All channels, or if these are too many, all that the first output channel is made of."""
        role = spec.dependent_role
        other = "input" if role == "output" else "output"
        samples = prod(int(r.geometry["batch"]) for r in spec.tied.relations if "batch" in r.geometry)
        channels = {side: prod(_outer(spec, side)) // samples for side in (role, other)}
        each = prod(_inner(spec, other))
        remarks = [f"The first of the {samples} samples is shown."] * (samples > 1)
        if not spec.kernel.learned:
            count = channels[role]
            remarks += [f"All {count} channels are treated alike; the first is shown."] * (count > 1)
            return cls(range(1), range(1), each, 1, False, remarks)
        groups = int(spec.tied.geometry.get("groups", 1))
        (seen, seeing), several = (channels[role], channels[other]), max(channels.values()) > 1
        found = cls(range(seen), range(seeing), each, seen // groups, several, ())
        if found.too_much(spec):
            made = counted(channels["output"], "output channel")
            remarks += [f"The first of the {made} is shown."] * (channels["output"] > 1)
            if spec.transposed:  # an output is the sum of what all inputs of its group add
                found = replace(found, seen=range(1), seeing=range(seeing // groups), met=1)
            else:
                found = replace(found, seeing=range(1))
                if groups > 1 and found.too_much(spec):
                    found = replace(found, seen=range(found.met))
                    remarks.append("Channels of other groups are left out.")
        remarks += ["Channels of other groups are dim."] * (len(found.seen) > found.met)
        return replace(found, remarks=remarks)

    def limits(self, spec: Specification) -> list[tuple[int, int, str, str, str]]:
        """How much there is to be watched, how much can be, in words, and what to make smaller."""
        role = spec.dependent_role
        taps = prod(int(axis.geometry["kernel_size"]) for axis in spec.tied_axes)
        padded = prod(map(int, spec.tied.padded().extents[role][-len(spec.axes) :]))
        moves = self.each * len(self.seeing)
        fewer = " or {in_channels}" if spec.transposed and len(self.seeing) > 1 else ""
        found = [
            (moves, MOST_MOVES, "position", "", f"{{input_size}}{fewer}"),
            (taps, MOST_TAPS, "weight", "", "{kernel_size}"),
            (prod(_inner(spec, role)), MOST_CELLS, "cell", "", "{input_size}"),
        ]
        if len(self.seen) == len(self.seeing) == 1:
            return found
        together = f" in its channels{' with their padding' * spec.padded}"
        sides = ("output", "input") if spec.transposed else ("input", "output")
        return [
            *found,
            *(
                (len(planes), MOST_PLANES, f"{side} channel", "", f"{{{side[:-3]}_channels}}")
                for planes, side in zip((self.seen, self.seeing), sides, strict=True)
            ),
            (self.met * taps, MOST_IN_FILTER, "weight", " in each filter", "{in_channels} or {kernel_size}"),
            (len(self.seen) * padded, MOST_TOGETHER, "cell", together, "{in_channels} or {input_size}"),
        ]

    def too_much(self, spec: Specification) -> bool:
        """Whether a limit is passed."""
        return any(count > most for count, most, *_ in self.limits(spec))


def _outer(spec: Specification, role: str) -> tuple[int, ...]:
    """The sizes of the input or the output besides its places."""
    return tuple(map(int, spec.tied.extents[role][: -len(spec.axes)]))


def _inner(spec: Specification, role: str) -> tuple[int, ...]:
    """The sizes of a plane."""
    return tuple(map(int, spec.tied.extents[role][-len(spec.axes) :]))


def require_watchable(spec: Specification) -> None:
    """Raise unless a layer can be animated.

    Raises
    ------
    SymbolicSizeError
        When a size is a symbol.
    FigureError
        When there are more than two axes, or too much to be watched.
    """
    spec.tied.require_numbers()
    if len(spec.axes) > 2:
        raise FigureError("an animation shows one or two axes, and this layer has more.")
    for count, most, what, where, smaller in Watched.of(spec).limits(spec):
        if count > most:
            sentence = f"this layer has {{found}}{where}, but an animation shows at most {most}: "
            raise FigureError(f"{sentence}choose a smaller {smaller}.", found=counted(count, what))
