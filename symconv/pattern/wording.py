"""A layer in words: its geometry in one sentence, and a title made of parts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symconv.pattern.reading import Size
from symconv.pattern.relation import Spatial
from symconv.pattern.specification import Specification
from symconv.printing.english import joined


def sentence(spec: Specification) -> str:
    """The geometry in one sentence."""
    steps = _steps(spec)
    if spec.numeric:
        steps["outputs"] = _extent(spec.output_sizes, "output")
    return f"{', '.join([_what(spec), *_related(spec).values()])}: {', '.join(steps.values())}."


@dataclass(frozen=True)
class Title:
    """A layer in a few words: what it is, and by their names the settings that are not usual."""

    what: str
    settings: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join([self.what, *self.settings.values()])


def title(spec: Specification, *, weights: bool = False) -> Title:
    """The parts of the title of a layer; a kernel along one axis has taps, or is one of ``weights``."""
    usual, steps = {"stride 1", "dilation 1", "padding 0 before and 0 after"}, _steps(spec)
    usual |= {steps[name] for name in spec.kernel.usual(spec.tied_axes)}
    steps["padding"] = _padding(spec) or steps["padding"]
    unusual = {name: step for name, step in steps.items() if step not in usual}
    return Title(_what(spec, weights=weights), _related(spec) | unusual)


def _related(spec: Specification) -> dict[str, str]:
    """The channels and the samples, each in words."""
    related = [r for r in reversed(spec.pattern.relations) if not r.spatial]
    return {"batch" if "batch" in r.geometry else "channels": r.phrase(r.options) for r in related}


def _what(spec: Specification, *, weights: bool = False) -> str:
    sizes = _sizes(spec.axes)
    window = _extent(sizes["kernel_size"], "tap").split()[0]
    kernel, inputs = (_sized(sizes[f"{what}_size"], what) for what in ("kernel", "input"))
    if weights and len(spec.axes) == 1:
        kernel = f"a kernel of {_extent(sizes['kernel_size'], 'weight')}"
    named = {"taps": kernel, "window": window, "inputs": inputs}
    return spec.kernel.opening.format(kind=spec.axes[0].kind, **named)


def _sizes(axes: Sequence[Spatial]) -> dict[str, list[Size]]:
    return {name: [axis.geometry[name] for axis in axes] for name in axes[0].geometry}


def _steps(spec: Specification) -> dict[str, str]:
    """Stride, dilation and paddings, each in words."""
    sizes, filled = _sizes(spec.axes), spec.padding_mode
    steps = {name: step(name, sizes[name]) for name in ("stride", "dilation")}
    cut = " (cropped)" if spec.transposed and any(sizes["before"] + sizes["after"]) else ""
    mode = cut if filled == "zeros" else f" ({filled})"
    named = [axis.options["padding"] for axis in spec.axes]
    if all(padding == "same" for padding in named) and not all(isinstance(b, int) for b in sizes["before"]):
        steps["padding"] = f"padding same{mode}"
    else:
        steps["padding"] = f"padding {_by(sizes['before'])} before and {_by(sizes['after'])} after{mode}"
    if any(size != 0 for size in sizes.get("output_padding", [0])):
        steps["output_padding"] = f"output padding {_by(sizes['output_padding'])}"
    return steps


def _padding(spec: Specification) -> str:
    """A padding that is the same everywhere and is not nothing, in short."""
    named, sizes = {axis.options["padding"] for axis in spec.axes}, _sizes(spec.axes)
    around = {*sizes["before"], *sizes["after"]}
    kind = "" if spec.padding_mode == "zeros" else f"{spec.padding_mode} "
    if named <= {"full", "same"} and len(named) == 1:
        return f"{min(named)} {kind}padding"
    return f"{kind}padding {around.pop()}" if len(around) == 1 and around != {0} else ""


def step(name: str, values: Sequence[Size]) -> str:
    """A stride or dilation that all axes share, else one an axis."""
    return f"{name} {values[0]}" if len(set(values)) == 1 else f"{name}s {joined(list(map(str, values)))}"


def _by(values: Sequence[Size]) -> str:
    """One value where all axes share it, else one an axis in parentheses."""
    return str(values[0]) if len(set(values)) == 1 else f"({', '.join(map(str, values))})"


def _sized(values: Sequence[Size], noun: str) -> str:
    """One operand by its size, with its article.

    >>> _sized([3], "kernel"), _sized([8, 5], "kernel"), _sized(["N", "N"], "input")
    ('a 3-tap kernel', 'an 8×5 kernel', 'an N×N input')
    """
    if len(values) == 1 and noun == "input":
        return _extent(values, noun)
    size = "×".join(map(str, values)) + ("-tap" if len(values) == 1 else "")
    vowel = re.match(r"8|11(?!\d)|18(?!\d)|[AEFHILMNORSXaefhilmnorsx](?![a-z]{2})", size)
    return f"{'an' if vowel else 'a'} {size} {noun}"


def _extent(values: Sequence[Size], word: str) -> str:
    return f"{'×'.join(map(str, values))} {word}{'' if all(v == 1 for v in values) else 's'}"
