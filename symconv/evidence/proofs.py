"""Proofs for all sizes: a solver decides all strides and dilations at once, integer sets given ones."""

from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from importlib.util import find_spec

from sympy import Expr, Symbol

from symconv.errors import MissingExtraError, OptionError, SymconvError
from symconv.evidence import isl_proof, smt_proof
from symconv.evidence.isl_sets import Reads
from symconv.evidence.report import Gap, Proof, Proved, Steps
from symconv.evidence.tasks import ExecutorError, mapped
from symconv.index_sums.nodes import UncheckedStep, sides
from symconv.index_sums.symbols import LayerSymbols, kept_indices

#: What decides, by the name of its module, and the package that it is installed by.
ENGINES = {"z3": "z3-solver", "islpy": "islpy"}


def prove(
    setting: LayerSymbols,
    name: str,
    lines: Sequence[UncheckedStep],
    strides: Sequence[int] | None,
    dilations: Sequence[int] | None,
    engine: str | None,
    executor: Executor | None = None,
) -> Proof:
    """Decide every step: for all strides and dilations that are open, unless numbers are asked for.

    Without an engine that is asked for, a second one decides what the first leaves open, if it is installed.
    Each step is a task of the executor.
    """
    chosen = strides is not None or dilations is not None
    if chosen and engine == "z3":
        raise OptionError(
            "{option} {given!r} decides all strides and dilations: leave these out.", "engine", engine
        )
    first, *others = ["islpy"] if chosen and engine is None else _engines(setting, engine)

    def proof(engine: str) -> Proof:
        if engine == "islpy":
            return isl_proof.prove(setting, name, lines, strides, dilations, executor)
        return _by_solver(setting, name, lines, executor)

    found = proof(first)
    for other in others:
        if found or any(step.refuted for step in found.steps):
            break
        try:
            found = proof(other) or found
        except ExecutorError:
            raise
        except SymconvError:
            continue
    return found


def _by_solver(
    setting: LayerSymbols, name: str, lines: Sequence[UncheckedStep], executor: Executor | None
) -> Proof:
    stride, dilation = _numbers(setting)
    every = [(sides(lines, at), kept_indices(setting, line.left)) for at, line in enumerate(lines)]
    steps = []
    for at, gap in enumerate(mapped(partial(_solved, setting), every, executor)):
        said, refuted = (gap.explained(), gap.point is not None) if gap else ("", False)
        steps.append(Proved(at + 1, lines[at].rule, stride, dilation, said, "z3", refuted))
    return Proof(name, tuple(symbol.name for symbol in setting.symbols), tuple(steps))


def _solved(setting: LayerSymbols, step: tuple[Sequence[Expr], Sequence[Symbol]]) -> Gap | None:
    return smt_proof.difference(setting, *step)


def agree(
    setting: LayerSymbols, right: Expr, candidate: Expr, kept: Sequence[Symbol], read: Reads
) -> str | Gap:
    """What a candidate is proved for, or why it is not.

    The candidate may read outside a sequence, where it is 0, but ``read`` must not be between two entries. A
    second engine decides what the first leaves open, if it is installed.
    """
    first, *others = _engines(setting, None)
    found = _agreed(first, setting, right, candidate, kept, read)
    for other in others:
        if isinstance(found, str) or found.point is not None:
            break
        try:
            second = _agreed(other, setting, right, candidate, kept, read)
        except SymconvError:
            continue
        if isinstance(second, str) or second.point is not None:
            found = second
    return found


def _agreed(
    engine: str, setting: LayerSymbols, right: Expr, candidate: Expr, kept: Sequence[Symbol], read: Reads
) -> str | Gap:
    if engine == "islpy":
        return isl_proof.agree(setting, right, candidate, kept, read)
    gap = smt_proof.difference(setting, [right, candidate], kept, read, extended=True)
    if gap is not None:
        return gap
    free = tuple(symbol.name for symbol in setting.symbols)
    return Proof("", free, (Proved(1, "claim", *_numbers(setting)),)).scope


def _numbers(setting: LayerSymbols) -> tuple[Steps, Steps]:
    """The strides and dilations of the axes, where they are numbers; nothing where one is open."""
    stride, dilation = (setting.of_axes(name) for name in ("stride", "dilation"))
    given = all(step.is_Integer for step in (*stride, *dilation))
    return (tuple(map(int, stride)), tuple(map(int, dilation))) if given else ((), ())


def _engines(setting: LayerSymbols, asked: str | None) -> list[str]:
    """The engine asked for; else integer sets first where strides and dilations are numbers, else the solver.

    Raises
    ------
    OptionError
        When there is no engine of that name.
    MissingExtraError
        When it is not installed, or none is.
    """
    if asked is not None and asked not in ENGINES:
        raise OptionError("{option} is {given!r}: {cure}", "engine", asked, allowed=ENGINES)
    order = [asked] if asked else ["islpy", "z3"] if any(_numbers(setting)) else ["z3", "islpy"]
    found = [engine for engine in order if find_spec(engine)]
    if not found:
        sentence = f"a proof needs {ENGINES[order[0]]}, which is not installed: "
        raise MissingExtraError(f"{sentence}pip install 'symconv[prove]'")
    return found
