"""What a layer says of itself: the call that makes it, its geometry in a sentence, itself without values."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sympy import srepr

from symconv.errors import reject_unknown
from symconv.layers.algorithmic import Algorithmic
from symconv.layers.description import described, sentence, title
from symconv.layers.quantities import LETTERS, nested
from symconv.pattern import Spatial
from symconv.printing.notation import on_axis


class Presented(Algorithmic):
    """A layer as it prints, and the plainer ones that are written about with it."""

    axes: tuple[Spatial, ...]

    #: What a description begins with: the operation, and with how many taps it is done.
    _opening: ClassVar[str] = "{kind} of {inputs} with {taps}"

    def _reject(self, unknown: Mapping[str, Any]) -> None:
        reject_unknown(type(self).__name__, unknown, self.option_names())

    @classmethod
    def option_names(cls) -> list[str]:
        """The options that make a layer of this class."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]

    @property
    def _told(self) -> dict[str, Any]:
        """The options that make the layer, as they print."""
        return described(self.pattern, self.axes, self.notation, self.bias)

    def _call(self) -> str:
        """The call that makes the layer without its values."""
        return self._call_with({})

    def _call_with(self, changed: Mapping[str, Any]) -> str:
        """The same with some options written otherwise."""
        written = {**self._told, **changed}
        defaults = {name: p.default for name, p in inspect.signature(type(self).__init__).parameters.items()}
        defaults["notation"] = "symconv"
        sizes = [repr(written.pop(name)) for name in ("input_size", "kernel_size")]
        options = [f"{n}={v!r}" for n, v in written.items() if n in defaults and v != defaults[n]]
        return f"{type(self).__name__}({', '.join([*sizes, *options])})"

    def __repr__(self) -> str:
        given = (f"{LETTERS[role]}={self._nested(role)}" for role in self._given)
        return f"{self._call()}.at({', '.join(given)})" if self._given else self._call()

    def _nested(self, role: str) -> Any:
        """The values of an operand in its shape."""
        return nested(LETTERS[role], list(self._given[role]), self._operand_shape(role))

    @property
    def description(self) -> str:
        """The geometry in one sentence."""
        return sentence(self.pattern, self.axes, self._opening)

    @property
    def title(self) -> str:
        """What the layer is, in a few words."""
        return title(self.pattern, self.axes, self._opening)

    def coloured(self) -> Self:
        """The same layer with its taps in the LaTeX of equations coloured as in its figures.

        >>> import symconv as sc
        >>> print(sc.Conv1d(2, 2).coloured().latex())
        \\begin{aligned}
        y_{0} &= \\textcolor{blue}{w_{0}} x_{0} + \\textcolor{olive}{w_{1}} x_{1}
        \\end{aligned}
        """
        layer = self.at()
        layer.notation = self.notation.coloured()
        return layer

    def _without_values(self) -> Self:
        """The layer in symbols."""
        if not self._given:
            return self
        layer = self.at()
        layer._given = {}
        return layer

    def _opened(self) -> Self:
        """The same layer with letters for its sizes; itself where they are letters already."""
        if not self.pattern.numeric:
            return self._without_values()
        rank, told = len(self.axes), self._told
        for name in ("input_size", "kernel_size"):
            letters = tuple(on_axis(getattr(self.notation, name), axis, rank) for axis in range(rank))
            told[name] = letters[0] if rank == 1 else letters
        made: Self = type(self)(**{name: told[name] for name in self.option_names() if name in told})
        return made


def in_code(entries: Any) -> str:
    """Entries as Python writes them: whole numbers plain, everything else in SymPy's own words."""
    if isinstance(entries, list):
        return f"[{', '.join(map(in_code, entries))}]"
    return str(entries) if entries.is_Integer else str(srepr(entries))
