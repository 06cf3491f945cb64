"""Letters: how a reader may write one, its one name, and its LaTeX; nothing of it is passed on as it stands.

A letter has a head, at most one subscript, at most one superscript, and primes::

    head        = letters | "\\" name | Greek character | mark "{" head "}"
    mark        = "\\mathbf" | "\\boldsymbol" | "\\mathcal" | "\\hat" | "\\tilde" | "\\bar" | "\\vec"
                | "\\dot"
    subscript   = "_" word | "_{" word "}", where the word may stand in \\mathrm{...} or \\text{...}
    superscript = "^" index | "^(" index ")" | "^[" index "]", which may stand in braces, as in a^{(l-1)}
    index       = word [("+" | "-") number] | number
    primes      = "'" ... | "^\\prime"

The name of a letter is what stands in plain text, and what :func:`symconv.parse` reads back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from symconv.printing.alphabets import ACCENTS

#: What a mark on a letter is called behind it in its name, by its command in LaTeX.
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "mathbf": "bf", "boldsymbol": "bold", "bm": "bold", "mathcal": "cal", "hat": "hat", "tilde": "tilde",
        "bar": "bar", "vec": "vec", "dot": "dot",
    }
)  # fmt: skip

#: Words that formulas in plain text have, which are therefore no letters.
WORDS = (
    "ceil", "conv", "corr", "divides", "floor", "kron", "max", "min", "mod", "ones", "or", "spread", "sum",
    "vec",
)  # fmt: skip

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip

#: Other letters that have a command, besides the Greek ones and their capitals.
_SIGNS = ("varepsilon", "vartheta", "varpi", "varrho", "varsigma", "varphi", "ell", "hbar")

#: Greek letters that look as Latin ones do and have no command of their own, and another spelling.
_ROMAN: Mapping[str, str] = MappingProxyType(
    {
        "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K",
        "Mu": "M", "Nu": "N", "Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o",
        "lamda": "lambda", "Lamda": "Lambda",
    }
)  # fmt: skip
_COMMANDS = {*GREEK, *map(str.capitalize, GREEK), *_SIGNS} - {*_ROMAN}

#: An index within a superscript, and a superscript: bracketed, in braces, or a word by itself.
_INDEX = r"[A-Za-z][A-Za-z0-9]*(?:[+-][0-9]+)?"
SUPERSCRIPT = rf"\((?:{_INDEX}|[0-9]+)\)|\[(?:{_INDEX}|[0-9]+)\]|\{{{_INDEX}\}}|[A-Za-z][A-Za-z0-9]*"

#: The name of a letter, and the parts of it.
NAME = re.compile(rf"([A-Za-z]+)(?:_([A-Za-z0-9]+))?(?:\^({SUPERSCRIPT}))?('{{0,3}})")

#: A subscript that is a word, with the number of an axis: it is upright, as letters for indices are not.
WORDY = re.compile(r"(?:in|out)[0-9]*")

_WORD = re.compile(r"(?:\\(?:mathrm|text|textrm) *\{([A-Za-z0-9]+)\}|\\?([A-Za-z0-9]+))")
_PLAIN = {"\u2113": "\\ell", "\u2032": "'", "\u2033": "''", "\u2019": "'", "\u2212": "-"}
_ACCENTS = {accent: mark for mark, accent in ACCENTS.items() if mark in MARKS}


@dataclass(frozen=True)
class Letter:
    """The parts of a letter.

    Attributes
    ----------
    head : str
        Latin letters, or the name of a Greek one.
    marks : tuple of str
        What stands on the head, the innermost first: values of :data:`MARKS`.
    sub, sup : str
        Subscript and superscript, the latter with its brackets; "" for none.
    primes : str
    """

    head: str
    marks: tuple[str, ...] = ()
    sub: str = ""
    sup: str = ""
    primes: str = ""

    @classmethod
    def of(cls, name: str) -> Letter:
        """The parts of a name.

        >>> Letter.of("yhat_in^(l-1)'")
        Letter(head='y', marks=('hat',), sub='in', sup='(l-1)', primes="'")
        """
        found = NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is not a letter")
        head, marks = found[1], list[str]()
        while head not in _COMMANDS:
            ending = next((m for m in MARKS.values() if head.endswith(m) and head != m), None)
            if ending is None:
                break
            head = head.removesuffix(ending)
            marks.insert(0, ending)
        return cls(head, tuple(marks), found[2] or "", found[3] or "", found[4])

    @property
    def stem(self) -> str:
        """The head with its marks."""
        return "".join([self.head, *self.marks])

    @property
    def name(self) -> str:
        """The letter as text."""
        sub, sup = self.sub and f"_{self.sub}", self.sup and f"^{self.sup}"
        return f"{self.stem}{sub}{sup}{self.primes}"

    @property
    def latex(self) -> str:
        r"""The letter in LaTeX.

        >>> Letter.of("thetabold").latex, Letter.of("wbf_in").latex, Letter.of("a^{l-1}").latex
        ('\\boldsymbol{\\theta}', '\\mathbf{w}_{\\mathrm{in}}', 'a^{l-1}')
        """
        written = f"\\{self.head}" if self.head in _COMMANDS else self.head
        for mark in self.marks:
            command = next(command for command, called in MARKS.items() if called == mark)
            written = f"\\{command}{{{written}}}"
        # Primes are superscripts too, of which TeX takes one.
        above = f"^{{{self.sup.strip('{}')}{self.primes}}}" if self.sup else self.primes
        below = f"\\{self.sub}" if self.sub in _COMMANDS else self.sub
        below = f"\\mathrm{{{below}}}" if WORDY.fullmatch(below) else below
        return f"{written}{above}{below and f'_{{{below}}}'}"

    @property
    def identifier(self) -> str:
        """The letter as a name in Python.

        >>> [Letter.of(name).identifier for name in ("a^(l-1)", "delta^(l)", "z'", "L_in", "lambda")]
        ['a_prev', 'delta_l', 'z_prime', 'L_in', 'lambda_']
        """
        index = re.sub(r"[()\[\]{}]", "", self.sup)
        above = {"-1": "prev", "+1": "next"}.get(index[-2:]) or re.sub(r"\W", "_", index)
        primes = ("", "prime", "second", "third")[len(self.primes)]
        found = "_".join(part for part in (self.stem, self.sub, above, primes) if part)
        return f"{found}_" if found in ("lambda", "as", "in", "is", "if", "or") else found


def read_letter(written: str) -> str | None:
    r"""The name of a letter, however it is written; None if it is no letter.

    >>> [read_letter(w) for w in (r"\delta^{(l)}", "δ^(l)", r"\mathbf{w}", r"\hat{y}", "L_{in}", "a^{l - 1}")]
    ['delta^(l)', 'delta^(l)', 'wbf', 'yhat', 'L_in', 'a^{l-1}']
    >>> read_letter(r"x\input{secret}"), read_letter("x y"), read_letter("sum")
    (None, None, None)
    """
    text = _spelt(written.strip())
    head, rest = _head(text)
    if head is None or head in WORDS:
        return None
    scripts = _scripts(rest)
    if scripts is None:
        return None
    sub, sup, primes = scripts
    name = f"{head}{sub and f'_{sub}'}{sup and f'^{sup}'}{primes}"
    # In plain text W^T is a transpose, and xpad the padded input.
    if sup in ("T", "top") or head.endswith("pad"):
        return None
    return name if NAME.fullmatch(name) else None


def _spelt(text: str) -> str:
    """Greek characters by their names, characters with an accent by its command, typographic primes plain."""
    plain = re.sub("[\u2113\u2032\u2033\u2019\u2212]", lambda sign: _PLAIN[sign[0]], text)
    found = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", plain))
    found = re.sub(r"[^\x00-\u036f]", lambda character: _greek(character[0]) or character[0], found)
    return re.sub(
        r"(\\?[A-Za-z]+?)([\u0300-\u036f\u20d7])",
        lambda pair: f"\\{_ACCENTS.get(pair[2], '')}{{{pair[1]}}}",
        found,
    )


def _greek(character: str) -> str:
    kind, _, word = unicodedata.name(character, "").rpartition(" LETTER ")
    word = {"lamda": "lambda", "final sigma": "varsigma"}.get(word.lower(), word.lower())
    if word not in (*GREEK, "varsigma") or not kind.startswith("GREEK"):
        return ""
    word = word.capitalize() if kind.endswith("CAPITAL") else word
    return f"\\{word}" if word in _COMMANDS else _ROMAN[word]


def _head(text: str) -> tuple[str | None, str]:
    """The stem at the head of a text, and what follows it."""
    if text.startswith("\\"):
        for mark in MARKS:
            if re.match(rf"\\{mark}(?![A-Za-z])", text):
                inner, rest = _argument(text[1 + len(mark) :].lstrip())
                head, more = _head(inner)
                if head is None or more:
                    return None, text
                called = "bold" if mark == "mathbf" and head in _COMMANDS else MARKS[mark]
                return head + called, rest
        found = re.match(r"\\([A-Za-z]+) *", text)
        if found is None or found[1] not in _COMMANDS:
            return None, text
        return found[1], text[found.end() :]
    found = re.match(r"[A-Za-z]+", text)
    if found is None:
        return None, text
    return _ROMAN.get(found[0], found[0]), text[found.end() :]


def _argument(text: str) -> tuple[str, str]:
    """What a command takes, without its braces, and what follows."""
    if text.startswith("{"):
        depth = 0
        for at, character in enumerate(text):
            depth += (character == "{") - (character == "}")
            if not depth:
                return text[1:at].strip(), text[at + 1 :]
        return "", text
    found = re.match(r"\\?[A-Za-z]+|.", text)
    return (found[0], text[found.end() :]) if found else ("", text)


def _scripts(text: str) -> tuple[str, str, str] | None:
    """Subscript, superscript and primes, each at most once, in any order."""
    sub = sup = primes = ""
    while text := text.lstrip():
        sign, rest = text[0], text[1:].lstrip()
        if sign in "'":
            primes, text = primes + "'", rest
            continue
        if sign not in "_^":
            return None
        if rest.startswith(("(", "[")):
            closed = rest.find({"(": ")", "[": "]"}[rest[0]]) + 1
            inner, text = rest[:closed], rest[closed:]
        elif rest.startswith("{"):
            inner, text = _argument(rest)
        else:
            found = re.match(r"\\[A-Za-z]+ *(?:\{\w+\})?|[A-Za-z0-9]+", rest)
            if found is None:
                return None
            inner, text = found[0].strip(), rest[found.end() :]
        if sign == "_":
            word = _WORD.fullmatch(inner)
            if sub or word is None:
                return None
            sub = word[1] or word[2]
        elif re.fullmatch(r"(\\prime *)+|'+", inner):
            primes += "'" * (inner.count("prime") or len(inner))
        else:
            inner = re.sub(r"\s", "", inner.replace("\\ell", "ell"))
            if sup or not inner:
                return None
            sup = inner if re.fullmatch(r"\W.*|[A-Za-z][A-Za-z0-9]*", inner) else f"{{{inner}}}"
    return sub, sup, primes


def marked(name: str, ending: str) -> str:
    """The name with an ending on its head.

    >>> marked("x", "pad"), marked("a^(l-1)", "pad")
    ('xpad', 'apad^(l-1)')
    """
    return re.sub("^[A-Za-z]+", lambda found: found[0] + ending, name)


def on_axis(letter: str, axis: int, rank: int) -> str:
    """The letter of one axis of several: a number joins its subscript.

    >>> on_axis("i", 0, 1), on_axis("i", 0, 2), on_axis("L_in", 1, 2)
    ('i', 'i_1', 'L_in2')
    """
    if rank == 1:
        return letter
    head = re.compile(r"([A-Za-z]+)(_[A-Za-z0-9]+)?")
    return head.sub(lambda found: f"{found[1]}{found[2] or '_'}{axis + 1}", letter, count=1)


def entry_name(letter: str, *index: int | str) -> str:
    """The name of the symbol that stands for an entry; of all there is, without an index.

    >>> entry_name("x", 0), entry_name("L_in", 0), entry_name("w", 1, 0), entry_name("b")
    ('x0', 'L_in_0', 'w1_0', 'b')
    """
    return f"{letter}{'' if letter.isalpha() or not index else '_'}{'_'.join(map(str, index))}"


def entry_names(letter: str, shape: Sequence[int], base: int = 0) -> list[str]:
    """The names of all entries of a shape, row-major: those of :func:`entry_name`, made at once.

    >>> entry_names("x", (2,), base=1), entry_names("w", (1, 2)), entry_names("b", ())
    (['x1', 'x2'], ['w0_0', 'w0_1'], ['b'])
    """
    head = entry_name(letter, *("",) * min(len(shape), 1))
    counts = ([str(at) for at in range(base, base + extent)] for extent in shape)
    return [head + "_".join(index) for index in product(*counts)]
