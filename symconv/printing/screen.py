"""Colours on screens: shades of the named ones that can be read on light and on dark pages."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

#: A light and a dark page.
PAGES = ("#ffffff", "#131416")

#: Of each name in :data:`symconv.printing.notation.COLOURS` a shade for a light and one for a dark page: its
#: contrast is at least 4.5 to 1.
SHADES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "black": ("#000000", "#e6e6e6"), "blue": ("#0000ff", "#8fb4ff"), "cyan": ("#007a85", "#4fdcea"),
        "gray": ("#6b6b6b", "#a6a6a6"), "magenta": ("#c400c4", "#ff85ff"), "olive": ("#6e6e00", "#c9c94a"),
        "purple": ("#800080", "#e09cff"), "red": ("#d40000", "#ff8a80"), "teal": ("#008080", "#33c7c7"),
        "yellow": ("#7a6a00", "#f2dd3d"),
    }
)  # fmt: skip


def rules(dark: bool, within: str = "") -> Iterator[str]:
    """Rules of CSS that give letters their shades, as MathML, KaTeX and MathJax say that they are coloured.

    >>> next(rules(True, ".math"))[:52]
    ".math :is([mathcolor='black'],[style*='color:black']"
    """
    for name, shades in SHADES.items():
        said = ("mathcolor='{}'", "style*='color:{}'", "style*='color: {}'", "fill='{}'")
        places = ",".join(f"[{one.format(name)}]" for one in said)
        shade = shades[dark]
        yield f"{within} :is({places}){{color:{shade}!important;fill:{shade}}}".strip()
