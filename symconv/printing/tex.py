"""LaTeX as symconv, SymPy and latexify write it, read as a tree that other targets write anew.

The letters of a notation and the listings of latexify arrive as LaTeX, so a target in another language has to
read LaTeX. It is read here and nowhere else: MathML and labels in SVG are written from the one tree, and a
target does not ask where a formula comes from. (What a reader's own formula means is another question, which
:mod:`symconv.index_sums.parser` answers.) A command that is not known is read as a name, so that nothing is
lost.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from symconv.printing.letters import GREEK, MARKS
from symconv.printing.tree import (
    Coloured,
    Fence,
    Fraction,
    Marked,
    Node,
    Root,
    Row,
    Scripts,
    Sign,
    Space,
    Table,
)

_GREEK_SIGNS = "αβγδϵζηθικλμνξoπρστυϕχψω"
_CAPITALS = {"Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
             "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω"}  # fmt: skip
_VARIANTS = {"varepsilon": "ε", "vartheta": "ϑ", "varpi": "ϖ", "varrho": "ϱ", "varsigma": "ς", "varphi": "φ",
             "ell": "ℓ", "hbar": "ℏ", "partial": "∂", "imath": "ı", "jmath": "ȷ"}  # fmt: skip

#: The signs that have a command, by their kind.
_COMMANDS: Mapping[str, Mapping[str, str]] = {
    "letter": {**dict(zip(GREEK, _GREEK_SIGNS, strict=True)), **_VARIANTS},
    "upright": {
        **_CAPITALS, "infty": "∞", "top": "⊤", "prime": "′", "dots": "…", "ldots": "…", "cdots": "⋯",
        "vdots": "⋮", "ddots": "⋱", "emptyset": "∅", "uparrow": "↑", "forall": "∀", "exists": "∃",
        "neg": "¬", "lnot": "¬", "$": "$", "#": "#", "_": "_", "&": "&",
    },
    "large": {"sum": "∑", "prod": "∏", "bigcup": "⋃", "bigcap": "⋂", "max": "max", "min": "min",
              "lim": "lim", "sup": "sup", "inf": "inf"},
    "integral": {"int": "∫"},
    "name": dict.fromkeys(
        ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "arcsin", "arccos",
         "arctan", "log", "ln", "exp", "gcd", "det", "arg"), ""
    ),
    "binary": {"cdot": "⋅", "times": "×", "ast": "∗", "star": "⋆", "odot": "⊙", "otimes": "⊗", "oplus": "⊕",
               "pm": "±", "mp": "∓", "circ": "∘", "bmod": "mod", "land": "∧", "wedge": "∧", "lor": "∨",
               "vee": "∨", "cup": "∪", "cap": "∩", "setminus": "∖", "%": "%", "bullet": "∙"},
    "relation": {"le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "lt": "<", "gt": ">",
                 "in": "∈", "notin": "∉", "mid": "∣", "gets": "←", "leftarrow": "←", "to": "→",
                 "rightarrow": "→", "Rightarrow": "⇒", "mapsto": "↦", "equiv": "≡", "approx": "≈",
                 "sim": "∼", "subset": "⊂", "subseteq": "⊆", "propto": "∝", "ll": "≪", "gg": "≫"},
    "open": {"{": "{", "lfloor": "⌊", "lceil": "⌈", "langle": "⟨", "lvert": "|", "lbrace": "{"},
    "close": {"}": "}", "rfloor": "⌋", "rceil": "⌉", "rangle": "⟩", "rvert": "|", "rbrace": "}"},
    "punctuation": {"colon": ":"},
}  # fmt: skip

#: The same signs, with the characters that stand for themselves.
SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        **{
            f"\\{name}": Sign(sign or name, kind)
            for kind, row in _COMMANDS.items()
            for name, sign in row.items()
        },
        **{sign: Sign(sign, "binary") for sign in "+*"}, "-": Sign("−", "binary"),
        **{sign: Sign(sign, "relation") for sign in "=<>:"}, "/": Sign("/", "upright"),
        **{sign: Sign(sign, "open") for sign in "(["}, **{sign: Sign(sign, "close") for sign in ")]!"},
        **{sign: Sign(sign, "punctuation") for sign in ",;"}, "|": Sign("|", "upright"),
        "\\|": Sign("‖", "upright"), "\\vert": Sign("|", "upright"), ".": Sign(".", "upright"),
    }
)  # fmt: skip

_SPACES = {"\\quad": 1.0, "\\qquad": 2.0, "\\,": 0.1667, "\\:": 0.2222, "\\;": 0.2778, "\\!": -0.1667,
           "\\ ": 0.25, "~": 0.25}  # fmt: skip
_SIZES = {"\\big": 1.2, "\\Big": 1.8, "\\bigg": 2.4, "\\Bigg": 3.0}
_STYLES = ("mathbf", "boldsymbol", "bm", "mathcal", "mathbb", "mathrm", "mathtt", "mathit", "operatorname")
_MARKS = (*(mark for mark in MARKS if mark not in _STYLES), "overline", "underline", "widehat", "widetilde",
          "ddot")  # fmt: skip
_SILENT = ("\\displaystyle", "\\limits", "\\nolimits", "\\allowbreak", "\\textstyle", "\\mathopen",
           "\\mathclose", "\\mathrel", "\\mathbin", "\\mathord", "\\mathstrut")  # fmt: skip

#: Environments: the sides of their columns, and the brackets around them.
_TABLES = {
    "aligned": ("rl", "", ""), "align*": ("rl", "", ""), "split": ("rl", "", ""), "gathered": ("c", "", ""),
    "cases": ("l", "{", ""), "matrix": ("c", "", ""), "smallmatrix": ("c", "", ""), "array": ("c", "", ""),
    "pmatrix": ("c", "(", ")"), "bmatrix": ("c", "[", "]"),
}  # fmt: skip
_ALIGNED = ("aligned", "align*", "split")

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|.", re.DOTALL)
_LENGTH = re.compile(r"(-?\d*\.?\d+) *(ex|em|pt)")
_GAP = re.compile(rf"\s*\[{_LENGTH.pattern}\]")
_EMS = {"ex": 0.43, "em": 1.0, "pt": 0.1}

#: The commands that are read as more than a name.
KNOWN = frozenset(
    {
        *SIGNS, *_SPACES, *_SILENT, *(f"{size}{side}" for size in _SIZES for side in ("", "l", "r", "m")),
        *(f"\\{name}" for name in (*_STYLES, *_MARKS)), "\\frac", "\\dfrac", "\\tfrac", "\\binom",
        "\\sqrt", "\\left", "\\right", "\\begin", "\\end", "\\color", "\\text", "\\textrm", "\\mbox",
        "\\hspace", "\\hline",
    }
)  # fmt: skip


def read(latex: str) -> Row:
    r"""The parts of a formula.

    >>> read(r"w_{0} \cdot 2").parts[1:]
    (Sign(text='⋅', kind='binary', size=0.0, style=''), Sign(text='2', kind='number', size=0.0, style=''))
    """
    return _Reader(latex).row()


class _Reader:
    """A place in a text, and what is read from there on."""

    def __init__(self, latex: str) -> None:
        self._text = latex
        self._at = 0

    def _token(self) -> str:
        """The token at this place; "" at the end."""
        found = _TOKEN.match(self._text, self._at)
        return found[0] if found else ""

    def _next(self) -> str:
        """The token at this place, which is left behind it."""
        token = self._token()
        self._at += len(token)
        return token

    def _skip(self) -> str:
        """The token behind white space."""
        while self._token().isspace():
            self._next()
        return self._token()

    def row(self, *ends: str) -> Row:
        """All parts up to one of the ends, which stays, or to the end of the text."""
        parts: list[Node] = []
        while (token := self._skip()) and token not in ends:
            if token == "\\color":
                self._next()
                colour = self._raw()
                parts.append(Coloured(self.row(*ends), colour))
            elif token in ("_", "^", "'"):
                parts.append(self._scripts(parts.pop() if parts else Row(())))
            else:
                parts += self._part()
        return Row(tuple(parts))

    def _part(self) -> list[Node]:
        """What the next token stands for, or begins; nothing for a command that only spaces."""
        token = self._next()
        name = token[1:]
        if not token:
            return []
        if token == "{":
            inside = self.row("}")
            self._next()
            return [inside.parts[0] if len(inside.parts) == 1 else inside]
        if token in _SILENT:
            self._at += 2 * self._text.startswith("{}", self._at)
            return []
        if token in _SPACES:
            return [Space(_SPACES[token])]
        if token == "\\hspace":
            return [Space(_ems(_LENGTH.fullmatch(self._raw())))]
        if token in ("\\text", "\\textrm", "\\mbox"):
            return [Sign(_unescaped(self._raw()), "words")]
        if name in _STYLES:
            return [self._styled(name)]
        if name in _MARKS:
            return [Marked(self._argument(), name)]
        if token in ("\\frac", "\\dfrac", "\\tfrac", "\\binom"):
            fraction = Fraction(self._argument(), self._argument(), name != "binom")
            return [fraction if fraction.line else Fence("(", fraction, ")")]
        if token == "\\sqrt":
            degree = self._optional()
            return [Root(self._argument(), degree)]
        if token == "\\left":
            return [self._fence()]
        if token.rstrip("lrm") in _SIZES:
            return [self._sized(_SIZES[token.rstrip("lrm")])]
        if token == "\\begin":
            return [self._table(self._raw())]
        if token in SIGNS:
            return [SIGNS[token]]
        if token[0].isdigit():
            return [Sign(token, "number")]
        return [Sign(name, "name") if name else Sign(token, "letter")]

    def _argument(self) -> Node:
        """What a command takes: a group, a command with its own, or a single character."""
        token = self._skip()
        if token[:1].isdigit():
            self._at += 1
            return Sign(token[0], "number")
        found = self._part()
        return found[0] if len(found) == 1 else Row(tuple(found))

    def _raw(self) -> str:
        """A group in braces as it is written."""
        self._skip()
        depth, start = 0, self._at
        while token := self._next():
            depth += (token == "{") - (token == "}")
            if not depth:
                break
        return self._text[start : self._at].removeprefix("{").removesuffix("}")

    def _optional(self) -> Node | None:
        """An argument in square brackets, if there is one."""
        if self._skip() != "[":
            return None
        self._next()
        inside = self.row("]")
        self._next()
        return inside

    def _styled(self, style: str) -> Node:
        """Letters in another style; of what is more than letters, each that it has."""
        if self._skip() != "{":
            return _in_style(self._argument(), style)
        written = self._raw()
        plain = _unescaped(written)
        if plain.isdecimal():
            return Sign(plain, "number", style=style)
        if re.fullmatch(r"[A-Za-z0-9_ ]{2,}", plain):
            return Sign(plain, "name", style="" if style in ("operatorname", "mathrm") else style)
        inside = read(written)
        return _in_style(inside.parts[0] if len(inside.parts) == 1 else inside, style)

    def _scripts(self, base: Node) -> Node:
        """A base with all the scripts that follow."""
        below: Node | None = None
        above: Node | None = None
        primes = 0
        while (
            (token := self._skip()) == "'" or (token, below) == ("_", None) or (token, above) == ("^", None)
        ):
            self._next()
            if token == "_":
                below = self._argument()
            elif token == "^" and (found := self._argument()) != SIGNS["\\prime"]:
                above = found
            else:
                primes += 1
        return Scripts(base, below, above, primes)

    def _fence(self) -> Node:
        """What stands between left and right."""
        opened = self._bracket()
        inside = self.row("\\right")
        self._next()
        return Fence(opened, inside, self._bracket())

    def _bracket(self) -> str:
        self._skip()
        token = self._next()
        return "" if token == "." else SIGNS.get(token, Sign(token, "open")).text

    def _sized(self, size: float) -> Node:
        sign = SIGNS.get(self._skip(), Sign("(", "open"))
        self._next()
        return Sign(sign.text, sign.kind, size)

    def _table(self, name: str) -> Node:
        """The cells of an environment up to its end."""
        sides, opened, closed = _TABLES.get(name, _TABLES["matrix"])
        if name == "array":
            sides = re.sub("[^lcr]", "", self._raw())
        ends = ("&", "\\\\", "\\end", "\\hline")
        rows, gaps, ruled = list[tuple[Node, ...]](), list[float](), list[int]()
        cells, gap = list[Node](), 0.0
        while True:
            inside = self.row(*ends)
            token = self._next()
            if token == "\\hline":
                ruled.append(len(rows))
                continue
            cells.append(inside)
            if token == "&":
                continue
            if token != "\\end" or len(cells) > 1 or inside.parts:
                rows.append(tuple(cells))
                gaps.append(gap)
            if token != "\\\\":
                break
            cells, gap = [], self._gap()
        self._raw()
        table = Table(tuple(rows), sides, tuple(gaps), tuple(ruled), name in _ALIGNED)
        return Fence(opened, table, closed) if opened else table

    def _gap(self) -> float:
        """The length behind the end of a line."""
        found = _GAP.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return _ems(found)


def _ems(length: re.Match[str] | None) -> float:
    """A length in ems; 0 for none."""
    return float(length[1]) * _EMS[length[2]] if length else 0.0


def _in_style(node: Node, style: str) -> Node:
    """Signs in a style, wherever they are."""
    if isinstance(node, Sign) and node.kind in ("binary", "open", "close"):
        return node
    if isinstance(node, Sign):
        kind = (
            "name" if style in ("operatorname", "mathrm", "mathtt") and node.kind == "letter" else node.kind
        )
        return Sign(node.text, kind, node.size, "" if style in ("operatorname", "mathrm") else style)
    if isinstance(node, Row):
        return Row(tuple(_in_style(part, style) for part in node.parts))
    if isinstance(node, Scripts):
        return replace(node, base=_in_style(node.base, style))
    if isinstance(node, Fraction):
        return replace(node, above=_in_style(node.above, style), below=_in_style(node.below, style))
    if isinstance(node, Marked | Coloured | Fence):
        return replace(node, inside=_in_style(node.inside, style))
    return node


def _unescaped(text: str) -> str:
    """Words without the backslashes that keep their characters from being read as commands."""
    return re.sub(r"\\([^A-Za-z])", r"\1", text)
