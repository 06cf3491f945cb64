"""For which indices an equation holds, and what the letters in it stand for."""

from functools import cached_property

from sympy import Expr, Integer, Symbol, expand

from symconv.index_sums.symbols import LayerSymbols, kept_indices
from symconv.printing.display import Row
from symconv.printing.target import MathsTarget


class IndexDomain:
    """What a reader needs beside an equation to put numbers into it; its left side is open in ``kept``."""

    def __init__(self, setting: LayerSymbols, left: Expr, *rights: Expr) -> None:
        self.kept = kept_indices(setting, left)
        self._setting = setting
        self._rights = rights

    @cached_property
    def ranges(self) -> tuple[tuple[Symbol, Expr, Expr], ...]:
        """Each kept index with its first and its last value."""
        base = Integer(self._setting.notation.base)
        return tuple((index, base, expand(self._setting.last(index) + base)) for index in self.kept)

    @cached_property
    def definitions(self) -> dict[Symbol, Expr]:
        """What the letters of output sizes stand for, where they are used."""
        expressions = [*self._rights, *(last for _, _, last in self.ranges)]
        used = {symbol for expression in expressions for symbol in expression.free_symbols}
        return {letter: size for letter, size in self._setting.definitions.items() if letter in used}

    def held(self, form: MathsTarget) -> list[str]:
        """The ranges of the indices, in lines that are not too wide."""
        lines: list[str] = []
        for index, first, last in self.ranges:
            part = form.at_most.join(map(form.expr, (first, index, last)))
            if not lines:
                lines.append(form.prose("for ") + part)
            elif form.width(lines[-1] + part) > form.line:
                lines[-1] += form.comma.rstrip()
                lines.append(part)
            else:
                lines[-1] += form.comma + part
        return lines

    def defined(self, form: MathsTarget) -> list[Row]:
        """The definitions as equations."""
        return [Row(form.expr(letter), (form.expr(size),)) for letter, size in self.definitions.items()]

    def kernel(self, form: MathsTarget) -> list[str]:
        """What the kernel is, where it is none that is learned."""
        meaning = self._setting.kernel.meaning
        label = self._setting.sequence("kernel").label
        if not meaning or not any(right.has(label) for right in self._rights):
            return []
        return [form.prose("with ") + form.letter(self._setting.notation.kernel) + form.prose(f" {meaning}")]
