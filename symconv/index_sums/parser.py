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
from typing import NoReturn

from sympy import And, Expr, IndexedBase, Integer, Max, Min, Mod, Pow, Rel, Sum, Symbol, ceiling, floor

from symconv.errors import SymconvError
from symconv.index_sums.nodes import Convolution, Correlation, Divides, Overlap, Upsampled
from symconv.printing.english import counted
from symconv.printing.expressions import Iverson
from symconv.printing.letters import SUPERSCRIPT

_TOKEN = re.compile(
    rf"\s*(?:(?P<whole>\d+)|(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\^(?:{SUPERSCRIPT}))?'*)"
    r"|(?P<mark>\.\.|<=|>=|==|[-+*/^()\[\],=<>|]))"
)
_COMPARE = {"=": "==", **{sign: sign for sign in ("==", "<=", "<", ">=", ">")}}
_FUNCTIONS = {"floor": floor, "ceil": ceiling, "min": Min, "max": Max, "mod": Mod}

#: Longer or deeper formulas are refused.
MOST_CHARACTERS, MOST_NESTING = 10_000, 50


class FormulaSyntaxError(SymconvError, ValueError):
    """The text is not a formula in index notation."""


def parse(text: str) -> Expr:
    """Read a formula in index notation.

    Parameters
    ----------
    text : str
        A formula as symconv prints it, such as ``sum(k=0..K - 1) w[k]*x[i + k]``. It may use ``floor``,
        ``ceil``, ``min``, ``max``, ``mod`` and brackets such as ``[s divides j + p]`` or ``[0 <= j < N]``.

    Raises
    ------
    FormulaSyntaxError
        If the text is not a formula; the message says where it fails and what could stand there.

    Examples
    --------
    >>> parse("sum(k=0..K - 1) w[k]*x[i + k]")
    Sum(w[k]*x[i + k], (k, 0, K - 1))
    """
    if not isinstance(text, str):
        raise FormulaSyntaxError(f"a formula must be text, not {type(text).__name__}.")
    if len(text) > MOST_CHARACTERS:
        raise FormulaSyntaxError(
            f"a formula has at most {MOST_CHARACTERS} characters, but this one has {len(text)}."
        )
    parser = _Parser(text)
    found = parser.sum()
    if parser.peek() in ("=", "=="):
        parser.fail("an operator or the end; give only the right-hand side")
    if parser.peek():
        parser.fail("an operator or the end")
    for entry in sorted((entry for entry in parser.fractional if not found.has(entry)), key=str):
        raise FormulaSyntaxError(f"{entry} cancels, but may lie between two entries: leave it out.")
    return found


class _Parser:
    """Recursive descent over the tokens, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
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
        self._tokens.append(("end", "", at))
        self._at = 0
        self._depth = 0
        self.fractional: set[Expr] = set()  # entries whose indices may be fractions

    def peek(self) -> str:
        return self._tokens[self._at][1]

    def fail(self, wanted: str) -> NoReturn:
        kind, found, where = self._tokens[self._at]
        if kind == "end":
            raise FormulaSyntaxError(f"the formula ends too early: expected {wanted}.")
        raise FormulaSyntaxError(
            f"{found!r} at character {where + 1}: expected {wanted}{self._cure(wanted)}."
        )

    def _cure(self, wanted: str) -> str:
        """What to write where a product lacks its sign, or a quotient is rounded as in Python."""
        if not self._at:
            return ""
        (before, left, start), (kind, right, where) = self._tokens[self._at - 1 : self._at + 1]
        product = start + len(left) == where or wanted.startswith("an operator")
        if product and kind == "name" and right != "divides" and (before != "mark" or left in ("]", ")")):
            return "; write * between factors" if before == "mark" else f"; write {left}*{right}"
        return "; write floor(a/b)" if left == right == "/" else ""

    def _skip(self, *marks: str) -> str:
        """The next token, passed if it is one of these."""
        found = self.peek() if self.peek() in marks else ""
        self._at += bool(found)
        return found

    def _take(self, mark: str) -> None:
        """Pass a token that must be there."""
        if not self._skip(mark):
            self.fail(repr(mark))

    def _read(self, kind: str, wanted: str) -> str:
        """A token that must be of a kind."""
        if self._tokens[self._at][0] != kind:
            self.fail(wanted)
        return self._skip(self.peek())

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MOST_NESTING:
            raise FormulaSyntaxError(f"the formula is nested more than {MOST_NESTING} levels deep.")

    def sum(self) -> Expr:
        self._deeper()
        total = -self._term() if self._skip("-") else self._term()
        while sign := self._skip("+", "-"):
            total = total + self._term() if sign == "+" else total - self._term()
        self._depth -= 1
        return total

    def _term(self) -> Expr:
        if self._skip("sum"):
            return self._series()
        product = self._power()
        while sign := self._skip("*", "/"):
            factor = self._series() if self._skip("sum") else self._power()
            product = product * factor if sign == "*" else product / self._divisor(factor)
        return product

    def _divisor(self, expr: Expr) -> Expr:
        if expr == 0:
            raise FormulaSyntaxError("the formula divides by zero.")
        return expr

    def _series(self) -> Expr:
        self._deeper()
        self._take("(")
        index = Symbol(self._read("name", "the name of the summation index"), integer=True)
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
        if not self._skip("^"):
            return base
        exponent = self._whole("a whole exponent")
        if exponent > 64:
            raise FormulaSyntaxError(f"the exponent {exponent} is larger than 64.")
        return Pow(base, exponent)

    def _whole(self, wanted: str) -> Integer:
        digits = self._read("whole", wanted)
        if len(digits) > 18:
            raise FormulaSyntaxError(f"the number {digits[:18]}... has more than 18 digits.")
        return Integer(int(digits))

    def _atom(self) -> Expr:
        if self._skip("("):
            found = self.sum()
            self._take(")")
            return found
        if self._skip("["):
            found = Iverson(self._condition())
            self._take("]")
            return found
        wanted = "a number, a name, '(' or '['"
        if self._tokens[self._at][0] == "whole":
            return self._whole(wanted)
        name = self._read("name", wanted)
        if name in _FUNCTIONS:
            return self._function(name)
        if name in ("conv", "corr") and self._skip("("):
            return self._overlap(Correlation if name == "corr" else Convolution)
        if self.peek() == "[":
            entry = IndexedBase(name)[tuple(self._list("[", "]"))]
            self.fractional |= set() if all(index.is_integer for index in entry.indices) else {entry}
            return entry
        return Symbol(name, integer=True)

    def _function(self, name: str) -> Expr:
        arguments, wanted = self._list("(", ")"), 1 + (name == "mod")
        if len(arguments) != wanted and name not in ("min", "max"):
            takes = counted(wanted, "argument")
            raise FormulaSyntaxError(f"{name} takes {takes}, not {len(arguments)}.")
        if name == "mod":
            self._divisor(arguments[1])
        return _FUNCTIONS[name](*arguments)

    def _overlap(self, kind: type[Overlap]) -> Expr:
        left = self._sequence()
        self._take(",")
        right = self._sequence()
        self._take(")")
        place, *_ = self._list("[", "]")
        return kind(left, right, place)

    def _sequence(self) -> Expr:
        name = self._read("name", "the name of a sequence")
        if name != "spread" or not self._skip("("):
            return Upsampled(IndexedBase(name), 1)
        base = IndexedBase(self._read("name", "the name of a sequence"))
        self._take(",")
        factor = self.sum()
        self._take(")")
        return Upsampled(base, factor)

    def _list(self, opened: str, closed: str) -> list[Expr]:
        self._take(opened)
        found = [self.sum()]
        while self._skip(","):
            found.append(self.sum())
        self._take(closed)
        return found

    def _condition(self) -> Expr:
        sides = [self.sum()]
        if self._skip("divides", "|"):
            return Divides(self._divisor(sides[0]), self.sum()).boolean()
        compared = []
        while sign := self._skip(*_COMPARE):
            sides.append(self.sum())
            compared.append(Rel(*sides[-2:], _COMPARE[sign]))
        if not compared:
            self.fail("'=', '<=', '<', '>=', '>' or 'divides'")
        return And(*compared)
