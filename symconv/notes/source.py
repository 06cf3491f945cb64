"""What notes are made of: a layer as notes see it, open in its sizes, in symbols, and on values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from symconv.check import Report
from symconv.notation import Notation
from symconv.notes.model import Displayed, Figured, Listed
from symconv.pattern import Pattern, Spatial
from symconv.structure import Structure


class Derived(Displayed, Protocol):
    """A derivation: what displays, with the sentence of each rule and what was checked."""

    steps: tuple[Any, ...]

    def reasons(self) -> dict[str, str]: ...

    def settled(self) -> str: ...


class Source(Protocol):
    """A layer, seen from below."""

    notation: Notation
    pattern: Pattern
    bias: bool
    axes: tuple[Spatial, ...]

    @property
    def description(self) -> str: ...

    @property
    def structure(self) -> Structure: ...

    @property
    def equation_names(self) -> list[str]: ...

    @property
    def formula_names(self) -> list[str]: ...

    @property
    def algorithm_names(self) -> list[str]: ...

    @property
    def reasons(self) -> Mapping[str, str]: ...

    def equation(self, name: str) -> Displayed: ...

    def formula(self, name: str, *, axis: int = 0) -> Displayed: ...

    def derive(self, name: str, *, axis: int = 0) -> Derived: ...

    def figure(self, name: str) -> Figured: ...

    def algorithm(self, name: str) -> Listed: ...

    @property
    def reference_names(self) -> list[str]: ...

    def check(self, *, reference: str | None = None) -> Report: ...


@dataclass(frozen=True)
class Sources:
    """A layer in up to three ways; code is the Python that makes each of them.

    Attributes
    ----------
    layer : Source
        With its sizes as given, in symbols.
    opened : Source
        The same layer with letters for its sizes; the layer itself where they are letters already.
    valued : Source or None
        On values, where it has some.
    code : mapping of str to str
        The Python that makes each, by its name.
    """

    layer: Source
    opened: Source
    valued: Source | None
    code: Mapping[str, str]

    @property
    def statements(self) -> str:
        """The Python statements that make them all."""
        names = sorted(set(re.findall(r"\b(?<!\.)([A-Z]\w*)\(", self.code.get("valued", ""))))
        imports = ["import symconv as sc", *([f"from sympy import {', '.join(names)}"] if names else [])]
        return "\n".join([*imports, "", *(f"{name} = {code}" for name, code in self.code.items())])
