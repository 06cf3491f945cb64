"""Common mistakes: each amounts to another layer, and that layer gives the wrong answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from symconv.notes.exercises.practised import Practised, Subject
from symconv.pattern import Specification


@dataclass(frozen=True)
class LayerMistake:
    """A mistake that amounts to another layer.

    Attributes
    ----------
    name : str
    reason : function of a specification
        The mistake in a sentence.
    options : function of a specification
        The options of that layer which are not this one's; None where nobody could make the mistake.
    """

    name: str
    reason: Callable[[Specification], str]
    options: Callable[[Specification], Mapping[str, Any] | None]


def _other(spec: Specification, name: str, usual: Any) -> bool:
    """Whether an option of an axis is not as usual."""
    return any(axis.options.get(name, usual) != usual for axis in spec.tied_axes)


def _one_side(spec: Specification) -> Mapping[str, Any] | None:
    sides = [(axis.geometry["before"], axis.geometry["after"]) for axis in spec.tied_axes]
    if not all(before != 0 and after != 0 for before, after in sides):
        return None
    once = tuple((before, 0) for before, _ in sides)
    return {"padding": once[0] if len(once) == 1 else once}


def _full(spec: Specification) -> Mapping[str, Any] | None:
    plain = not spec.transposed and spec.kernel.learned and not spec.padded
    wide = any(axis.geometry["kernel_size"] != 1 for axis in spec.tied_axes)
    return {"padding": "full"} if plain and wide and not spec.reads_input else None


#: Mistakes that forget something, or take it for something else.
LAYER_MISTAKES = (
    LayerMistake(
        "flip",
        lambda spec: (
            "The kernel was not flipped."
            if spec.flip
            else "The kernel was flipped, but this layer does not flip it."
        ),
        lambda spec: {"flip": not spec.flip} if spec.kernel.learned else None,
    ),
    LayerMistake(
        "padding",
        lambda spec: (
            "Nothing was cropped: the padding was forgotten."
            if spec.transposed
            else "The padding was forgotten."
        ),
        lambda spec: {"padding": 0} if spec.padded else None,
    ),
    LayerMistake(
        "one side",
        lambda spec: (
            "The output was cropped on one side only."
            if spec.transposed
            else "The padding was added on one side only."
        ),
        _one_side,
    ),
    LayerMistake(
        "full for valid",
        lambda spec: "Partial overlaps were counted too: this is the full convolution, not the valid one.",
        _full,
    ),
    LayerMistake(
        "padding mode",
        lambda spec: "The padding was filled with zeros.",
        lambda spec: {"padding_mode": "zeros"} if spec.reads_input and spec.padded else None,
    ),
    LayerMistake(
        "stride",
        lambda spec: "The stride was forgotten: the window was moved by 1.",
        lambda spec: {"stride": 1} if _other(spec, "stride", 1) and not spec.transposed else None,
    ),
    LayerMistake(
        "stride",
        lambda spec: "The stride was forgotten: the kernel was moved by 1 for each input.",
        lambda spec: (
            {"stride": 1, "output_padding": 0} if _other(spec, "stride", 1) and spec.transposed else None
        ),
    ),
    LayerMistake(
        "dilation",
        lambda spec: "The dilation was forgotten.",
        lambda spec: {"dilation": 1} if _other(spec, "dilation", 1) else None,
    ),
    LayerMistake(
        "output padding",
        lambda spec: "The output padding was forgotten.",
        lambda spec: {"output_padding": 0} if _other(spec, "output_padding", 0) else None,
    ),
    LayerMistake(
        "rounding",
        lambda spec: (
            "The division was rounded down, but this layer rounds up."
            if _other(spec, "ceil_mode", False)
            else "The division was rounded up, but this layer rounds down."
        ),
        lambda spec: {"ceil_mode": not _other(spec, "ceil_mode", False)} if not spec.kernel.learned else None,
    ),
    LayerMistake(
        "padding counted",
        lambda spec: (
            "The positions in the padding were left out of the average."
            if spec.kernel.options.get("count_include_pad", True)
            else "The positions in the padding were counted in the average."
        ),
        lambda spec: (
            {"count_include_pad": not spec.kernel.options.get("count_include_pad", True)}
            if spec.kernel.mean and spec.padded
            else None
        ),
    ),
)

#: What a mistake gives: its name, the sentence on it, and what makes the answer.
Mistaken = tuple[str, Any, Callable[[], Any]]


def mistaken(
    subject: Subject, layer: Practised, answer: Callable[[Practised], Any], *without: str
) -> Iterator[Mistaken]:
    """The answer of each layer that a mistake gives, those of some names left out."""
    for mistake in LAYER_MISTAKES:
        options = mistake.options(layer.spec)
        if options is not None and mistake.name not in without:
            yield (
                mistake.name,
                mistake.reason(layer.spec),
                partial(_answered, subject, layer, answer, options),
            )


def _answered(
    subject: Subject, layer: Practised, answer: Callable[[Practised], Any], options: Mapping[str, Any]
) -> Any:
    return answer(subject.remade(layer, **options))


def counted_from(spec: Specification) -> tuple[int, str]:
    """How far off an entry is when indices are counted from the wrong number, and the sentence on it."""
    base = spec.notation.base
    wrong = f"The entries were counted from {1 - base}, but the first index here is {base}."
    return (-1 if base == 0 else 1), wrong
