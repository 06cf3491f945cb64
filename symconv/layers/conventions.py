"""Which convention gives what somebody claims: the same layer with other options, the fewest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, product
from typing import Any

from sympy import Expr, floor

from symconv.derivation.claims import agrees
from symconv.derivation.derivation import draft
from symconv.derivation.value_claims import judge_entries, read_answer, right_entries
from symconv.errors import SymconvError
from symconv.index_sums.equation import parse
from symconv.layers.description import defaults, options
from symconv.layers.entries import LETTERS
from symconv.pattern import Specification

#: More entries than these are not listed; beyond these, layers that differ in one option are tried only.
MOST_LISTED, MANY = 12, 500

_STEPS = ("stride", "dilation")

#: Options that say yes or no, with their usual values.
_SWITCHES = {"ceil_mode": False, "count_include_pad": True}


def remade(layer: Any, **changes: Any) -> Any:
    """A layer of the same class with other options, on the same values.

    Raises
    ------
    SymconvError
        When no layer has these options, or the values do not fit it.
    """
    kind = type(layer)
    told = {name: value for name, value in options(layer.spec).items() if name in defaults(kind)}
    unknown = {name for name in changes if name not in defaults(kind)}
    changed = {name: value for name, value in changes.items() if name not in unknown}
    return _on_values(kind(**{**told, **changed}), layer)


def _choices(layer: Any) -> dict[str, list[Any]]:
    """Other values of each option that people differ in."""
    spec, known = layer.spec, defaults(type(layer))
    told = options(spec)
    found: dict[str, list[Any]] = {"flip": [not spec.flip]} if spec.kernel.learned else {}
    if not spec.transposed and spec.kernel.learned:
        found["padding"] = ["valid", "full", "same", *_other_same(spec)]
    else:
        found["padding"] = [0, 1]
    found["stride"] = [1, 2, 3]
    found["dilation"] = [1, 2]
    found["padding_mode"] = ["zeros", "circular", "reflect", "replicate"]
    found |= {name: [not told.get(name, usual)] for name, usual in _SWITCHES.items()}
    return {
        name: [value for value in values if value != told.get(name, known[name])]
        for name, values in found.items()
        if name in known
    }


def _other_same(spec: Specification) -> list[Any]:
    """The padding that NumPy and SciPy take for "same", where it is not the one of PyTorch."""
    reaches = [a.geometry["dilation"] * (a.geometry["kernel_size"] - 1) for a in spec.tied_axes]
    if not all(isinstance(reach, int) for reach in reaches) or not any(reach % 2 for reach in reaches):
        return []
    pairs = tuple((reach - reach // 2, reach // 2) for reach in reaches)
    return [pairs[0] if len(pairs) == 1 else pairs]


def alternatives(layer: Any, *, most: int, among: Sequence[str] = ()) -> Iterator[Any]:
    """Layers that differ in at most so many options, those with fewer changes first.

    Stride and dilation exchanged counts as one change. The options may be confined to some.
    """
    told, own = options(layer.spec), convention(layer.spec)
    choices = {name: values for name, values in _choices(layer).items() if not among or name in among}
    exchanged = {"stride": told.get("dilation", 1), "dilation": told.get("stride", 1)}
    every = [
        dict(pair for pair in changed if pair)
        for changed in product(
            *([None, *((name, value) for value in values)] for name, values in choices.items())
        )
    ]
    changes: list[Mapping[str, Any]] = sorted((c for c in every if 0 < len(c) <= most), key=len)
    if (
        {*_STEPS} <= {*(among or _STEPS)}
        and "dilation" in told
        and exchanged["stride"] != exchanged["dilation"]
    ):
        changes.insert(0, exchanged)
    for change in changes:
        with suppress(SymconvError):
            made = remade(layer, **change)
            if convention(made.spec) != own:
                yield made
    if not among:
        yield from _turned(layer)


def _turned(layer: Any) -> Iterator[Any]:
    """Transposed layers with the options of a convolution, or the other way round; none for pooling."""
    name, told = type(layer).__name__, options(layer.spec)
    pair = ("ConvTranspose", "Conv") if layer.spec.transposed else ("Conv", "ConvTranspose")
    other = name.replace(*pair)
    family = [type(layer).__mro__[-2]]  # all layers: they know this module, and not the other way round
    for known in family:
        family += known.__subclasses__()
    kinds = [known for known in family if known.__name__ == other != name]
    for kind, padding in product(kinds, dict.fromkeys((told.get("padding"), 0))):
        changed = {**told, "padding": padding}
        with suppress(SymconvError):
            yield _on_values(kind(**{key: changed[key] for key in defaults(kind) if key in changed}), layer)


def _on_values(made: Any, layer: Any) -> Any:
    """A layer on the values of another one."""
    given = {LETTERS[r]: layer.entries.nested(r, entries) for r, entries in layer.entries.given.items()}
    return made.at(**given) if given else made


def of_entries(layer: Any, name: str, candidate: Any) -> str:
    """The convention that gives entries which are not those of a layer; "" for none."""
    if "[" in name or name not in ("output", "matrix", "windows", "grad_input", "grad_kernel", "output_size"):
        return ""
    own = right_entries(layer.spec, lambda: layer.entries.values, name)
    among = ("padding",) if name == "output_size" else ()  # one number is that of many layers
    for other in alternatives(layer, most=3 if len(own) <= MANY else 1, among=among):
        with suppress(SymconvError):
            if judge_entries(other.spec, partial(getattr, other.entries, "values"), name, candidate):
                break
    else:
        backwards = isinstance(candidate, str | Sequence) and _backwards(layer, name, candidate)
        return "these are the right entries in reverse order" if backwards else ""
    gives = (
        f"; this layer ({convention(layer.spec)}) gives {', '.join(map(str, own))}"
        if len(own) <= MOST_LISTED
        else ""
    )
    what = "this is the output size" if name == "output_size" else "these are the entries"
    return f"{what} of {convention(other.spec)}{gives}"


def _backwards(layer: Any, name: str, candidate: Any) -> bool:
    """Whether entries on one axis are the right ones from the last to the first."""
    listed = read_answer(candidate) if isinstance(candidate, str) else list(candidate)
    with suppress(SymconvError):
        return bool(judge_entries(layer.spec, lambda: layer.entries.values, name, listed[::-1]))
    return False


def of_formula(layer: Any, name: str, candidate: Any) -> str:
    """The convention with which a refuted formula agrees; "" for none."""
    if callable(candidate) and not isinstance(candidate, Expr):
        return ""
    size = name == "output_size"
    singly = alternatives(
        layer, most=1, among=("padding", "stride") if size else ("flip", "padding", *_STEPS)
    )
    doubly = alternatives(layer, most=2, among=("flip", "padding")) if not size else ()
    for other in chain(singly, doubly, _turned(layer)):
        with suppress(SymconvError):
            if cases := agrees(other.closed.symbols, draft(other.closed.symbols, name), candidate):
                named = convention(other.spec, beside=layer.spec)
                return f"on all {cases} cases tried it agrees with {named}"
    return _slip(layer, candidate) if size else ""


def _slip(layer: Any, candidate: Any) -> str:
    """What is forgotten in a formula for the output size, if that is all that is wrong with it."""
    found = parse(candidate) if isinstance(candidate, str) else candidate
    if not isinstance(found, Expr):
        return ""
    symbols = layer.closed.symbols
    with suppress(SymconvError):
        if agrees(symbols, draft(symbols, "output_size"), found):
            return ""  # it fails far away only, where nothing is tried here
    for mended, words in (
        (floor(found), "the floor is missing"),
        (found + 1, "it counts the steps from window to window, and there is one window more"),
        (floor(found) + 1, "the floor is missing, and it counts the steps, one fewer than the windows"),
    ):
        with suppress(SymconvError):
            if agrees(symbols, draft(symbols, "output_size"), mended):
                return words
    return ""


def convention(spec: Specification, *, beside: Specification | None = None) -> str:
    """A layer in a few words, without its sizes; a step of 1 is named where the layer beside it has others.

    >>> import symconv as sc
    >>> convention(sc.Conv1d(4, 3, padding="full", flip=True).spec)
    'full convolution (kernel flipped)'
    """
    kind = spec.kernel.opening.partition(" of ")[0].lower()
    if spec.kernel.learned:
        kind = "convolution (kernel flipped)" if spec.flip else "cross-correlation"
        kind = f"transposed {kind}" if spec.transposed else kind
    named, numbers = _padding(spec)
    parts = [f"{named} {kind}".strip(), *numbers]
    for step in ("stride", "dilation"):
        values, others = (
            dict.fromkeys(str(axis.geometry[step]) for axis in one.tied_axes)
            for one in (spec, beside or spec)
        )
        if {*values, *others} != {"1"} or (step == "stride" and not spec.kernel.learned):
            parts.append(f"{step} {' and '.join(values)}")
    told = options(spec)
    parts += [f"{told['padding_mode']} padding"] if told.get("padding_mode", "zeros") != "zeros" else []
    parts += [f"{name}={told[name]}" for name, usual in _SWITCHES.items() if told.get(name, usual) != usual]
    return ", ".join(parts)


def _padding(spec: Specification) -> tuple[str, list[str]]:
    """The name of the padding, or its numbers."""
    sides = [(a.geometry["before"], a.geometry["after"]) for a in spec.tied_axes]
    named = {axis.options.get("padding") for axis in spec.tied_axes}
    if not spec.transposed and len(named) == 1 and (name := str(*named)) in ("valid", "same", "full"):
        return name, []
    if all(side == (0, 0) for side in sides):
        return "valid" if spec.kernel.learned and not spec.transposed else "", []
    if not spec.transposed and named <= set(_other_same(spec)):
        return '"same" (as in NumPy and SciPy)', []
    told = dict.fromkeys(
        str(before) if before == after else f"{before} and {after}" for before, after in sides
    )
    return "", [f"padding {', '.join(told)}"]
