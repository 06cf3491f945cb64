"""Proofs for all sizes: a solver decides all strides and dilations at once, integer sets given ones."""

from collections.abc import Sequence
from importlib.util import find_spec

from sympy import Expr, Symbol

from symconv.errors import MissingExtraError, OptionError, SymconvError
from symconv.evidence import isl_proof, smt_proof
from symconv.evidence.report import Gap, Proof, Proved, Steps
from symconv.index_sums.nodes import UncheckedStep
from symconv.index_sums.symbols import LayerSymbols, kept_indices

#: What decides, by the name of its module, and what is installed for it.
ENGINES = {"z3": "z3-solver", "islpy": "islpy"}


def prove(
    setting: LayerSymbols,
    name: str,
    lines: Sequence[UncheckedStep],
    strides: Sequence[int] | None,
    dilations: Sequence[int] | None,
    engine: str | None,
) -> Proof:
    """Decide every step: for all strides and dilations that are open, unless numbers are asked for.

    What the solver leaves open is then decided at a few of them by integer sets, if they are installed.
    """
    chosen = strides is not None or dilations is not None
    if _engine(setting, engine, "islpy" if chosen else None) == "islpy":
        return isl_proof.prove(setting, name, lines, strides, dilations)
    if chosen:
        raise OptionError(
            "{option} {given!r} decides all strides and dilations: leave these out.", "engine", engine
        )
    stride, dilation = _numbers(setting)
    gaps, steps = [], []
    for at, line in enumerate(lines):
        gap = smt_proof.difference(setting, _sides(lines, at), kept_indices(setting, line.left))
        gaps.append(gap)
        steps.append(Proved(at + 1, line.rule, stride, dilation, gap.explained() if gap else "", "z3"))
    proof = Proof(name, tuple(symbol.name for symbol in setting.symbols), tuple(steps))
    if proof or engine or any(gap.point is not None for gap in gaps if gap) or not find_spec("islpy"):
        return proof
    try:
        narrower = isl_proof.prove(setting, name, lines, None, None)
    except SymconvError:
        return proof
    return narrower if narrower else proof


def agree(setting: LayerSymbols, right: Expr, candidate: Expr, kept: Sequence[Symbol]) -> str | Gap:
    """What a candidate is proved for, or why it is not.

    The candidate may read outside a sequence, where it is 0, but not between two entries.
    """
    if _engine(setting, None) == "islpy":
        return isl_proof.agree(setting, right, candidate, kept)
    gap = smt_proof.difference(setting, [right, candidate], kept, extended=True)
    if gap is None:
        return Proof(
            "", tuple(s.name for s in setting.symbols), (Proved(1, "claim", *_numbers(setting)),)
        ).scope
    if gap.point is not None or not find_spec("islpy"):
        return gap
    try:
        return isl_proof.agree(setting, right, candidate, kept)
    except SymconvError:
        return gap


def _sides(lines: Sequence[UncheckedStep], at: int) -> tuple[Expr, Expr]:
    """A line and the one before it, or what it is a line about."""
    chained = at > 0 and lines[at - 1].left == lines[at].left
    return lines[at - 1].terms.shown if chained else lines[at].left, lines[at].terms.shown


def _numbers(setting: LayerSymbols) -> tuple[Steps, Steps]:
    """The strides and dilations of the axes, where they are numbers; nothing where one is open."""
    stride, dilation = (setting.of_axes(name) for name in ("stride", "dilation"))
    given = all(step.is_Integer for step in (*stride, *dilation))
    return (tuple(map(int, stride)), tuple(map(int, dilation))) if given else ((), ())


def _engine(setting: LayerSymbols, asked: str | None, preferred: str | None = None) -> str:
    """The engine asked for; else integer sets where strides and dilations are numbers, else the solver.

    Raises
    ------
    OptionError
        When there is no engine of that name.
    MissingExtraError
        When it is not installed, or none is.
    """
    if asked is not None and asked not in ENGINES:
        raise OptionError("{option} is {given!r}: {cure}", "engine", asked, allowed=ENGINES)
    first = preferred or ("islpy" if any(_numbers(setting)) else "z3")
    found = asked or next((e for e in (first, *ENGINES) if find_spec(e)), first)
    if not find_spec(found):
        sentence = f"a proof needs {ENGINES[found]}, which is not installed: "
        raise MissingExtraError(f"{sentence}pip install 'symconv[prove]'")
    return found
