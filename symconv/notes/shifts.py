"""What becomes of the outputs when the input moves: which are the same numbers, and why others are not."""

from __future__ import annotations

from sympy import S

from symconv.notes.model import Words
from symconv.notes.pieces import Pen
from symconv.notes.worked import Shift
from symconv.printing.english import counted, spelt


def again(pen: Pen, shift: Shift) -> Words:
    """Which outputs are the same numbers after the move."""
    many, outputs = len(shift.same), pen.worked.outputs
    flat = len(pen.worked.shape("output")) == 1
    listed = [pen.number(outputs[at]) for at in shift.same] if flat else []
    later = f"{'one place' if shift.moved == 1 else counted(shift.moved, 'place')} later"
    if len(outputs) == 1:
        return (f" The output {'reappears' if many else 'does not reappear'} {later}",)
    text = f" Of the {len(outputs)} outputs, {many}"  # no sentence begins with figures
    if not spelt(len(outputs)).isdecimal():
        text = f" {(spelt(many) if many else 'none').capitalize()} of the {spelt(len(outputs))} outputs"
    values = (", ", *pen.listed(listed), ",") if listed else ()
    verb = "reappears" if many < 2 else "reappear"
    return (text, *values, f" {verb} {later}{'' if flat else ' in their rows'}")


def changed(pen: Pen, shift: Shift) -> Words:
    """The outputs that do not move with the input, and what the window of the first reads instead."""
    worked = pen.worked
    others = [at for at in range(len(worked.outputs)) if at not in shift.same]
    there = shift.there(others[0], worked.shape("output"))
    if there is None:
        return ()
    old, new = (
        {p.tap: p.value for p in w.positions[at].products}
        for w, at in ((worked, others[0]), (shift.worked, there))
    )
    tap = next((tap for tap in new if old.get(tap) != new[tap]), None)
    if tap is None:
        return ()
    one = len(others) == 1
    window = "its window" if one else "the window of {y} = {value}"
    why = f"where {window} read {{old}} in the padding it now reads {{new}}"
    if tap not in old:
        zeros = "zero" if shift.by == 1 else "zeros"
        why = f"{window} reached over the edge, where it now reads the {zeros} in front"
    text = f" = {{value}} does not, because {why}" if one else f" do not: {why}"
    names: Words = ("; ", *pen.listed([pen.output(at) for at in others]))
    if len(worked.outputs) == 1:
        names, text = (), f": {why}"
    pieces = {
        "y": pen.output(others[0]), "value": pen.number(worked.outputs[others[0]]),
        "old": pen.number(old.get(tap, S.Zero)), "new": pen.number(new[tap]),
        "gives": pen.number(shift.outputs[there]),
    }  # fmt: skip
    return (*names, *pen.say(f"{text} (giving {{gives}})", **pieces))


def widened(pen: Pen, shift: Shift) -> Words:
    """What the new first window of a plane sees, where nothing is padded in front."""
    spec, axis = pen.worked.spec, pen.worked.spec.tied_axes[-1].geometry
    fits = shift.by < int(axis["kernel_size"]) and axis["dilation"] == 1 and axis["before"] == 0
    if spec.transposed or len(spec.axes) != 2 or not fits or shift.moved != 1:
        return ()
    columns = "one column" if shift.by == 1 else f"{shift.by} columns"
    return (f" Its first entry is new: that window sees {columns} of zeros.",)
