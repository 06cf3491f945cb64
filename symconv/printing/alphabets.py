"""Letters of other alphabets and with accents, as the characters that Unicode has for them."""

from collections.abc import Mapping
from types import MappingProxyType

#: Styles that are characters of their own in Unicode: where their capitals, small letters and digits begin.
_ALPHABETS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "mathbf": (0x1D400, 0x1D41A, 0x1D7CE),
        "boldsymbol": (0x1D468, 0x1D482, 0x1D7CE),
        "mathcal": (0x1D49C, 0x1D4B6, 0),
        "mathbb": (0x1D538, 0x1D552, 0x1D7D8),
        "mathtt": (0x1D670, 0x1D68A, 0x1D7F6),
    }
)

#: Letters that Unicode had before the others of their alphabet.
_EARLIER: Mapping[str, Mapping[str, str]] = {
    "mathcal": dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)),
    "mathbb": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
}

#: The accents that a character takes behind it, by the command of a mark over or below a letter.
ACCENTS: Mapping[str, str] = MappingProxyType(
    {
        "hat": "\u0302", "widehat": "\u0302", "tilde": "\u0303", "widetilde": "\u0303", "bar": "\u0304",
        "overline": "\u0305", "underline": "\u0332", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    }
)  # fmt: skip


def in_alphabet(text: str, style: str) -> str:
    """A character in the alphabet that a command of LaTeX names; another text, and what has none, as it is.

    >>> in_alphabet("L", "mathcal"), in_alphabet("w", "mathbf"), in_alphabet("+", "mathbf")
    ('ℒ', '𝐰', '+')
    """
    style = {"bm": "boldsymbol"}.get(style, style)
    if text in _EARLIER.get(style, {}):
        return _EARLIER[style][text]
    if style == "boldsymbol" and "α" <= text <= "ω":
        return chr(0x1D736 + ord(text) - ord("α"))
    capital, small, digit = _ALPHABETS.get(style, (0, 0, 0))
    for first, start, last in (("A", capital, "Z"), ("a", small, "z"), ("0", digit, "9")):
        if start and len(text) == 1 and first <= text <= last:
            return chr(start + ord(text) - ord(first))
    return text
