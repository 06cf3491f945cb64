"""A small parser of index notation: text to index sums, with no evaluation of anything.

The grammar is that of the text that formulas print as::

    sum    = ["-"] term (("+" | "-") term)*
    term   = "sum" "(" name "=" sum ".." sum ")" term  |  power (("*" | "/") power)*
    power  = atom ["^" whole]
    atom   = whole | name | name "[" sum ("," sum)* "]" | "(" sum ")"
           | "[" condition "]" | ("floor" | "ceil" | "min" | "max" | "mod") "(" sum ("," sum)* ")"
           | ("conv" | "corr") "(" sequence "," sequence ")" "[" sum "]"
    sequence = name | "spread" "(" name "," sum ")"
    condition = sum (("=" | "<=" | "<" | ">=" | ">") sum)+ | sum ("divides" | "|") sum
"""

import re

from sympy import (
    And,
    Eq,
    Expr,
    Ge,
    Gt,
    IndexedBase,
    Integer,
    Le,
    Lt,
    Max,
    Min,
    Mod,
    Pow,
    Sum,
    Symbol,
    ceiling,
    floor,
)

from symconv.errors import SymconvError
from symconv.index_sums.nodes import Overlap, Upsampled, divides
from symconv.printing.expressions import Iverson
from symconv.printing.letters import SUPERSCRIPT

_TOKEN = re.compile(
    rf"\s*(?:(?P<whole>\d+)|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\^(?:{SUPERSCRIPT}))?'*)"
    r"|(?P<mark>\.\.|<=|>=|==|[-+*/^()\[\],=<>|]))"
)
_COMPARE = {"=": Eq, "==": Eq, "<=": Le, "<": Lt, ">=": Ge, ">": Gt}
_FUNCTIONS = {"floor": floor, "ceil": ceiling, "min": Min, "max": Max, "mod": Mod}

#: Longer or deeper formulas are refused.
MOST_CHARACTERS, MOST_NESTING = 10_000, 50


class FormulaSyntaxError(SymconvError, ValueError):
    """Text that is no formula in index notation."""


def parse(text: str) -> Expr:
    """Read a formula in index notation.

    Parameters
    ----------
    text : str
        As formulas print: ``sum(k=0..K - 1) w[k]*x[i + k]``, with ``floor``, ``ceil``, ``min``, ``max``,
        ``mod`` and brackets such as ``[s divides j + p]`` and ``[0 <= j < N]``.

    Raises
    ------
    FormulaSyntaxError
        Says where the text stops being a formula and what could stand there.

    >>> parse("sum(k=0..K - 1) w[k]*x[i + k]")
    Sum(w[k]*x[i + k], (k, 0, K - 1))
    """
    if not isinstance(text, str):
        raise FormulaSyntaxError(f"a formula is text, not {type(text).__name__}.")
    if len(text) > MOST_CHARACTERS:
        raise FormulaSyntaxError(f"a formula has at most {MOST_CHARACTERS} characters, this one {len(text)}.")
    reader = _Reader(text)
    found = reader.sum()
    if reader.peek():
        reader.fail("an operator or the end")
    return found


class _Reader:
    """Recursive descent over the tokens, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if match is None:
                start = len(text) - len(text[at:].lstrip())
                raise FormulaSyntaxError(
                    f"{text[start]!r} at character {start + 1} is not part of index notation."
                )
            kind = str(match.lastgroup)
            self._tokens.append((kind, match.group(kind), match.start(kind)))
            at = match.end()
        self._at = 0
        self._depth = 0

    def peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def fail(self, wanted: str) -> None:
        if self._at < len(self._tokens):
            _, found, where = self._tokens[self._at]
            raise FormulaSyntaxError(f"{found!r} at character {where + 1}: expected {wanted}.")
        raise FormulaSyntaxError(f"the formula ends too early: expected {wanted}.")

    def _take(self, *marks: str) -> str:
        found = self.peek()
        if found not in marks:
            self.fail(" or ".join(map(repr, marks)))
        self._at += 1
        return found

    def _kind(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def sum(self) -> Expr:
        self._deeper()
        negative = self.peek() == "-" and bool(self._take("-"))
        total = -self._term() if negative else self._term()
        while self.peek() in ("+", "-"):
            total = total + self._term() if self._take("+", "-") == "+" else total - self._term()
        self._depth -= 1
        return total

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MOST_NESTING:
            raise FormulaSyntaxError(f"the formula nests more than {MOST_NESTING} deep.")

    def _term(self) -> Expr:
        if self.peek() == "sum":
            return self._series()
        product = self._power()
        while self.peek() in ("*", "/"):
            sign = self._take("*", "/")
            factor = self._series() if self.peek() == "sum" else self._power()
            if sign == "/" and factor == 0:
                raise FormulaSyntaxError("the formula divides by zero.")
            product = product * factor if sign == "*" else product / factor
        return product

    def _series(self) -> Expr:
        self._deeper()
        self._take("sum")
        self._take("(")
        if self._kind() != "name":
            self.fail("the name of the summation index")
        index = Symbol(self._take(self.peek()), integer=True)
        self._take("=")
        low = self.sum()
        self._take("..")
        high = self.sum()
        self._take(")")
        found = Sum(self._term(), (index, low, high))
        self._depth -= 1
        return found

    def _power(self) -> Expr:
        base = self._atom()
        if self.peek() != "^":
            return base
        self._take("^")
        if self._kind() != "whole":
            self.fail("a whole exponent")
        exponent = self._whole()
        if exponent > 64:
            raise FormulaSyntaxError(f"the exponent {exponent} is larger than 64.")
        return Pow(base, exponent)

    def _whole(self) -> Integer:
        digits = self._take(self.peek())
        if len(digits) > 18:
            raise FormulaSyntaxError(f"the number {digits[:18]}... has more than 18 digits.")
        return Integer(int(digits))

    def _atom(self) -> Expr:
        if self._kind() == "whole":
            return self._whole()
        if self.peek() == "(":
            self._take("(")
            found = self.sum()
            self._take(")")
            return found
        if self.peek() == "[":
            self._take("[")
            condition = self._condition()
            self._take("]")
            return Iverson(condition)
        if self._kind() != "name":
            self.fail("a number, a name, '(' or '['")
        name = self._take(self.peek())
        if name in _FUNCTIONS:
            arguments = self._list("(", ")")
            if len(arguments) != 1 + (name == "mod") and name not in ("min", "max"):
                raise FormulaSyntaxError(
                    f"{name} takes {1 + (name == 'mod')} arguments, not {len(arguments)}."
                )
            if name == "mod" and arguments[1] == 0:
                raise FormulaSyntaxError("the formula divides by zero.")
            return _FUNCTIONS[name](*arguments)
        if name in ("conv", "corr") and self.peek() == "(":
            return self._overlap(name)
        if self.peek() == "[":
            return IndexedBase(name)[tuple(self._list("[", "]"))]
        return Symbol(name, integer=True)

    def _overlap(self, name: str) -> Expr:
        self._take("(")
        left = self._sequence()
        self._take(",")
        right = self._sequence()
        self._take(")")
        (place,) = self._list("[", "]")[:1]
        return Overlap("star" if name == "corr" else "*", left, right, place)

    def _sequence(self) -> Expr:
        if self._kind() != "name":
            self.fail("the name of a sequence")
        name = self._take(self.peek())
        if name != "spread" or self.peek() != "(":
            return Upsampled(IndexedBase(name), 1)
        self._take("(")
        if self._kind() != "name":
            self.fail("the name of a sequence")
        base = IndexedBase(self._take(self.peek()))
        self._take(",")
        factor = self.sum()
        self._take(")")
        return Upsampled(base, factor)

    def _list(self, opened: str, closed: str) -> list[Expr]:
        self._take(opened)
        found = [self.sum()]
        while self.peek() == ",":
            self._take(",")
            found.append(self.sum())
        self._take(closed)
        return found

    def _condition(self) -> Expr:
        sides = [self.sum()]
        if self.peek() in ("divides", "|"):
            self._take("divides", "|")
            if sides[0] == 0:
                raise FormulaSyntaxError("the formula divides by zero.")
            return divides(sides[0], self.sum())
        compared = []
        while self.peek() in _COMPARE:
            compare = _COMPARE[self._take(*_COMPARE)]
            sides.append(self.sum())
            compared.append(compare(sides[-2], sides[-1]))
        if not compared:
            self.fail("'=', '<=', '<', '>=', '>' or 'divides'")
        return And(*compared)
