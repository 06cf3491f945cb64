"""Passes as functions: the sizes and arguments that their lines need, and what they compile to."""

import linecache
import re
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha1
from typing import Any

import symconv.algorithms.arrays as arrays
from symconv.algorithms.arrays import array_type, sizes_type
from symconv.algorithms.kernels import OPERANDS, Pass
from symconv.algorithms.letters import SIZES, WIDTH
from symconv.algorithms.loops import Loops, indented

#: Counts of channels in the order of their definitions.
_CHANNELS = ("C", "C_out", "F", "C_in")


def source(name: str, loops: Loops, made: Pass) -> str:
    """The Python source of a pass: first the sizes that it needs, then its lines.

    A size is measured from an operand, computed from other sizes, or given.
    """
    operands, shape = made.given.split(), loops.shape(made.role)
    result, zeros = "y" if made.role == "output" else "g", f"zeros({', '.join(shape)})" if shape else "0"
    lines = [f"{result} = {zeros}", *made.lines, f"return {result}"]
    measured = {
        size: f"len({letter}{'[0]' * depth})"
        for role, letter in reversed(OPERANDS.items())
        if letter in operands
        for depth, size in enumerate(loops.shape(role))
    }
    axes = [size for role in ("output", "input", "tap") for size in loops.shape(role)[-loops.rank :]]
    order = [*(n for n in axes if n in measured), *_CHANNELS, *(n for n in axes if n not in measured)]
    lines = _defined(order, {**loops.sizes, **measured}, lines)
    free = _names(lines) - set(re.findall(r"^ *(\w+) =", "\n".join(lines), re.MULTILINE))
    axis = range(loops.rank)
    every = {s: dict.fromkeys([s, *(loops.letter(s, at) for at in axis)]) for s in SIZES.values()}
    given = {size: [n for n in letters if n in free] for size, letters in every.items() if free & {*letters}}
    unpacked = [f"{', '.join(names)} = {size}" for size, names in given.items() if names != [size]]
    roles = {letter: role for role, letter in {**OPERANDS, "bias": "b"}.items()}
    arguments = [f"{letter}: {array_type(loops.shape(roles[letter]), roles[letter])}" for letter in operands]
    arguments += [f"{size}: {sizes_type(len(names))}" for size, names in given.items()]
    returned = f") -> {array_type(shape, made.role)}:"
    head = [f"def {name}({', '.join(arguments)}{returned}"]
    if len(head[0]) > WIDTH:
        head = [f"def {name}(", f"    {', '.join(arguments)}", returned]
    return "\n".join([*head, *indented([*unpacked, *lines]), ""])


def _defined(order: list[str], known: Mapping[str, str], lines: list[str]) -> list[str]:
    """Lines after the definitions that they need; counts of channels used once go where they are used."""
    found: dict[str, str] = {}

    def define(size: str) -> None:
        if size in known and size not in found:
            for other in sorted(_names([known[size]])):
                define(other)
            found[size] = known[size]

    used = _names(lines)
    for size in order:
        if size in used:
            define(size)
    for whole in {"C_in", "C_out"} & {*found}:
        uses = [line for line in (*found.values(), *lines) if whole in _names([line])]
        if len(uses) == 1:
            value = found.pop(whole)
            found = {size: re.sub(rf"\b{whole}\b", value, line) for size, line in found.items()}
            lines = [re.sub(rf"\b{whole}\b", value, line) for line in lines]
    return [*(f"{size} = {value}" for size, value in found.items()), *lines]


@cache
def compiled(source: str) -> Callable[..., Any]:
    """The function of a source, which is kept where Python looks for the lines of a function."""
    name = source[len("def ") : source.index("(")]
    # One name has other lines in another notation, and each function its own.
    file = f"<symconv.algorithms: {name}, {sha1(source.encode(), usedforsecurity=False).hexdigest()[:8]}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = dict(vars(arrays))
    exec(compile(source, file, "exec"), space)
    function: Callable[..., Any] = space[name]
    return function


def _names(lines: list[str]) -> set[str]:
    return set(re.findall(r"[A-Za-z]\w*", "\n".join(lines)))
