"""Typst: formulas in the language of a typesetting program that comes as a wheel and needs no TeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from symconv.printing import tree
from symconv.printing.colours import KNOWN, hexadecimal
from symconv.printing.latex import Latex
from symconv.printing.reread import Reread
from symconv.printing.tex import SIGNS, read


class Typst(Reread, Latex):
    """The formulas of LaTeX as Typst's mathematics.

    >>> from sympy.abc import x
    >>> from symconv.printing.display import Display
    >>> Typst().lay_out(Display(whole=Typst().expr(x**2)))
    '$ x^2 $'
    """

    def sentence(self, text: str) -> str:
        return words(text)

    def anew(self, latex: str) -> str:
        return f"$ {typst(latex, block=True)} $"


def typst(latex: str, *, block: bool = False) -> str:
    r"""A formula as it stands between dollars; ``block`` says that it is on lines of its own.

    >>> typst(r"\frac{\partial L}{\partial w_{k}} = \sum_{i=0}^{N - 1} \delta_{i} x_{i + k}", block=True)
    'frac(∂ L, ∂ w_k) = ∑_(i = 0)^(N − 1) δ_i x_(i + k)'
    """
    return formula(read(latex), block=block)


def formula(node: tree.Node, *, block: bool = False) -> str:
    """The same of a formula that is read already."""
    parts = tree.parts_of(node if block else _with_low_fractions(node))
    while len(parts) == 1 and isinstance(parts[0], tree.Row):
        parts = parts[0].parts
    return _lines(parts) or _joined(parts, False)


def quoted(text: str) -> str:
    r"""A text as a string of Typst.

    >>> quoted('so "it" is')
    '"so \\"it\\" is"'
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def words(text: str) -> str:
    r"""Words in markup, every character of which stands for itself.

    >>> words("50% of #x_1 -- 1. one")
    '50% of \\#x\\_1 \\-\\- 1\\. one'
    """
    escaped = re.sub(r"([\\#$*_`<>@~\[\]/=+'\"-]|(?<=\d)\.|\.(?=\.))", r"\\\1", text)
    # The quotes that people write stay as they are, and so do hyphens within a word.
    return re.sub(r"(?<=\w)\\([-'/])(?=\w)", r"\1", escaped)


#: Names that Typst has for what LaTeX writes with a command.
_NAMES = frozenset(
    sign.text for sign in SIGNS.values() if sign.kind in ("name", "large") and sign.text.isalpha()
)

#: The functions that change the letters, from the inside out.
_STYLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mathbf": ("bold", "upright"), "boldsymbol": ("bold",), "bm": ("bold",), "mathcal": ("cal",),
        "mathbb": ("bb",), "mathtt": ("mono",), "mathrm": ("upright",), "mathit": ("italic",),
    }
)  # fmt: skip

_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "macron",
        "overline": "overline", "underline": "underline", "vec": "arrow", "dot": "dot", "ddot": "dot.double",
        "script": "script",
    }
)  # fmt: skip

_SPACES: Mapping[float, str] = MappingProxyType(
    {0.1667: "thin", 0.2222: "med", 0.2778: "thick", 1.0: "quad", 2.0: "wide"}
)

#: What stands for itself only behind a backslash, and in the arguments of a function.
_SPECIAL = re.compile(r"[\\#$\"_^/&'()\[\]{}⌊⌋⌈⌉⟨⟩~@`]")
_SEPARATORS = re.compile(r"[,;:.]")

#: The name of a function behind the sign of a relation.
_FUNCTION = re.compile(r"([=≤≥<>]) (max|min) (?=\\\()")

#: Dots at the foot of a line, and the comma that would touch them.
_DOTS, _COMMA = SIGNS["\\dots"], SIGNS[","]

#: Signs that Typst takes for another kind than they are here.
_OTHERWISE = {"|": "normal", "‖": "normal"}


def _joined(parts: Sequence[tree.Node], inside: bool) -> str:
    """Parts next to each other; ``inside`` says that they are arguments of a function.

    A space beside words of several letters is seen, any other is not.
    """
    shown = list(parts)
    found = ""
    for before, part, after in zip([None, *shown], shown, [*shown[1:], None], strict=False):
        written = _WRITERS[type(part)](part, inside)
        if before == _DOTS and part == _COMMA:
            written = f"thin {written}"
        alone = _goes_with_words(before) and _goes_with_words(after)
        if _is_word(part) and not alone:
            written = f"op({written})"
        apart = found and not (_is_text(part) or _is_text(before) or found.endswith("em)"))
        apart = apart and not (alone and _is_word(part)) and not (_is_word(before) and "#h" in written)
        found += f" {written}" if apart else written
    return found


def _is_text(node: tree.Node | None) -> bool:
    """Whether a part is a text in quotes, whose own spaces are all there are."""
    return isinstance(node, tree.Sign) and node.kind == "words"


def _is_word(node: tree.Node | None) -> bool:
    """Whether a part is a word in a style of its own."""
    return isinstance(node, tree.Sign) and node.kind == "name" and len(node.text) > 1 and bool(node.style)


def _goes_with_words(node: tree.Node | None) -> bool:
    """Whether a part has no space of its own to a word beside it."""
    return node is None or _is_text(node) or (isinstance(node, tree.Space) and node.width == 0.25)


def _lines(parts: Sequence[tree.Node]) -> str:
    """The lines of a display that are aligned, which Typst breaks over pages; "" for any other formula."""
    if len(parts) != 1 or not isinstance(parts[0], tree.Table) or not parts[0].aligned:
        return ""
    rows = (" &".join(_group(cell, False) for cell in cells) for cells in parts[0].rows)
    return " \\\n  ".join(row.strip() for row in rows)


def _group(node: tree.Node, inside: bool) -> str:
    return _joined(tree.parts_of(node), inside)


def _argument(node: tree.Node) -> str:
    """A part as an argument of a function; of nothing an empty text."""
    return _group(node, True) or '""'


def _sign(sign: tree.Sign, inside: bool) -> str:
    if sign.kind == "words":
        return quoted(sign.text)
    if sign.kind == "binary" and sign.text.isalpha():
        return f'class("binary", {quoted(sign.text)})'
    if sign.size:
        return f"lr({_escaped(sign.text, True)}, size: #{sign.size:g}em)"
    if len(sign.text) > 1 and sign.kind != "number":
        if sign.style:
            return _styled(quoted(" ".join(sign.text.split())), sign.style, ("upright",))
        return sign.text if sign.text in _NAMES else f"op({quoted(sign.text)})"
    written = _escaped(sign.text, inside)
    if sign.text in _OTHERWISE:
        return f'class("{_OTHERWISE[sign.text]}", {written})'
    if sign.kind in ("upright", "name") and re.fullmatch("[A-Za-zα-ω]", sign.text):
        return f"upright({written})"
    return _styled(written, sign.style)


def _styled(written: str, style: str, without: Sequence[str] = ()) -> str:
    for function in _STYLES.get(style, ()):
        written = written if function in without else f"{function}({written})"
    return written


def _escaped(text: str, inside: bool) -> str:
    text = _SPECIAL.sub(r"\\\g<0>", text)
    return _SEPARATORS.sub(r"\\\g<0>", text) if inside and not text[:1].isdigit() else text


def _scripts(node: tree.Scripts, inside: bool) -> str:
    parts = tree.parts_of(node.base)
    base = _group(node.base, inside)
    scripts = [(sign, part) for sign, part in (("_", node.below), ("^", node.above)) if part is not None]
    if len(parts) != 1 or isinstance(parts[0], tree.Scripts | tree.Row | tree.Space):
        names = {"_": "b", "^": "t"}
        given = "".join(f", {names[sign]}: {_argument(part)}" for sign, part in scripts)
        written = f"attach({_argument(node.base)}{given})" if given else base
        return written + "'" * node.primes
    return base + "'" * node.primes + "".join(f"{sign}{_script(part)}" for sign, part in scripts)


def _script(node: tree.Node) -> str:
    """A script, in brackets that are not seen, unless it is a single sign."""
    # Typst sets a space before the name of a function, though none behind the sign of a relation.
    inside = _FUNCTION.sub(r'\1upright("\2")', _group(_kept_large(node), False))
    return inside if re.fullmatch(r"\w|\d+", inside) else f"({inside})"


def _kept_large(node: tree.Node) -> Any:
    """A script whose own scripts and fractions have letters as large as it has, so that they can be read."""

    def kept(part: Any) -> Any:
        if not isinstance(part, tree.Scripts | tree.Fraction):
            return part
        return replace(part, above=_as_script(part.above), below=_as_script(part.below))

    return _changed(node, kept)


def _as_script(node: tree.Node | None) -> Any:
    """A part, if there is one, whose letters are as large as those of a script."""
    return None if node is None else tree.Marked(node, "script")


def _with_low_fractions(node: tree.Node) -> Any:
    """What stands in a line or in a matrix, where fractions are small: their letters as large as scripts."""

    def lowered(part: tree.Node) -> tree.Node:
        if not isinstance(part, tree.Fraction):
            return part
        return replace(part, above=_kept_large(part.above), below=_kept_large(part.below))

    return _changed(node, lowered)


def _changed(node: Any, change: Callable[[Any], Any]) -> Any:
    """A tree all of whose parts are changed, the innermost first."""
    if isinstance(node, tuple):
        return tuple(_changed(part, change) for part in node)
    if not isinstance(node, tree.Node):
        return node
    return change(replace(node, **{f.name: _changed(getattr(node, f.name), change) for f in fields(node)}))


def _fraction(node: tree.Fraction, inside: bool) -> str:
    above, below = _argument(node.above), _argument(node.below)
    return f"frac({above}, {below})" if node.line else f"mat(delim: #none, {above}; {below})"


def _root(node: tree.Root, inside: bool) -> str:
    within = _argument(node.inside)
    return f"sqrt({within})" if node.degree is None else f"root({_argument(node.degree)}, {within})"


def _fence(node: tree.Fence, inside: bool) -> str:
    """Brackets around a part; those around a matrix or a binomial coefficient belong to it in Typst."""
    parts = tree.parts_of(node.inside)
    opened, closed = node.opened, node.closed
    only = parts[0] if len(parts) == 1 else None
    if isinstance(only, tree.Table):
        return _matrix(only, opened, closed)
    if isinstance(only, tree.Fraction) and not only.line and (opened, closed) == ("(", ")"):
        return f"binom({_argument(only.above)}, {_argument(only.below)})"
    left, right = (_escaped(sign, True) for sign in (opened, closed))
    return f"lr({' '.join(filter(None, (left, _joined(parts, True), right)))})"


def _marked(node: tree.Marked, inside: bool) -> str:
    return f"{_MARKS[node.mark]}({_argument(node.inside)})"


def _coloured(node: tree.Coloured, inside: bool) -> str:
    return f"text(fill: #{colour(node.colour)}, {_argument(node.inside)})"


def colour(name: str) -> str:
    """A colour as Typst writes it, as it is mixed for paper; one that is not known is black.

    >>> colour("purple")
    'rgb("#800080")'
    """
    return f'rgb("{hexadecimal(KNOWN.get(name, KNOWN["black"]).paper)}")'


def _space(node: tree.Space, inside: bool) -> str:
    return _SPACES.get(node.width, f"#h({node.width:g}em)")


def _matrix(node: tree.Table, opened: str = "", closed: str = "") -> str:
    """Rows of cells; where columns have sides, each cell is aligned at one of its ends."""
    given = [_delimiters(opened, closed)]
    given += [f"row-gap: #{0.3 + max(node.gaps):.2g}em"] if any(node.gaps) else []
    rules = ", ".join(map(str, node.ruled))
    given += [f"augment: #(hline: ({rules},))"] if node.ruled else []
    rows = [", ".join(_cell(node, at, cell) for at, cell in enumerate(cells)) for cells in node.rows]
    between = ";\n    " if len(rows) > 2 else "; "
    return f"mat({', '.join(given)}, {between.join(rows)})"


def _cell(node: tree.Table, at: int, cell: tree.Node) -> str:
    side = "rl"[at % 2] if node.aligned else node.sides[min(at, len(node.sides) - 1)]
    return {"l": "& {}", "c": "{}", "r": "{} &"}[side].format(_argument(_with_low_fractions(cell)))


def _delimiters(opened: str, closed: str) -> str:
    if (opened, closed) in (("[", "]"), ("(", ")"), ("", "")):
        return f"delim: {quoted(opened) if opened else '#none'}"
    pair = ", ".join(quoted(sign) if sign else "none" for sign in (opened, closed))
    return f"delim: #({pair})"


_WRITERS: Mapping[type[Any], Callable[[Any, bool], str]] = MappingProxyType(
    {
        tree.Sign: _sign, tree.Scripts: _scripts, tree.Fraction: _fraction, tree.Root: _root,
        tree.Fence: _fence, tree.Marked: _marked, tree.Coloured: _coloured, tree.Space: _space,
        tree.Table: lambda node, inside: _matrix(node),
        tree.Row: lambda node, inside: _joined(node.parts, inside) if node.parts else '""',
    }
)  # fmt: skip
