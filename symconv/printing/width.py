"""How wide LaTeX prints, in characters: enough to know where a line is full."""

import re

_BRACED = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_FRACTION = re.compile(rf"\\frac{_BRACED}{_BRACED}")
_INVISIBLE = re.compile(r"\\textcolor\{[a-z]+\}|\\(left|right|quad)(?![A-Za-z])")
_COMMAND = re.compile(r"\\[A-Za-z]+ ?")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[_^{}]|\s+|.", re.DOTALL)

_NO_WIDTH = {"\\left", "\\right", "\\Bigl", "\\Bigr"}
_SPACED = {"=", "+", "-", "\\le", "\\mid", "\\star", "\\ast", "\\cdot"}


def latex_width(tex: str) -> int:
    """About how many characters of a line LaTeX takes.

    >>> latex_width("w_{0} x_{10}"), latex_width("\\\\sum_{k=0}^{N} w_{k}")
    (5, 5)
    """
    if "\\sum" in tex:
        tokens = [token for token in _TOKEN.findall(tex) if token.strip()]
        return round(_run(tokens[::-1]))
    tex = _FRACTION.sub(lambda found: max(found.groups(), key=len), tex)
    plain = _COMMAND.sub("c", _INVISIBLE.sub("", tex))
    operators = sum(plain.count(f" {sign} ") for sign in "+-=")
    return len(re.sub(r"[{}_^& ]", "", plain)) + round(1.5 * operators)


def _run(tokens: list[str]) -> float:
    """The width up to the end of a group, whose closing brace goes too; tokens are used from the list's end.

    Scripts are small; those of a sum stand above and below it, so the widest of the three counts.
    """
    total, stacked = 0.0, 0.0
    while tokens and (token := tokens.pop()) != "}":
        if token in "_^":
            script = 0.7 * _argument(tokens)
            total += max(0.0, script - stacked) if stacked else script
            stacked = max(stacked, script) if stacked else 0.0
            continue
        stacked = 2.5 if token == "\\sum" else 0.0
        if token == "\\frac":
            total += max(_argument(tokens), _argument(tokens))
        elif token == "{":
            total += _run(tokens)
        elif token == "\\sum" or token in _SPACED:
            total += 2.5
        elif token not in _NO_WIDTH:
            total += 1.0
    return total


def _argument(tokens: list[str]) -> float:
    """The width of the next group or single token."""
    if not tokens:
        return 0.0
    return _run(tokens) if tokens.pop() == "{" else 1.0
