"""A layer whose input size is not known yet: what makes it, kept until somebody says the size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from symconv.errors import OptionError, SymbolicSizeError, reject_unknown
from symconv.layers.description import defaults


class UnsizedError(SymbolicSizeError, AttributeError):
    """Something was asked of a layer whose input size is not known yet."""


@dataclass(frozen=True)
class Unsized:
    """The class of a layer and its options; the size of its input, the first of them, is None.

    >>> import symconv as sc
    >>> sc.Conv1d(None, 3)
    Conv1d(None, 3)
    >>> sc.Conv1d(None, 3).sized((5,))
    Conv1d(5, 3)
    """

    kind: type[Any]
    options: Mapping[str, Any]

    @classmethod
    def of(cls, kind: type[Any], given: tuple[Any, ...], options: Mapping[str, Any]) -> Unsized | None:
        """What a call makes, if the size of the input in it is None, and nothing else is wrong with it."""
        first, *others = usual = defaults(kind)
        asked = {**dict(zip(usual, given, strict=False)), **options}
        if asked.get(first, 0) is not None or any(
            usual[o] is Parameter.empty and o not in asked for o in others
        ):
            return None
        reject_unknown(kind.__name__, options, usual)
        return cls(kind, asked)

    def sized(self, shape: tuple[Any, ...]) -> Any:
        """The layer on an input of a shape, whose first entry is the number of channels where it has such.

        Raises
        ------
        SymconvError
            When no layer of the class takes an input of that shape.
        """
        names, options = list(defaults(self.kind)), dict(self.options)
        rank = getattr(self.kind, "rank", None)
        for name in ("in_channels", "channels"):
            wanted = options.get(name) is None and (name == "channels" or "out_channels" in options)
            if name in names and wanted and len(shape) == (rank or len(shape) - 1) + 1 > 1:
                options[name] = shape[0]
        inside = options.get("in_channels", options.get("channels"))
        sizes = shape if inside is None else shape[1:]
        if not sizes or (rank is not None and len(sizes) != rank):
            raise OptionError(f"{self!r} takes no input of the shape {shape_text(shape)}.")
        options[names[0]] = sizes[0] if len(sizes) == 1 else sizes
        return self.kind(**options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        size = next(iter(defaults(self.kind)))
        raise UnsizedError(f"{self!r} has no {name}, because its {size} is None: give the size.")

    def __repr__(self) -> str:
        usual = defaults(self.kind)
        first, second, *_ = usual
        given = {name: self.options[name] for name in usual if name in self.options}
        told = [repr(given.pop(name)) for name in (first, second) if name in given]
        more = (f"{name}={value!r}" for name, value in given.items() if value != usual[name])
        return f"{self.kind.__name__}({', '.join([*told, *more])})"


def shape_text(shape: tuple[Any, ...]) -> str:
    """A shape as a tuple of sizes.

    >>> shape_text((3,)), shape_text((2, 3))
    ('(3,)', '(2, 3)')
    """
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
