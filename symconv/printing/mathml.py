"""MathML, which browsers show without a library and a screen reader reads aloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any

from symconv.printing import tree
from symconv.printing.alphabets import in_alphabet
from symconv.printing.latex import Latex
from symconv.printing.reread import Reread
from symconv.printing.targets import as_latex, as_text
from symconv.printing.tex import read


class MathML(Reread, Latex):
    """The formulas of LaTeX as ``math`` elements.

    >>> from sympy.abc import x
    >>> from symconv.printing.display import Display
    >>> MathML().lay_out(Display(whole=MathML().expr(x**2)))
    '<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>'
    """

    above = "\n"

    def sentence(self, text: str) -> str:
        return f"<p>{escape(text, quote=False)}</p>"

    def anew(self, latex: str) -> str:
        return mathml(latex, block=True)

    def whole(self, item: Any) -> str:
        return mathml(as_latex(item), as_text(item), block=True)


def mathml(latex: str, text: str = "", *, block: bool = False) -> str:
    r"""A formula as a ``math`` element; ``text`` says it to those who do not see it.

    >>> mathml(r"\frac{1}{2}", "1/2")
    '<math alttext="1/2"><mfrac><mn>1</mn><mn>2</mn></mfrac></math>'
    """
    said = re.sub(r"[ \t]+", " ", re.sub(r"\s*\n\s*", "\n", text.strip()))
    quoted = escape(said, quote=False).replace('"', "&quot;")
    named = f' alttext="{quoted}"' if said else ""
    shown = ' display="block"' if block else ""
    return f"<math{shown}{named}>{_row(read(latex).parts, False)}</math>"


#: What stands over a letter; a line below it is written otherwise.
_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "hat": "^", "widehat": "^", "tilde": "~", "widetilde": "~", "bar": "¯", "overline": "¯", "vec": "→",
        "dot": "˙", "ddot": "¨",
    }
)  # fmt: skip

_SIDES = {"l": "text-align:left", "c": "", "r": "text-align:right;text-align:-webkit-right"}

#: Kinds of signs behind which a sign of an operation belongs to what follows.
_BEFORE_A_SIGN = ("binary", "relation", "open", "punctuation", "large", "integral")


def _is_word(sign: tree.Sign) -> bool:
    """Whether a large operation is written as a word, such as a maximum."""
    return sign.kind == "large" and sign.text.isalpha()


def _kind(node: tree.Node | None) -> str:
    """The kind of sign that a part ends in, as its neighbours see it."""
    if isinstance(node, tree.Sign):
        return "name" if _is_word(node) else node.kind
    if isinstance(node, tree.Scripts):
        return _kind(node.base)
    if isinstance(node, tree.Coloured):
        return _kind(node.inside)
    if isinstance(node, tree.Row) and len(node.parts) == 1:
        return _kind(node.parts[0])
    if isinstance(node, tree.Fence):
        return "fence"
    return "" if node is None else "space" if isinstance(node, tree.Space) else "inner"


def _row(parts: Sequence[tree.Node], small: bool, first: bool = True) -> str:
    """Parts next to each other, with the spaces that names of functions have around them.

    ``first`` says that nothing stands before them in the same element.
    """
    found: list[str] = []
    before: tree.Node | None = None
    for part in parts:
        kind, last = _kind(part), _kind(before)
        if not small and _apart(last, kind):
            found.append('<mspace width=".17em"/>')
        alone = last in ("", *_BEFORE_A_SIGN)
        if isinstance(part, tree.Sign) and part.kind == "binary" and part.text in "+−±∓":
            place = "prefix" if first and not found else "infix"
            found.append(_operator(part, small, "prefix" if alone else "infix", place))
        elif part != tree.Row(()):
            found.append(_WRITERS[type(part)](part, small))
        before = part if not isinstance(part, tree.Space) else before
    return "".join(found)


def _apart(last: str, kind: str) -> bool:
    """Whether a thin space stands before or behind a function's name, or behind what is in brackets."""
    operand = ("letter", "upright", "number", "name", "inner", "words")
    if last == "fence":
        return kind in (*operand, "fence")
    return (last == "name" and kind in operand) or (last in (*operand, "close") and kind == "name")


def _group(node: tree.Node, small: bool) -> str:
    """A part as one element."""
    parts = tree.parts_of(node)
    written = _row(parts, small)
    return written if len(parts) == 1 and not _is_row(parts[0]) else f"<mrow>{written}</mrow>"


def _is_row(node: tree.Node) -> bool:
    """Whether a part is written as several elements."""
    return isinstance(node, tree.Row) and len(node.parts) != 1


def _sign(sign: tree.Sign, small: bool) -> str:
    text = escape(sign.text, quote=False)
    operations = ("binary", "relation", "punctuation", "open", "close", "large", "integral")
    if sign.kind in operations and not _is_word(sign):
        return _operator(sign, small)
    if sign.kind == "number":
        return f"<mn>{''.join(in_alphabet(digit, sign.style) for digit in text)}</mn>"
    if sign.kind == "words":
        return f"<mtext>{text.replace(' ', chr(0xA0))}</mtext>"
    if len(text) > 1:
        look = {"mathbf": ' style="font-weight:bold"', "mathtt": ' style="font-family:monospace"'}
        element = "mtext" if " " in text or sign.style in look else "mi"
        return f"<{element}{look.get(sign.style, '')}>{text}</{element}>"
    character = in_alphabet(text, sign.style)
    plain = sign.kind in ("upright", "name") and character == text and text.isalpha()
    variant = ' mathvariant="normal"' if plain else ""
    return f"<mi{variant}>{character}</mi>"


def _operator(sign: tree.Sign, small: bool, form: str = "", place: str = "") -> str:
    """A sign with brackets of their own size, and in scripts without spaces around it."""
    given = f' form="{form}"' if form != place else ""
    if sign.kind in ("open", "close") or sign.text in "∣↑":
        height = f'minsize="{sign.size}em" maxsize="{sign.size}em"' if sign.size else 'stretchy="false"'
        given += f" {height}"
    elif small and sign.kind in ("binary", "relation", "punctuation"):
        given += ' rspace="0"' if sign.kind == "punctuation" else ' lspace="0" rspace="0"'
    elif sign.text == "mod":
        given += ' lspace=".22em" rspace=".22em"'
    elif _is_word(sign):
        given += ' movablelimits="true" lspace="0" rspace="0"'
    return f"<mo{given}>{escape(sign.text, quote=False)}</mo>"


def _scripts(node: tree.Scripts, small: bool) -> str:
    base, names = _group(node.base, small), ("msub", "msup", "msubsup")
    if isinstance(node.base, tree.Sign) and node.base.kind == "large":
        base, names = _operator(node.base, small), ("munder", "mover", "munderover")
    if node.primes:
        base = f"<mrow>{base}<mo>{'′' * node.primes}</mo></mrow>"
    parts = [part for part in (node.below, node.above) if part is not None]
    name = names[2 if len(parts) == 2 else 0 if node.below is not None else 1]
    inside = "".join(_group(part, True) for part in parts)
    return f"<{name}>{base}{inside}</{name}>" if parts else base


def _fraction(node: tree.Fraction, small: bool) -> str:
    line = "" if node.line else ' linethickness="0"'
    return f"<mfrac{line}>{_group(node.above, small)}{_group(node.below, small)}</mfrac>"


def _root(node: tree.Root, small: bool) -> str:
    inside = _group(node.inside, small)
    return (
        f"<msqrt>{inside}</msqrt>"
        if node.degree is None
        else f"<mroot>{inside}{_group(node.degree, True)}</mroot>"
    )


def _is_high(node: tree.Node) -> bool:
    """Whether brackets around a part must be higher than a letter.

    Those that could be, but need not, have wide spaces beside them in browsers.
    """
    if isinstance(node, tree.Row):
        return any(map(_is_high, node.parts))
    if isinstance(node, tree.Coloured | tree.Fence | tree.Marked):
        return _is_high(node.inside)
    if isinstance(node, tree.Scripts):
        return any(_is_high(part) for part in (node.base, node.below, node.above) if part is not None)
    large = isinstance(node, tree.Sign) and node.kind in ("large", "integral") and not _is_word(node)
    return large or isinstance(node, tree.Fraction | tree.Root | tree.Table)


def _fence(node: tree.Fence, small: bool) -> str:
    high = _is_high(node.inside)

    def bracket(sign: str, form: str) -> str:
        if not high and sign:
            return _operator(tree.Sign(sign, "open" if form == "prefix" else "close"), small)
        lone = ' stretchy="true"' if sign in ("|", "‖") else ""
        given = f' form="{form}"{lone}' if lone or not (node.opened and node.closed) else ""
        return f"<mo{given}>{escape(sign)}</mo>" if sign else ""

    inside = _row(tree.parts_of(node.inside), small, not node.opened)
    return f"<mrow>{bracket(node.opened, 'prefix')}{inside}{bracket(node.closed, 'postfix')}</mrow>"


def _marked(node: tree.Marked, small: bool) -> str:
    if node.mark == "underline":
        return f'<munder accentunder="true">{_group(node.inside, small)}<mo>_</mo></munder>'
    wide = "" if node.mark in ("overline", "widehat", "widetilde") else ' stretchy="false"'
    return f'<mover accent="true">{_group(node.inside, small)}<mo{wide}>{_MARKS[node.mark]}</mo></mover>'


def _coloured(node: tree.Coloured, small: bool) -> str:
    return f'<mrow mathcolor="{escape(node.colour)}">{_row(tree.parts_of(node.inside), small)}</mrow>'


def _space(node: tree.Space, small: bool) -> str:
    return f'<mspace width="{node.width:g}em"/>'


def _table(node: tree.Table, small: bool) -> str:
    inside = [[_row(tree.parts_of(cell), small) for cell in cells] for cells in node.rows]
    rows = []
    for at, (cells, gap) in enumerate(zip(inside, node.gaps, strict=True)):
        written = []
        apart = "padding:.3em .45em" if any("<mfrac" in cell for cell in cells) else ""
        for column, cell in enumerate(cells):
            side = node.sides[min(column, len(node.sides) - 1)] if not node.aligned else "rl"[column % 2]
            line = f"padding:{f'{0.15 + gap / 2:.2g}'.lstrip('0')}em 0"
            rule = "border-top:1px solid" if at in node.ruled else ""
            looks = ";".join(filter(None, (_SIDES[side], line if node.aligned else apart, rule)))
            style = f' style="{looks}"' if looks and cell else ""
            written.append(f"<mtd{style}>{cell}</mtd>")
        rows.append(f"<mtr>{''.join(written)}</mtr>")
    large = ' displaystyle="true"' if node.aligned else ""
    return f"<mtable{large}>{''.join(rows)}</mtable>"


_WRITERS: Mapping[type[Any], Callable[[Any, bool], str]] = MappingProxyType(
    {
        tree.Sign: _sign, tree.Scripts: _scripts, tree.Fraction: _fraction, tree.Root: _root,
        tree.Fence: _fence, tree.Marked: _marked, tree.Coloured: _coloured, tree.Space: _space,
        tree.Table: _table,
        tree.Row: lambda node, small: f"<mrow>{_row(node.parts, small)}</mrow>",
    }
)  # fmt: skip
