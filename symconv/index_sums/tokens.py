"""Tokens of formulas: plain text, Unicode and LaTeX in one stream, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple, NoReturn, TypeAlias

from symconv.errors import SymconvError
from symconv.printing.letters import GREEK, MARKS, SUPERSCRIPT, read_letter

#: Longer formulas are refused.
MOST_CHARACTERS = 10_000

_SKIPPED = re.compile(
    r"\s|&|~|\$|\\[,;:! ]|\{\}"
    r"|\\(?:left|right|[bB]igg?[lrm]?)(?![A-Za-z[\]|])|\\(?:q?quad|displaystyle|textstyle|limits|nolimits|thinspace|,)(?![A-Za-z])"
    r"|\\(?:text)?color\{[^{}]*\}"
)
#: A bracket with a size of its own is that of a condition.
_SIZED = re.compile(r"\\(left|right|[bB]igg?[lrm]?)([\[\]|])|\\([lr])vert(?![A-Za-z])")
_BRACKETS = {"[": "[|", "]": "|]"}
_ROW = re.compile(r"\\\\(?:\[[^\]]*\])?|\n|\\(?:begin|end)\{[a-z*]+\}|\{\\allowdisplaybreaks(?![a-z])")
_WHOLE = re.compile(r"\d+")
_PLAIN_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*(?:\^(?:{SUPERSCRIPT}))?'*")
_TEX_HEAD = re.compile(
    rf"\\(?:{'|'.join(sorted({*MARKS}))})(?:\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}}| *\\?[A-Za-z]+)"
    r"|\\[A-Za-z]+|[A-Za-z][A-Za-z0-9]*|[\u0370-\u03ff]"
)
_MARK = re.compile(r"\.\.\.?|<=|>=|==|\*\*|//|[-+*/^()\[\],=<>|%]")
_UNICODE = {
    "≤": "<=", "≥": ">=", "·": "*", "⋅": "*", "×": "*", "−": "-", "∗": "ast", "⋆": "star", "∣": "|",
    "²": "^2", "…": "..",
}  # fmt: skip
_COMMANDS = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "lt": "<",
    "gt": ">", "cdot": "*", "times": "*", "ast": "ast", "star": "star", "mid": "|", "vert": "|", "bmod": "%",
    "ldots": "..", "dots": "..", "{": "(", "}": ")", "lbrace": "(", "rbrace": ")", "lbrack": "[",
    "rbrack": "]",
}  # fmt: skip
_ROUNDED = {
    "\\lfloor": ("floor", "\\rfloor"), "\\lceil": ("ceil", "\\rceil"),
    "⌊": ("floor", "⌋"), "⌈": ("ceil", "⌉"),
}  # fmt: skip
_WORDS = {"max", "min"}
_LETTERS = {*GREEK, *map(str.capitalize, GREEK), "ell", "hbar", "varepsilon", "varphi", "vartheta", "varrho"}
_SIGMA = re.compile(r"\\sum(?![A-Za-z])|[∑Σ](?=\s*_)|sum(?=_\{)")
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|operatorname)\s*\{([^{}\\]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac(?![A-Za-z])")
_DERIVATIVE = re.compile(
    r"(?:d|∂|\\partial(?![A-Za-z])\s*)([A-Z]|\\?ell)(?![A-Za-z0-9_])\s*/\s*(?:d|∂|\\partial\s*)(?=[A-Za-z\\])"
)
_PARTIAL = re.compile(r"(?:\\partial(?![A-Za-z])|∂|d)\s*(\\?[A-Za-z]+)")
_SUBSCRIPT = re.compile(r"(?:\\(?:mathrm|text|textrm)\{([A-Za-z0-9]+)\}|([A-Za-z0-9]+))")


class FormulaSyntaxError(SymconvError, ValueError):
    """The text is not a formula in index notation."""


class Token(NamedTuple):
    """A name, a whole number or a mark, and where it stands in the text."""

    kind: str
    value: str
    start: int


#: Tokens of a part of the text, and in the end where it goes on.
Reading: TypeAlias = Generator[Token, None, int]


def refuse(text: str, at: int, problem: str) -> NoReturn:
    """An error that shows the place below the line of the text that it stands in."""
    begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line, at = text[begin : end if end >= 0 else None], at - begin
    if len(line) > 72:
        cut = max(0, min(at - 36, len(line) - 72))
        line, at = f"{'...' if cut else ''}{line[cut : cut + 72]}", at - cut + (3 if cut else 0)
    raise FormulaSyntaxError(f"{problem}\n  {line}\n  {' ' * at}^")


class Lexer:
    """Reads a text from one place to another; what LaTeX writes in two dimensions comes in one line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tex = "\\" in text

    def tokens(self, at: int = 0, end: int | None = None) -> Iterator[Token]:
        """The tokens of a part; a new row is a token of the kind "row"."""
        text, end = self.text, len(self.text) if end is None else end
        while at < end:
            if found := _ROW.match(text, at, end):
                yield Token("row", "\n", at)
                at = found.end()
            elif found := _SKIPPED.match(text, at, end):
                at = found.end()
            elif found := _SIZED.match(text, at, end):
                if found[2] in _BRACKETS:
                    yield Token("mark", _BRACKETS[found[2]], found.start(2))
                elif (found[1] or found[3]).removesuffix("eft")[-1] == "l":
                    yield from (Token("name", "abs", at), Token("mark", "(", at))
                else:
                    yield Token("mark", ")", at)
                at = found.end()
            elif found := _DERIVATIVE.match(text, at, end):
                at = yield from self._derivative(found[1], at, found.end(), end)
            elif found := _SIGMA.match(text, at, end):
                at = yield from self._series(at, found.end(), end)
            elif found := _FRACTION.match(text, at, end):
                at = yield from self._fraction(at, found.end(), end)
            elif found := _TEXT.match(text, at, end):
                for word in re.finditer(r"[A-Za-z]+|%", found[1]):
                    yield Token(
                        "mark" if word[0] == "mod" else "name", "%" if word[0] == "mod" else word[0], at
                    )
                at = found.end()
            elif sign := next((sign for sign in _ROUNDED if text.startswith(sign, at)), ""):
                yield from (Token("name", _ROUNDED[sign][0], at), Token("mark", "(", at))
                at += len(sign)
            elif sign := next((shut for _, shut in _ROUNDED.values() if text.startswith(shut, at)), ""):
                yield Token("mark", ")", at)
                at += len(sign)
            elif found := _WHOLE.match(text, at, end):
                yield Token("whole", found[0], at)
                at = found.end()
            elif name := self._name(at, end):
                at = yield from self._scripted(at, *name, end)
            elif found := re.compile(r"\\([A-Za-z]+|[{}])").match(text, at, end):
                if found[1] not in _COMMANDS and found[1] not in _WORDS:
                    refuse(text, at, f"{found[0]} is not part of index notation.")
                kind = "name" if found[1] in _WORDS else "mark"
                yield Token(kind, _COMMANDS.get(found[1], found[1]), at)
                at = found.end()
            elif text[at] in "_^" and (self.tex or text[at] == "_") and text[at - 1 : at] in (")", "}", "]"):
                at = yield from self._after_bracket(at, end)
            elif text[at] == "{":
                at = yield from self._group(at, end)
            elif text[at] in _UNICODE:
                yield from self._plain(_UNICODE[text[at]], at)
                at += 1
            elif found := _MARK.match(text, at, end):
                yield Token("mark", {"...": "..", "**": "^"}.get(found[0], found[0]), at)
                at = found.end()
            else:
                refuse(text, at, f"{text[at]!r} at character {at + 1} is not part of index notation.")

    def _plain(self, written: str, at: int) -> Iterator[Token]:
        yield Token("mark", written[:1] if written == "^2" else written, at)
        if written == "^2":
            yield Token("whole", "2", at)

    def _name(self, at: int, end: int) -> tuple[str, int] | None:
        """The head of a letter, and where it ends; in plain text with its subscript and superscript."""
        text = self.text
        if not self.tex and (found := _PLAIN_NAME.match(text, at, end)):
            return found[0], found.end()
        found = _TEX_HEAD.match(text, at, end)
        if found is None:
            return None
        command = re.match(r"\\([A-Za-z]+)", found[0])
        if command and command[1] not in _LETTERS and command[1] not in MARKS:
            return None
        name = found[0] if found[0][0].isascii() and found[0].isalnum() else read_letter(found[0])
        return (name, found.end()) if name else None

    def _scripted(self, start: int, name: str, at: int, end: int) -> Reading:
        """A name with what stands below and above it, as tokens of an entry or a power."""
        text = self.text
        subscript: tuple[int, int] | None = None
        power = ""
        while at < end and (self.tex or text[at] in "_^"):
            if found := re.compile(r"\s*'+").match(text, at, end):
                name, at = name + found[0].strip(), found.end()
                continue
            sign = re.compile(r"\s*([_^])").match(text, at, end)
            if sign is None or (sign[1] == "_" and subscript) or (sign[1] == "^" and power):
                break
            if sign[1] == "^" and not self.tex and text[sign.end() : sign.end() + 1] != "{":
                break  # a power in plain text, which the grammar reads
            low, high, after = self._argument(sign.end(), end)
            inner = text[low:high]
            if sign[1] == "_":
                subscript = (low, high)
            elif re.fullmatch(r"\s*\d+\s*", inner):
                power = inner.strip()
            elif re.fullmatch(r"(\\prime *)+", inner):
                name += "'" * inner.count("prime")
            else:
                lettered = read_letter(f"{'x'}^{{{inner}}}")
                if lettered is None:
                    refuse(text, low, "an exponent is a whole number.")
                name += lettered[1:]
            at = after
        if subscript:
            yield from self._entry(name, start, *subscript)
        else:
            yield Token("name", name, start)
        if power:
            yield from (Token("mark", "^", start), Token("whole", power, start))
        return at

    def _entry(self, name: str, start: int, low: int, high: int) -> Iterator[Token]:
        """A name with a word below it, or an entry with its indices."""
        word = _SUBSCRIPT.fullmatch(self.text[low:high].strip())
        if word:
            head = re.compile(r"([A-Za-z]+)(.*)", re.S).match(name)
            assert head is not None
            yield Token("name", f"{head[1]}_{word[1] or word[2]}{head[2]}", start)
            return
        yield from (Token("name", name, start), Token("mark", "[", low))
        yield from self.tokens(low, high)
        yield Token("mark", "]", high)

    def _argument(self, at: int, end: int) -> tuple[int, int, int]:
        """Where what a command or script takes begins and ends, and where the text goes on."""
        text = self.text
        while at < end and text[at].isspace():
            at += 1
        if text[at : at + 1] == "{":
            depth = 0
            for here in range(at, end):
                depth += {"{": 1, "}": -1}.get(text[here], 0)
                if not depth:
                    return at + 1, here, here + 1
            refuse(text, at, "the brace is never closed.")
        found = re.compile(r"\\[A-Za-z]+|\S").match(text, at, end)
        if found is None:
            refuse(text, min(at, len(text)), "the formula ends too early.")
        return at, found.end(), found.end()

    def _fraction(self, start: int, at: int, end: int) -> Reading:
        over, under = self._argument(at, end), (0, 0, 0)
        under = self._argument(over[2], end)
        top = _PARTIAL.fullmatch(self.text[over[0] : over[1]].strip())
        below = re.compile(r"\s*(?:\\partial(?![A-Za-z])|∂|d(?=[A-Za-z\\]))\s*").match(self.text, *under[:2])
        if top and below:
            yield from self._derivative(top[1], start, below.end(), under[1])
            return under[2]
        for mark, (low, high, _) in (("(", over), ("/", under)):
            yield Token("mark", mark, start)
            yield Token("mark", "(", start)
            yield from self.tokens(low, high)
            yield Token("mark", ")", high)
        yield Token("mark", ")", under[1])
        return under[2]

    def _derivative(self, loss: str, start: int, at: int, end: int) -> Reading:
        """The derivative with respect to an entry, as an entry of a sequence ``dL/dw``."""
        name = self._name(at, end)
        if name is None:
            refuse(self.text, at, "expected an entry that the loss is differentiated with respect to.")
        inner = self._scripted(at, *name, end)
        first = next(inner)
        yield Token("name", f"d{loss.removeprefix(chr(92))}/d{first.value}", start)
        return (yield from inner)

    def _series(self, start: int, at: int, end: int) -> Reading:
        """The sign of a sum with its limits below and above."""
        limits: dict[str, tuple[int, int]] = {}
        while found := re.compile(r"\s*(?:\\limits)?\s*([_^])").match(self.text, at, end):
            if found[1] in limits:
                break
            low, high, at = self._argument(found.end(), end)
            limits[found[1]] = low, high
        if set(limits) != {"_", "^"}:
            refuse(self.text, start, "a sum needs both limits, as in \\sum_{k=0}^{K-1}.")
        yield from (Token("name", "sum", start), Token("mark", "(", start))
        yield from self.tokens(*limits["_"])
        yield Token("mark", "..", limits["_"][1])
        yield from self.tokens(*limits["^"])
        yield Token("mark", ")", limits["^"][1])
        return at

    def _after_bracket(self, at: int, end: int) -> Reading:
        """An index or a power of what stands in brackets before."""
        low, high, after = self._argument(at + 1, end)
        opened, closed = ("[", "]") if self.text[at] == "_" else ("^", "")
        yield Token("mark", opened, at)
        yield from self.tokens(low, high)
        if closed:
            yield Token("mark", closed, high)
        return after

    def _group(self, at: int, end: int) -> Reading:
        """What stands in braces; with an arrow above, a sequence with zeros between its entries."""
        low, high, after = self._argument(at, end)
        arrow = re.compile(r"\s*\^\s*\{\s*\\uparrow\s*([^{}]*)\}").match(self.text, after, end)
        if arrow is None:
            yield Token("mark", "(", at)
            yield from self.tokens(low, high)
            yield Token("mark", ")", high)
            return after
        yield from (Token("name", "spread", at), Token("mark", "(", at))
        yield from self.tokens(low, high)
        yield Token("mark", ",", high)
        yield from self.tokens(arrow.start(1), arrow.end(1))
        yield Token("mark", ")", arrow.end())
        return arrow.end()
