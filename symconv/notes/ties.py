"""Why the matrix of a layer is not a Toeplitz matrix, and what weights look like in notes."""

from __future__ import annotations

from symconv.explicit.layout import FACES
from symconv.explicit.structure import Structure
from symconv.notes.kinds import channelled
from symconv.notes.model import Block, Prose
from symconv.notes.pieces import Pen
from symconv.notes.worked import Worked
from symconv.pattern import Specification
from symconv.printing.english import counted, joined

#: What such a matrix is not.
NOT_TOEPLITZ = "not Toeplitz, that is, not constant along each diagonal"

#: What happens where the padding repeats inputs.
MEETING = "where the padding repeats an input, several weights meet in one entry and add up"


def lettered(worked: Worked) -> bool:
    """Whether notes write the weights of a matrix as letters, which are narrow enough along one axis."""
    columns = worked.explicit.shape("matrix")[1]
    return worked.spec.kernel.learned and len(worked.shape("tap")) == 1 and columns <= 12


def styled(pen: Pen) -> list[Block]:
    """How weights of one colour differ, where there are more weights than colours."""
    worked, spec, many = pen.worked, pen.worked.spec, len(pen.worked.weights)
    colours = len(set(spec.notation.coloured().tap_colours))
    if not spec.kernel.shared or spec.kernel.uniform or not colours < many <= colours * len(FACES):
        return []
    styles = "plain or bold" if many <= 2 * colours else "plain, bold or underlined"
    if many > 3 * colours:
        styles = "plain, bold, underlined, or bold and underlined"
    if not all(weight.is_number for weight in worked.weights):
        return []  # letters have colours only
    text = f"As a number, each weight has its own colour and style ({styles}), so that it can be followed "
    text += f"through the table{'' if lettered(worked) else ' and the matrix'}. As a letter it has the colour"
    text += " only, since its subscript tells which weight it is; in pictures it has a shade of the colour."
    return [Prose((text,), detail=True)]


def in_blocks(spec: Specification, s: Structure) -> bool:
    """Whether it is told of the blocks of a matrix why it is not Toeplitz."""
    told = len(spec.tied.relations) == len(s.levels) == len(spec.axes) == 2 and spec.kernel.learned
    return told and "not" in s.kind and s.kind.startswith("block ") and s.edges == s.nonzeros


def not_toeplitz(spec: Specification, s: Structure, brief: bool) -> str:
    """In which band the entries lie, and unless brief why they are not constant along each diagonal."""
    if in_blocks(spec, s) and not brief:
        return ""
    named = s.kind.partition(",")[0].removeprefix("blockwise ")
    several = any(int(relation.geometry.get("groups", 1)) > 1 for relation in spec.tied.relations)
    what = (
        f"The block of each pair of channels{' of one group' * several}" if channelled(spec) else "{matrix}"
    )
    if named.startswith("block ") and len(spec.tied.relations) == len(s.levels) == 2 and not channelled(spec):
        (rows, columns), (high, wide) = s.levels[-2].shape, s.levels[-2].block
        what = f"Divided into {rows}×{columns} blocks of size {high}×{wide}, {{matrix}}"
    text = f". {what} is {named}"
    if "banded" in named:
        narrow = 2 * (s.lower_bandwidth + s.upper_bandwidth + 1) < sum(s.shape) - 1
        few = "a few " * (narrow and not channelled(spec))
        entries, where = ("blocks", " of blocks") if named.startswith("block ") else ("entries", "")
        text += f": its nonzero {entries} lie on {few}neighbouring diagonals{where}"
    text += f". It is {NOT_TOEPLITZ}"
    return text if brief else text + reason(spec, s)


def reason(spec: Specification, s: Structure) -> str:
    """What keeps the diagonals from being constant."""
    axes, several = spec.tied_axes, len(spec.axes) > 1
    counts = [axis.geometry["input_size"] for axis in axes] if spec.transposed else spec.output_sizes
    strides = [int(axis.geometry["stride"]) for axis in axes]
    moved = [step > 1 and int(count) > 1 for step, count in zip(strides, counts, strict=True)]
    if any(moved):
        line, way, unit = ("column", "down", "row") if spec.transposed else ("row", "to the right", "column")
        outer = [f"from one {line} of blocks to the next"] * any(moved[:-1])
        inner = [f"from one {line} to the next{' within a block' * several}"] * moved[-1]
        by = dict.fromkeys(f"by {step}" for step, moves in zip(strides, moved, strict=True) if moves)
        step = f"stride (here {' and '.join(by)})" if several else f"stride, {counted(strides[0], unit)}"
        return f", because {joined(outer + inner)} the kernel moves {way} by the {step}"
    if s.edges == s.nonzeros:
        return ", because weights in the rows near the padding meet repeated inputs"
    ends = all(int(axis.geometry[side]) for axis in axes for side in ("before", "after")) and not several
    where = "at the ends" if ends else "near the padding"
    return f", because the rows {where} hold sums of weights: {MEETING}"
