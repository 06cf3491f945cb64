"""Mathematics in a line as runs of letters: what a label holds, for a format that knows no LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from symconv.printing.letters import GREEK

#: How letters look, and where they stand: 1 above the line, -1 below it.
UPRIGHT, ITALIC, BOLD, BOLD_ITALIC = "upright", "italic", "bold", "bold italic"
ABOVE, BELOW = 1, -1


@dataclass(frozen=True)
class Run:
    """Letters that look alike and stand at one height."""

    text: str
    look: str = UPRIGHT
    level: int = 0


#: Commands that stand for a sign; what has spaces around stands between two things.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "cdot": "\u00b7", "times": "\u00d7", "partial": "\u2202", "infty": "\u221e", "dots": "\u2026",
        "ldots": "\u2026", "cdots": "\u2026", "prime": "\u2032", "ell": "\u2113", "hbar": "\u210f",
        "le": " \u2264 ", "ge": " \u2265 ", "lfloor": "\u230a", "rfloor": "\u230b", "lceil": "\u2308",
        "rceil": "\u2309", "max": "max", "min": "min", "vdots": "\u22ee",
    }
)  # fmt: skip

_SPACED = {"+": " + ", "-": " \u2212 ", "=": " = "}
_MARKS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307"}
_LOOKS = {"mathbf": BOLD, "boldsymbol": BOLD_ITALIC, "mathrm": UPRIGHT, "text": UPRIGHT}
_SKIPPED = ("left", "right", "displaystyle")
_VARIANTS = {"epsilon": "\u03f5", "varepsilon": "\u03b5", "phi": "\u03d5", "varphi": "\u03c6",
             "vartheta": "\u03d1", "varpi": "\u03d6", "varrho": "\u03f1", "varsigma": "\u03c2"}  # fmt: skip

_TOKEN = re.compile(r"\\[A-Za-z]+ *|\\.|\s+|.", re.DOTALL)


def runs_of(latex: str, text: str) -> tuple[Run, ...]:
    """The runs of a label, which has mathematics between dollars; of what has other commands its plain text.

    >>> [(run.text, run.look, run.level) for run in runs_of("$w_{0}$ to y", "w0 to y")]
    [('w', 'italic', 0), ('0', 'upright', -1), (' to y', 'upright', 0)]
    >>> runs_of(r"$\\oint$", "a contour")
    (Run(text='a contour', look='upright', level=0),)
    """
    found: list[Run] = []
    try:
        for at, part in enumerate(latex.split("$")):
            if at % 2:
                found += _Reader(_TOKEN.findall(part)[::-1]).group(ITALIC, 0)
            elif part:
                found.append(Run(part))
    except UnknownCommandError:
        return (Run(text),)
    return _joined(found)


def _joined(runs: list[Run]) -> tuple[Run, ...]:
    """Neighbours that look alike as one run."""
    found: list[Run] = []
    for run in runs:
        if found and (found[-1].look, found[-1].level) == (run.look, run.level):
            found[-1] = replace(run, text=found[-1].text + run.text)
        elif run.text:
            found.append(run)
    return tuple(found)


class UnknownCommandError(Exception):
    """A command that has no signs of its own."""


@dataclass
class _Reader:
    """Tokens, used up from the end of the list."""

    tokens: list[str]

    def group(self, look: str, level: int) -> list[Run]:
        """The runs up to the end of a group, whose brace is used up too."""
        found: list[Run] = []
        while self.tokens and (token := self.tokens.pop()) != "}":
            found += self._one(token, look, level, first=not found or found[-1].text[-1:] in "([,=")
        return found

    def argument(self, look: str, level: int) -> list[Run]:
        """The group or the single token that follows."""
        while self.tokens and self.tokens[-1].isspace():
            self.tokens.pop()
        if not self.tokens:
            raise UnknownCommandError
        token = self.tokens.pop()
        return self.group(look, level) if token == "{" else self._one(token, look, level, first=True)

    def _one(self, token: str, look: str, level: int, *, first: bool) -> list[Run]:
        if token.startswith("\\"):
            return self._command(token[1:].strip(), look, level)
        if token in "_^":
            # Of a script within a script no size would be left to read.
            if level:
                raise UnknownCommandError
            return self.argument(look, ABOVE if token == "^" else BELOW)
        if token == "{":
            return self.group(look, level)
        if token.isspace():
            return []
        if token == "'":
            return [Run("\u2032", UPRIGHT, level)]
        if token in _SPACED:
            tight = first or level
            return [Run(_SPACED[token].strip() if tight else _SPACED[token], UPRIGHT, level)]
        if token == "," and not level:
            return [Run(", ", UPRIGHT, level)]
        bold = BOLD if "bold" in look else UPRIGHT
        return [Run(token, look if token.isalpha() else bold, level)]

    def _command(self, name: str, look: str, level: int) -> list[Run]:
        if name in _SIGNS:
            return [Run(_SIGNS[name], UPRIGHT, level)]
        if name in _LOOKS:
            return self.argument(_LOOKS[name], level)
        if name == "mathcal":
            return [
                replace(run, text=_scripted(run.text), look=UPRIGHT) for run in self.argument(look, level)
            ]
        if name in _MARKS:
            first, *others = self.argument(look, level)
            return [replace(first, text=first.text[0] + _MARKS[name] + first.text[1:]), *others]
        if name == "frac":
            above, below = (_bracketed(self.argument(look, level)) for _ in range(2))
            return [*above, Run("/", UPRIGHT, level), *below]
        if name == "sqrt":
            return [Run("\u221a", UPRIGHT, level), *_bracketed(self.argument(look, level))]
        if name in _SKIPPED:
            return []
        if name == "color":
            self.argument(look, level)
            return []
        if not name.isalpha():
            return [Run(" " if name in ",; " else name, UPRIGHT, level)]
        sign = _greek(name)
        return [Run(sign, UPRIGHT if sign.isupper() and look == ITALIC else look, level)]


def _greek(name: str) -> str:
    """The sign of a Greek letter."""
    if name in _VARIANTS:
        return _VARIANTS[name]
    if name.lower() not in GREEK:
        raise UnknownCommandError
    word = {"lambda": "lamda"}.get(name.lower(), name.lower())
    return unicodedata.lookup(f"GREEK {'CAPITAL' if name[0].isupper() else 'SMALL'} LETTER {word.upper()}")


#: Script capitals that stand outside of their block in Unicode.
_SCRIPT = dict(zip("BEFHILMR", "\u212c\u2130\u2131\u210b\u2110\u2112\u2133\u211b", strict=True))


def _scripted(text: str) -> str:
    """Capitals in script.

    >>> _scripted("TL") == "\U0001d4af\u2112"
    True
    """
    return "".join(
        _SCRIPT.get(sign) or chr(0x1D49C + ord(sign) - ord("A")) if "A" <= sign <= "Z" else sign
        for sign in text
    )


def _bracketed(runs: list[Run]) -> list[Run]:
    """A sum or a product in brackets."""
    text = "".join(run.text for run in runs)
    if re.fullmatch(r"\w+", text) or (len(runs) > 1 and all(run.level for run in runs[1:])):
        return runs
    return [Run("(", UPRIGHT, runs[0].level), *runs, Run(")", UPRIGHT, runs[-1].level)]
