"""Claims: a formula or function that somebody proposes, judged against the layer's own relation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from sympy import Add, Expr, Indexed, IndexedBase, Mod, Mul, Pow, S, Sum, Symbol, sympify

from symconv.derivation.formula import Formula
from symconv.derivation.function_claims import function_failures
from symconv.derivation.readings import apart, in_own_letters
from symconv.errors import OptionError, SymconvError
from symconv.evidence.cases import Grid, NumericModel, geometries, operands
from symconv.evidence.isl_sets import fractional
from symconv.evidence.polynomials import compiled, value_or_reason
from symconv.evidence.proofs import agree
from symconv.evidence.report import AT_RANDOM, Gap, Refutation, shown
from symconv.evidence.scalars import EvaluationError, OutOfReachError, compiled_condition, compiled_number
from symconv.evidence.sweeps import Sweep, Task
from symconv.evidence.trials import MOST_PLACES, Side, Trial, portions
from symconv.index_sums.equation import WrittenEquation, parse
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import Overlap, Upsampled
from symconv.index_sums.symbols import LayerSymbols
from symconv.printing.english import counted
from symconv.printing.rich import maths, paragraph, words

#: What to put for some symbols.
Swap: TypeAlias = Mapping[Symbol, Expr]


@dataclass(frozen=True, repr=False)
class Claim:
    """The verdict on a claim; true unless the claim is refuted.

    Attributes
    ----------
    name : str
        The quantity.
    verdict : "proved", "verified" or "refuted"
    cases : int
        The number of geometries on which it was tried.
    refutation : Refutation or None
        The counterexample, if there is one.
    scope : str
        What the proof covers, or why there is no proof.
    latex : function
        Gives the LaTeX of the formula in the layer's letters; "" if a function or entries were judged.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Conv1d("N", "K").claim("output_size", "N - K + 1").verdict
    'proved'
    """

    name: str
    verdict: str
    cases: int
    refutation: Refutation | None = None
    scope: str = ""
    diagnose: Callable[[], str] = field(default=str, repr=False, compare=False)
    latex: Callable[[], str] = field(default=str, repr=False, compare=False)

    @cached_property
    def diagnosis(self) -> str:
        """The convention that gives what was refuted; "" if none is known."""
        return self.diagnose()

    def __bool__(self) -> bool:
        return self.refutation is None

    def __str__(self) -> str:
        if self.refutation:
            why = f"; {self.diagnosis}" if self.diagnosis else ""
            return f"{self.name}: refuted; {self.refutation}{why}"
        verified = f"verified on {counted(self.cases, 'case')} {AT_RANDOM}"
        if self.verdict == "proved":
            return f"{self.name}: proved {self.scope}, and {verified}"
        reason = f"; no proof: {self.scope}" if self.scope else ""
        return f"{self.name}: {verified}{reason}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        formula = [paragraph(maths(f"\\displaystyle {tex}"))] if (tex := self.latex()) else []
        return "\n".join([*formula, paragraph(words(str(self)))])


class Attempt(NamedTuple):
    """On how many cases a candidate was tried, where it is wrong, and whether arrays evaluate it."""

    cases: int
    refutation: Refutation | None = None
    in_arrays: bool = True


def judge(
    setting: LayerSymbols,
    formula: Formula,
    candidate: Expr | WrittenEquation | str | Callable[..., Any],
    grid: Mapping[str, Iterable[int]],
    executor: Executor | None = None,
) -> Claim:
    """Try a candidate on every geometry of a grid, the smallest first; then, if it holds, prove it.

    A formula is tried on wider ones too, if no grid is given, but not where it is found exactly only.
    """
    steps = setting.of_axes("stride", "dilation")
    wider = {} if grid else {s.name: WIDER for s in steps if s.is_Symbol}
    grids = [Grid(setting, grid), *([Grid(setting, wider)] if wider else [])]
    sizes = [numbers for one in grids for numbers in one.sizes()]
    sizes.sort(key=lambda numbers: (sum(map(abs, numbers)), numbers))

    def first(task: Task[Attempt]) -> Attempt:
        found = _tried(Sweep.listed(setting, sizes), task, executor)
        if not found.cases:
            raise OptionError("claim: no layer has sizes in these ranges; give other ranges.")
        return found

    name = formula.name
    candidate = parse(candidate) if isinstance(candidate, str) else candidate
    if not isinstance(candidate, Expr | WrittenEquation | int):
        if not callable(candidate):
            raise OptionError(
                f"claim: {candidate!r} is not a formula; give text, an expression or a function of arrays."
            )
        found = first(partial(_function, setting, formula, candidate))
        if found.refutation is None:
            return Claim(name, "verified", found.cases, scope="a function can be tried, but not proved")
        return Claim(name, "refuted", found.cases, found.refutation)
    given = sympify(candidate) if isinstance(candidate, int) else candidate
    written, known = _checked(setting, formula, in_own_letters(setting, formula, given))
    verdict = partial(Claim, latex=partial(formula.latex_with, written))
    task = partial(_expression, setting, formula, Side(setting, written))
    found = first(task)
    if found.refutation is None and found.in_arrays and not grid:
        same = set(sizes)
        more = [numbers for numbers in Grid(setting, {}, wide=True).sizes() if numbers not in same]
        further = _tried(Sweep.listed(setting, more), task, executor)
        found = further._replace(cases=found.cases + further.cases)
    number = found.cases
    if found.refutation is not None:
        return verdict(name, "refuted", number, found.refutation)
    try:
        scope = decided(setting, formula, written, known)
    except OptionError:
        raise
    except SymconvError as error:
        return verdict(name, "verified", number, scope=str(error))
    if isinstance(scope, str):
        return verdict(name, "proved", number, scope=scope)
    refutation = _at_point(setting, formula, written, scope.point) if scope.point is not None else None
    if refutation is not None:
        return verdict(name, "refuted", number, refutation)
    return verdict(name, "verified", number, scope=scope.explained("the sides may differ"))


def _tried(sweep: Sweep, task: Task[Attempt], executor: Executor | None) -> Attempt:
    """A candidate tried on the cases of a sweep, until it is wrong."""
    whole = Attempt(0)
    with closing(sweep.answers(task, executor)) as answers:
        for found in answers:
            in_arrays = whole.in_arrays and found.in_arrays
            whole = Attempt(whole.cases + found.cases, found.refutation, in_arrays)
            if whole.refutation is not None:
                break
    return whole


def agrees(setting: LayerSymbols, formula: Formula, candidate: Expr | WrittenEquation | str) -> int:
    """The number of cases of the usual grid on which a candidate is right; 0 if it fails on one."""
    read = parse(candidate) if isinstance(candidate, str) else candidate
    written, _ = _checked(setting, formula, in_own_letters(setting, formula, read))
    found = _expression(setting, formula, Side(setting, written), portions(geometries(setting, {})))
    return 0 if found.refutation else found.cases


#: Strides and dilations beyond those that a proof covers, at which claims are tried too.
WIDER = (4, 5, 7)


def decided(setting: LayerSymbols, formula: Formula, written: Expr, known: Swap) -> str | Gap:
    """What a candidate is proved for, or why it is not; ``known`` is what its symbols are in the layer.

    What the symbols are makes some terms 0, such as a multiple of ``min(K, 0)``, and such a term is no part
    of the equation that is proved. But it may read between two entries, or divide by 0, so these parts are
    taken from the candidate as it is written.
    """
    try:
        expr = written.xreplace(known)
    except (TypeError, ZeroDivisionError):
        expr = S.NaN
    if expr.has(S.NaN, S.ComplexInfinity):
        raise OptionError("claim: a part of the formula is undefined at all sizes, as a division by zero is.")
    gone = {divisor.xreplace(known) for divisor in _divisors(written)} - _divisors(expr)
    if not all(divisor.is_positive for divisor in gone):
        return Gap("a divisor may be zero or negative")
    base = setting.notation.base
    places = {**known, **{index: index + base for index in formula.kept}}
    zero_based = shift_index_base(_named(setting, formula.name, expr), setting, by=-base)
    return agree(setting, formula.zero_based, zero_based, formula.kept, fractional(setting, written, places))


def _divisors(expr: Expr) -> set[Expr]:
    """What an expression divides by, and the factors by which it spreads sequences."""
    found = {power.base for power in expr.atoms(Pow) if power.exp.is_negative}
    found |= {remainder.args[1] for remainder in expr.atoms(Mod)}
    return found.union(*(spread.args[1:] for spread in expr.atoms(Upsampled)))


def _named(setting: LayerSymbols, name: str, expr: Expr) -> Expr:
    """With the letter of a constant kernel where its value is a factor of a term."""
    if setting.constant is None or name == "output_size":
        return expr
    letter, value = setting.constant
    return _factored(expr, set(Mul.make_args(value)), letter) if value != 1 else letter * expr


def _factored(expr: Expr, factors: set[Expr], letter: Symbol) -> Expr:
    if isinstance(expr, Add):
        return Add(*(_factored(term, factors, letter) for term in expr.args))
    if isinstance(expr, Sum):
        return Sum(_factored(expr.function, factors, letter), *expr.limits)
    if isinstance(expr, Mul) and factors <= set(expr.args):
        return Mul(letter, *(part for part in expr.args if part not in factors))
    return expr


def _at_point(
    setting: LayerSymbols, formula: Formula, expr: Expr, point: Mapping[str, int]
) -> Refutation | None:
    """The failure of a candidate at sizes and indices that the sets found, beyond those that were tried."""
    sizes = {symbol.name: point[symbol.name] for symbol in setting.symbols}
    index = {symbol.name: point[symbol.name] + setting.notation.base for symbol in formula.kept}
    numbers = {**sizes, **index}
    if not all(compiled_condition(c.xreplace(setting.integers))(numbers) for c in formula.conditions):
        return None
    for at, size in enumerate(setting.output_sizes):
        numbers[setting.m_letter(at).name] = int(compiled_number(size)(numbers))
    counts = {
        role: tuple(int(compiled_number(extent)(numbers)) for extent in extents)
        for role, extents in setting.extents.items()
    }
    entries = operands(setting, counts).extended()
    try:
        right, claimed = (compiled(setting.written_out(side)) for side in (formula.safe, expr))
        wanted, found = right(entries, numbers), value_or_reason(claimed, entries, numbers)
    except OutOfReachError:
        return None
    return Refutation(sizes, index, shown(found), shown(wanted)) if found != wanted else None


def _checked(setting: LayerSymbols, formula: Formula, expr: Expr) -> tuple[Expr, Swap]:
    """The candidate with integers of the layer's names, and what they are; an error for an unknown name.

    Nothing is known of the signs of these integers, so that nothing is simplified by them.
    """
    n = setting.notation
    known = {symbol.name: symbol for symbol in setting.symbols}
    known |= {index.name: index for index in formula.kept}
    if formula.name != "output_size":
        known |= {setting.m_letter(at).name: m for at, m in enumerate(setting.m)}
    counts = {n.input: "input", n.kernel: "tap", n.upstream: "output"}
    letters: dict[str, Symbol] = {}
    if setting.constant is not None:
        letter, _ = setting.constant
        del counts[n.kernel]
        if letter.is_Symbol:
            letters[n.kernel] = letter
    ranks = {letter: len(setting.extents[role]) for letter, role in counts.items()}
    own = len(setting.bias_indices(setting.indices("output")))
    if setting.bias and own:
        ranks[n.bias] = own
    elif setting.bias:
        letters[n.bias] = Symbol(n.bias)
    known |= letters
    sequences = set(ranks)
    for spread in sorted(expr.atoms(Upsampled), key=str):
        if str(spread.args[0].label) not in sequences:
            raise OptionError(f"claim: {spread.args[0]} is not a sequence of the layer.")
    for entry in sorted(expr.atoms(Indexed), key=str):
        if str(entry.base.label) not in sequences:
            sentence = "claim: {given} is not a sequence of the layer: {cure}"
            raise OptionError(sentence, given=entry.base, allowed=sorted(sequences))
        wanted, has = ranks[str(entry.base.label)], len(entry.indices)
        if has != wanted:
            given, takes = (counted(number, "index", "indices") for number in (has, wanted))
            raise OptionError(f"claim: {entry} has {given}, but {entry.base} takes {takes}.")
    for overlap in sorted(expr.atoms(Overlap), key=str):
        for spread in overlap.args[:2]:
            if not len(spread.args) - 1 == len(overlap.args) - 2 == ranks[str(spread.args[0].label)]:
                raise OptionError(f"claim: {overlap} has one index: for several indices write out the sum.")
    names = {index.name for part in expr.atoms(Sum) for index in part.variables}
    expr = apart(expr, {*known, *sequences, *(s.name for s in expr.free_symbols)})
    own_names = {base.label for base in expr.atoms(IndexedBase)}
    own_names |= {index for part in expr.atoms(Sum) for index in part.variables}
    swap: dict[Symbol, Symbol] = {}
    meant: dict[Symbol, Expr] = {}
    for symbol in sorted(expr.atoms(Symbol) - own_names, key=str):
        if symbol.name in names - set(known):
            continue  # an index outside its sum: it has no value
        if symbol.name in sequences and symbol.name not in known:
            raise OptionError(f"claim: {symbol} is a sequence: write an entry of it, such as {symbol}[i].")
        if symbol.name not in known:
            sentence = "claim: unknown {given}: {cure}"
            raise OptionError(sentence, given=symbol, allowed=sorted({*known, *sequences}))
        swap[symbol] = letters.get(symbol.name, Symbol(symbol.name, integer=True))
        meant[swap[symbol]] = known[symbol.name]
    return expr.xreplace(swap), meant


def _expression(
    setting: LayerSymbols, formula: Formula, claimed: Side, cases: Iterable[Sequence[NumericModel]]
) -> Attempt:
    """An expression tried on some cases at once, then on others, until it is wrong."""
    try:
        claimed.require_formula()
    except EvaluationError as error:
        raise OptionError(f"claim: {error}.") from None
    right, number = Side(setting, formula.lhs), 0
    for portion in cases:
        trial = Trial(setting, portion, lambda _: MOST_PLACES, extended=True)
        try:
            for case, index, wanted, found in trial.differences(formula.kept, right, claimed):
                number += 1 + next(at for at, one in enumerate(portion) if one is case)
                refutation = Refutation(case.sizes, index, shown(found), shown(wanted))
                return Attempt(number, refutation, claimed.in_arrays)
        except OutOfReachError as error:
            raise OptionError(f"claim: the formula cannot be tried: {error}.") from None
        number += len(portion)
    return Attempt(number, None, claimed.in_arrays)


def _function(
    setting: LayerSymbols,
    formula: Formula,
    function: Callable[..., Any],
    cases: Iterable[Sequence[NumericModel]],
) -> Attempt:
    """A function tried on one case after the other, until it is wrong."""
    number = 0
    for number, case in enumerate(chain.from_iterable(cases), 1):
        for refutation in function_failures(setting, formula, function, case):
            return Attempt(number, refutation)
    return Attempt(number)
