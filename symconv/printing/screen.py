"""Colours on screens: rules that give letters shades that can be read on light and on dark pages."""

from collections.abc import Iterator

from symconv.printing.colours import KNOWN


def rules(dark: bool, within: str = "") -> Iterator[str]:
    """Rules of CSS that give letters their shades, as MathML, KaTeX and MathJax say that they are coloured.

    >>> next(rules(True, ".math"))[:52]
    ".math :is([mathcolor='black'],[style*='color:black']"
    """
    for name, colour in KNOWN.items():
        said = ("mathcolor='{}'", "style*='color:{}'", "style*='color: {}'", "fill='{}'")
        places = ",".join(f"[{one.format(name)}]" for one in said)
        shade = colour.dark if dark else colour.light
        yield f"{within} :is({places}){{color:{shade}!important;fill:{shade}}}".strip()
