"""What notes are made of: a layer as notes see it, open in its sizes, in symbols, and on values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sympy

from symconv.check import Report
from symconv.derivation import Derivation, Formula
from symconv.explicit.entries import Explicit
from symconv.explicit.layout import Subject
from symconv.explicit.structure import Structure
from symconv.index_sums.symbols import LayerSymbols
from symconv.notes.model import Figured, Listed, Maths
from symconv.pattern import Specification
from symconv.printing.targets import Displayed


class Closed(Protocol):
    """What formulas of a layer are written in."""

    @property
    def symbols(self) -> LayerSymbols: ...


class Numeric(Protocol):
    """The entries of a layer."""

    @property
    def numbers(self) -> bool: ...

    @property
    def values(self) -> Explicit: ...


class Subjected(Protocol):
    """What equations of a layer are written about."""

    @property
    def subject(self) -> Subject: ...


@dataclass(frozen=True)
class Operand:
    """A letter with what it stands for, and how many entries it has along each index."""

    letter: Maths
    meaning: str
    shape: tuple[Maths, ...]


@dataclass(frozen=True)
class Activation:
    """The function that is applied to each output.

    Attributes
    ----------
    name : str
        What it is called.
    on_symbols, on_values : name or function
        What :meth:`Source.equation` takes for outputs that are symbols, and for numbers.
    code : str
        The Python for ``on_values``.
    definition : Displayed, optional
        The function written out, where it is one of the reader's own.
    source : str
        The statements that define it.
    """

    name: str
    on_symbols: Any
    on_values: Any
    code: str
    definition: Displayed | None = None
    source: str = ""


class Source(Protocol):
    """A layer, seen from below."""

    spec: Specification

    @property
    def closed(self) -> Closed: ...

    @property
    def entries(self) -> Numeric: ...

    @property
    def written(self) -> Subjected: ...

    @property
    def description(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def structure(self) -> Structure: ...

    @property
    def equation_names(self) -> list[str]: ...

    @property
    def formula_names(self) -> list[str]: ...

    @property
    def algorithm_names(self) -> list[str]: ...

    @property
    def reference_names(self) -> list[str]: ...

    @property
    def reasons(self) -> dict[str, str]: ...

    def equation(self, name: str, *, function: Any = None) -> Displayed: ...

    def formula(self, name: str, *, axis: int = 0) -> Formula: ...

    def derive(self, name: str, *, axis: int = 0) -> Derivation: ...

    def figure(self, name: str) -> Figured: ...

    def algorithm(self, name: str) -> Listed: ...

    def check(self, *, reference: str | None = None) -> Report: ...


class Remake(Protocol):
    """What makes a layer anew: see :class:`Sources`."""

    def __call__(self, which: str, values: Mapping[str, Any], /, **options: Any) -> Source: ...


@dataclass(frozen=True)
class Sources:
    """A layer in up to three ways; code is the Python that makes each of them.

    Attributes
    ----------
    layer : Source
        With its sizes as given, in symbols.
    opened : Source
        The same layer with letters for its sizes; the layer itself where they are letters already.
    example : Source
        Small enough to be told in figures, all its operands on values: the layer itself where that is so
        small, else one of the same kind.
    partner : Source or None
        Of a transposed layer's example the convolution whose matrix is its transpose, on its outputs.
    remake : function
        Makes "layer" or "example" anew, on other values and with other options, such as
        ``remake("example", {"x": [1, 2, 3]}, input_size=3)``. Operands that are not given keep their values
        where these still fit.
    activation : Activation
    code : mapping of str to str
        The Python that makes each, by its name.
    """

    layer: Source
    opened: Source
    example: Source
    partner: Source | None
    remake: Remake
    activation: Activation
    code: Mapping[str, str]

    @property
    def own(self) -> bool:
        """Whether the example has the sizes of the layer."""
        return self.layer.spec.numeric and self.layer.spec.tied == self.example.spec.tied

    @property
    def statements(self) -> str:
        """The Python statements that make them all."""
        called = f"{self.code['example']} {self.activation.code}("
        found = set(re.findall(r"\b(?<!\.)([A-Za-z]\w*)\(", called))
        names = sorted(name for name in found if hasattr(sympy, name))
        imports = ["import symconv as sc", *([f"from sympy import {', '.join(names)}"] if names else [])]
        own = ["", "", self.activation.source.rstrip(), "", ""] if self.activation.source else [""]
        return "\n".join([*imports, *own, *(f"{name} = {code}" for name, code in self.code.items())])
