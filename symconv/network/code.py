"""The Python that makes a chain, for notes that recompute what they show."""

from __future__ import annotations

from typing import Any

from symconv.network.parts import Flatten, Residual, parts_of


def code_of(chain: Any) -> str:
    """The call that makes the chain; nothing where a function of one's own stands in it."""
    written = [_part(part) for part in chain.parts]
    if not all(written):
        return ""
    loss = [] if chain._loss_name is None else [f"loss={chain._loss_name!r}"]
    own = repr(chain.notation)
    notation = [] if own == "Notation()" else [f"notation=sc.{own}"]
    return f"sc.Chain({', '.join([*written, *loss, *notation])})"


def _part(part: Any) -> str:
    if isinstance(part, Residual):
        inside, beside = ([_part(one) for one in parts_of(of)] for of in (part.chain, part.shortcut))
        if not all([*inside, *beside]):
            return ""
        shortcut = f", shortcut=[{', '.join(beside)}]" if beside else ""
        return f"sc.Residual([{', '.join(inside)}]{shortcut})"
    if isinstance(part, Flatten):
        return "sc.Flatten()"
    if hasattr(part, "function"):
        return f"sc.{part!r}" if isinstance(part.function, str) else ""
    return f"sc.{part!r}".replace("notation=Notation(", "notation=sc.Notation(")
