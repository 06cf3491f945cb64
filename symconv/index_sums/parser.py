"""A small parser of index notation: text to index sums, with no evaluation of anything.

LaTeX comes in the same tokens: ``\\sum_{k=0}^{K-1}``, ``\\frac{a}{b}``, ``\\lfloor a \\rfloor``, ``w_{k}``.
The grammar is that of the text that formulas print as, and of what people write besides::

    sum    = ["-"] term (("+" | "-") term)*
    term   = series | power ((["*"] | "/" | "//" | "%") power)*
    series = "sum" "(" name "=" sum ".." sum ")" term
           | "sum" "(" sum ("," (name "=" sum ".." sum | "(" name "," sum "," sum ")"))+ ")"
           | "sum" "(" sum "for" name "in" "range" "(" sum ["," sum] ")" ")"
    power  = atom ["^" whole]
    atom   = whole | name | name "[" sum ("," sum)* "]" | "(" sum ")"
           | "[" condition ("or" condition)* "]"
           | ("floor" | "ceil" | "min" | "max" | "mod" | "abs") "(" sum ("," sum)* ")"
           | ("conv" | "corr") "(" sequence "," sequence ")" "[" sum ("," sum)* "]"
           | "(" sequence ("∗" | "⋆") sequence ")" "[" sum ("," sum)* "]"
    sequence = name | "spread" "(" name ("," sum)+ ")"
    condition = sum (("=" | "<=" | "<" | ">=" | ">") sum)+ | sum ("divides" | "|") sum
"""

from collections.abc import Sequence
from typing import NoReturn

from sympy import (
    Abs,
    And,
    Expr,
    IndexedBase,
    Integer,
    Max,
    Min,
    Mod,
    Or,
    Pow,
    Rel,
    Sum,
    Symbol,
    ceiling,
    floor,
)
from sympy.logic.boolalg import Boolean

from symconv.index_sums.nodes import Convolution, Correlation, Divides, Overlap, Upsampled
from symconv.index_sums.tokens import Token, refuse
from symconv.printing.english import counted
from symconv.printing.expressions import Iverson

_COMPARE = {"=": "==", **{sign: sign for sign in ("==", "<=", "<", ">=", ">")}}
_FUNCTIONS = {
    "floor": floor, "ceil": ceiling, "ceiling": ceiling, "min": Min, "max": Max, "mod": Mod,
    "Min": Min, "Max": Max, "Mod": Mod, "abs": Abs, "Abs": Abs,
}  # fmt: skip
#: Names that never begin a factor.
_WORDS = ("divides", "or", "and", "for", "in", "with")

#: What is right where one of these was expected.
_EXAMPLES = {
    "]": "w[k]*x[i + k]", ")": "floor((N - K)/s) + 1", "..": "sum(k=0..K - 1) w[k]*x[i + k]",
    "the name of the summation index": "sum(k=0..K - 1) w[k]*x[i + k]", "a whole exponent": "x[i]^2",
    "an operator or the end": "w[0]*x[i] + w[1]*x[i + 1]", "the name of a sequence": "conv(x, w)[i]",
    "'=', '<=', '<', '>=', '>' or 'divides'": "[0 <= j < N] or [s divides j + p]",
}  # fmt: skip

#: Deeper formulas are refused.
MOST_NESTING = 50


class Parser:
    """Recursive descent over the tokens of a text, one method a rule of the grammar."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self._text = text
        end = tokens[-1].start + len(tokens[-1].value) if tokens else len(text)
        self._tokens = [*(token for token in tokens if token.kind != "row"), Token("end", "", end)]
        self._at = 0
        self._depth = 0
        self.fractional: set[Expr] = set()  # entries whose indices may be fractions
        self._adds_zero = False

    def whole(self) -> Expr:
        """The expression that all of the tokens are."""
        found = self.sum()
        self.done()
        for entry in sorted((entry for entry in self.fractional if not found.has(entry)), key=str):
            self.refuse(f"{entry} cancels, but may lie between two entries: leave it out.")
        if self.fractional and self._adds_zero:
            self.refuse("a 0 that is added hides what is multiplied by it: leave it out.")
        return found

    def done(self) -> None:
        if self.peek():
            self.fail("an operator or the end")

    def peek(self, ahead: int = 0) -> str:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)].value

    def kind(self, ahead: int = 0) -> str:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)].kind

    def fail(self, wanted: str) -> NoReturn:
        kind, found, where = self._tokens[self._at]
        example = _EXAMPLES.get(wanted.strip("'"), _EXAMPLES["]"])
        problem = f"{found!r} at character {where + 1}" if kind != "end" else "the formula ends too early"
        refuse(self._text, where, f"{problem}: expected {wanted}, as in {example}")

    def refuse(self, problem: str) -> NoReturn:
        """An error at the token that was read last."""
        refuse(self._text, self._tokens[max(self._at - 1, 0)].start, problem)

    def skip(self, *marks: str) -> str:
        """The next token, passed if it is one of these."""
        found = self.peek() if self.peek() in marks else ""
        self._at += bool(found)
        return found

    def take(self, mark: str) -> None:
        """Pass a token that must be there."""
        if not self.skip(mark):
            self.fail(repr(mark))

    def name(self, wanted: str) -> str:
        return self._read("name", wanted)

    def _read(self, kind: str, wanted: str) -> str:
        """A token that must be of a kind."""
        if self.kind() != kind:
            self.fail(wanted)
        return self.skip(self.peek())

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MOST_NESTING:
            self.refuse(f"the formula is nested more than {MOST_NESTING} levels deep.")

    def sum(self) -> Expr:
        self._deeper()
        terms = [-self._term() if self.skip("-", "+") == "-" else self._term()]
        while sign := self.skip("+", "-"):
            terms.append(self._term() if sign == "+" else -self._term())
        self._adds_zero |= len(terms) > 1 and Integer(0) in terms
        self._depth -= 1
        return sum(terms, Integer(0))

    def _term(self) -> Expr:
        product = self._factor()
        while sign := self.skip("*", "/", "//", "%") or self._juxtaposed():
            factor = self._factor()
            if sign in ("*", " "):
                product = product * factor
            elif sign == "%":
                product = Mod(product, self._divisor(factor))
            else:
                product = product / self._divisor(factor)
                product = floor(product) if sign == "//" else product
        return product

    def _juxtaposed(self) -> str:
        """A space where a factor follows without a sign."""
        name = self.kind() == "name" and self.peek() not in _WORDS
        return " " if name or self.peek() in ("(", "[", "[|") else ""

    def _adjacent(self) -> bool:
        """Whether the next token follows the last one without a space."""
        last = self._tokens[self._at - 1]
        return self._tokens[self._at].start == last.start + len(last.value)

    def _factor(self) -> Expr:
        if self.peek() in ("sum", "Sum") and self.peek(1) == "(":
            self._at += 1
            return self._series()
        return self._power()

    def _divisor(self, expr: Expr) -> Expr:
        if expr == 0:
            self.refuse("the formula divides by zero.")
        return expr

    def _series(self) -> Expr:
        self._deeper()
        self.take("(")
        if self.peek(1) == "=":
            limits = [self._range("=", "..")]
            self.take(")")
            found = Sum(self._term(), *limits)
        else:
            body = self.sum()
            limits = [self._python_range()] if self.skip("for") else []
            while not limits or self.peek() == ",":
                self.take(",")
                bracketed = self.skip("(")
                limits.append(self._range(",", ",") if bracketed else self._range("=", ".."))
                if bracketed:
                    self.take(")")
            self.take(")")
            found = Sum(body, *limits)
        self._depth -= 1
        return found

    def _range(self, equal: str, to: str) -> tuple[Symbol, Expr, Expr]:
        index = Symbol(self.name("the name of the summation index"), integer=True)
        self.take(equal)
        low = self.sum()
        self.take(to)
        return index, low, self.sum()

    def _python_range(self) -> tuple[Symbol, Expr, Expr]:
        index = Symbol(self.name("the name of the summation index"), integer=True)
        for word in ("in", "range"):
            self.take(word)
        ends = self._list("(", ")")
        if len(ends) > 2:
            self.refuse("the range of a sum has a start and an end.")
        return index, ends[0] if len(ends) == 2 else Integer(0), ends[-1] - 1

    def _power(self) -> Expr:
        base = self._atom()
        if not self.skip("^"):
            return base
        exponent = self._whole("a whole exponent")
        if exponent > 64:
            self.refuse(f"the exponent {exponent} is larger than 64.")
        return Pow(base, exponent)

    def _whole(self, wanted: str) -> Integer:
        digits = self._read("whole", wanted)
        if len(digits) > 18:
            self.refuse(f"the number {digits[:18]}... has more than 18 digits.")
        return Integer(int(digits))

    def _atom(self) -> Expr:
        if self.peek() == "(":
            return self._overlapped() or self._bracketed()
        if opened := self.skip("[", "[|"):
            found = Iverson(self._conditions())
            self.take("]" if opened == "[" else "|]")
            return found
        wanted = "a number, a name, '(' or '['"
        if self.kind() == "whole":
            return self._whole(wanted)
        name = self.name(wanted)
        if name in _FUNCTIONS:
            return self._function(name)
        if name in ("conv", "corr") and self.skip("("):
            left = self._sequence()
            self.take(",")
            return self._overlap(Correlation if name == "corr" else Convolution, left)
        if name.startswith("sum_"):
            self.refuse("a sum needs its limits, as in sum(k=0..K - 1) w[k]*x[i + k].")
        if self.peek() == "(" and len(name) > 1 and name.isalpha() and self._adjacent():
            self.refuse(f"{name} is no function of index notation; for a product write {name}*(...).")
        if self.peek() == "[":
            entry = IndexedBase(name)[tuple(self._list("[", "]"))]
            self.fractional |= set() if all(index.is_integer for index in entry.indices) else {entry}
            return entry
        return Symbol(name, integer=True)

    def _bracketed(self) -> Expr:
        self.take("(")
        found = self.sum()
        self.take(")")
        return found

    def _overlapped(self) -> Expr | None:
        """``(a ∗ b)[i]`` and ``(a ⋆ b)[i]``; None if another thing stands in the brackets."""
        start = self._at
        self.take("(")
        nested = self.peek() == "spread" and self.peek(1) == "("
        if self.kind() == "name" and (nested or self.peek(1) in ("ast", "star")):
            left = self._sequence()
            if sign := self.skip("ast", "star"):
                return self._overlap(Correlation if sign == "star" else Convolution, left)
        self._at = start
        return None

    def _function(self, name: str) -> Expr:
        arguments, wanted = self._list("(", ")"), 1 + (name in ("mod", "Mod"))
        if len(arguments) != wanted and name.lower() not in ("min", "max"):
            self.refuse(f"{name} takes {counted(wanted, 'argument')}, not {len(arguments)}.")
        if wanted == 2:
            self._divisor(arguments[1])
        return _FUNCTIONS[name](*arguments)

    def _overlap(self, kind: type[Overlap], left: Expr) -> Expr:
        right = self._sequence()
        self.take(")")
        return kind(left, right, *self._list("[", "]"))

    def _sequence(self) -> Expr:
        wanted = "the name of a sequence"
        name = self.name(wanted)
        if name != "spread" or not self.skip("("):
            return Upsampled(IndexedBase(name), 1)
        grouped = self.skip("(")
        base, factors = IndexedBase(self.name(wanted)), list[Expr]()
        if grouped:
            self.take(")")
        while not factors or self.peek() == ",":
            self.take(",")
            factors.append(self.sum())
        self.take(")")
        return Upsampled(base, *factors)

    def _list(self, opened: str, closed: str) -> list[Expr]:
        self.take(opened)
        found = [self.sum()]
        while self.skip(","):
            found.append(self.sum())
        self.take(closed)
        return found

    def _conditions(self) -> Boolean:
        either = [self._condition()]
        while self.skip("or"):
            either.append(self._condition())
        return Or(*either)

    def _condition(self) -> Boolean:
        sides = [self.sum()]
        if self.skip("divides", "|"):
            return Divides(self._divisor(sides[0]), self.sum()).boolean()
        compared = []
        while sign := self.skip(*_COMPARE):
            sides.append(self.sum())
            compared.append(Rel(*sides[-2:], _COMPARE[sign]))
        if not compared:
            self.fail("'=', '<=', '<', '>=', '>' or 'divides'")
        return And(*compared)

    def ranges(self) -> list[tuple[Symbol, Expr, Expr]]:
        """Ranges of indices with commas between: ``first <= i <= last`` or ``i = first, ..., last``."""
        found = []
        while self.peek():
            first = self.sum()
            if self.skip("="):
                low = self.sum()
                self.take(",")
                self.take("..")
                self.take(",")
                index, last = first, self.sum()
            else:
                self.take("<=")
                low, index = first, self.sum()
                strict = self.skip("<", "<=") or self.fail("<= or <")
                last = self.sum() - int(strict == "<")
            if not index.is_Symbol:
                self.refuse("a range is that of an index, as in 0 <= i <= M - 1.")
            found.append((index, low, last))
            self.skip(",")
        return found
