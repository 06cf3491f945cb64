"""Claims: somebody else's formula or function, judged against the layer's own relation."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Indexed, IndexedBase, Mul, Sum, Symbol, sympify

from symconv.derivation.formula import Formula
from symconv.derivation.function_claims import function_failures
from symconv.errors import OptionError, SymconvError
from symconv.evidence.cases import NumericModel, geometries, index_values, numbers_of, operands
from symconv.evidence.enumeration import Geometry
from symconv.evidence.isl_proof import agree
from symconv.evidence.polynomials import Evaluator, Poly, Sequences, compiled
from symconv.evidence.report import Refutation, in_words, shown
from symconv.evidence.scalars import (
    EvaluationError,
    Numbers,
    OutOfReachError,
    compiled_condition,
    compiled_number,
)
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import Overlap, Upsampled
from symconv.index_sums.symbols import LayerSymbols


@dataclass(frozen=True, repr=False)
class Claim:
    """The answer to a claim: true unless it is refuted.

    Attributes
    ----------
    name : str
        The quantity.
    verdict : "proved", "verified" or "refuted"
    cases : int
        How many geometries it was tried on.
    refutation : Refutation or None
    scope : str
        What a proof covers, or why there is none.
    """

    name: str
    verdict: str
    cases: int
    refutation: Refutation | None = None
    scope: str = ""

    def __bool__(self) -> bool:
        return self.refutation is None

    def __str__(self) -> str:
        if self.refutation:
            return f"{self.name}: refuted; {self.refutation}"
        if self.verdict == "proved":
            return f"{self.name}: proved {self.scope}, and verified on {in_words(self.cases)}"
        reason = f"; no proof: {self.scope}" if self.scope else ""
        return f"{self.name}: verified on {in_words(self.cases)}{reason}"

    __repr__ = __str__


def judge(
    setting: LayerSymbols,
    formula: Formula,
    candidate: Expr | Callable[..., Any],
    grid: Mapping[str, Iterable[int]],
) -> Claim:
    """Try a candidate on every geometry of a grid, the smallest first; then, if it holds, prove it."""
    wider = {} if grid else {s.name: WIDER for s in _steps(setting)}
    tried = [*geometries(setting, grid), *(geometries(setting, wider) if wider else ())]
    cases = sorted(tried, key=lambda case: (sum(map(abs, case[0].values())), tuple(case[0].values())))
    if not cases:
        raise OptionError("claim: the grid holds no possible geometry; give other ranges.")
    name, number = formula.name, len(cases)
    if not isinstance(candidate, Expr | int):
        if not callable(candidate):
            raise OptionError(
                f"claim: {candidate!r} is no formula; give a SymPy expression or a function of arrays, "
                "or read text with symconv.parse."
            )
        refutation = next(function_failures(setting, formula, candidate, cases), None)
        if refutation is not None:
            return Claim(name, "refuted", number, refutation)
        return Claim(name, "verified", number, scope="a function is tried, not proved")
    expr = _checked(setting, formula, sympify(candidate))
    refutation = next(_expression_failures(setting, formula, expr, cases), None)
    if refutation is not None:
        return Claim(name, "refuted", number, refutation)
    zero_based = shift_index_base(_named(setting, formula.name, expr), setting, by=-setting.notation.base)
    try:
        scope = agree(setting, formula.zero_based, zero_based, formula.kept)
    except SymconvError as error:
        return Claim(name, "verified", number, scope=str(error))
    if isinstance(scope, str):
        return Claim(name, "proved", number, scope=scope)
    if scope.point is not None:
        found = _at_point(setting, formula, expr, scope.point)
        if found is not None:
            return Claim(name, "refuted", number, found)
    return Claim(name, "verified", number, scope=scope.reason)


#: Strides and dilations beyond those that a proof covers, at which claims are tried too.
WIDER = (4, 5, 7)


def _steps(setting: LayerSymbols) -> set[Symbol]:
    """The symbols that are strides or dilations."""
    return {s for name in ("stride", "dilation") for s in setting.of_axes(name) if s.is_Symbol}


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
    for letter, size in setting.definitions.items():
        numbers[letter.name] = int(compiled_number(size)(numbers))
    counts = {
        role: tuple(int(compiled_number(extent)(numbers)) for extent in extents)
        for role, extents in setting.extents.items()
    }
    entries = operands(setting, counts)
    try:
        right, claimed = (compiled(setting.written_out(side)) for side in (formula.safe, expr))
        wanted = right(_Extended(entries), numbers)
        found = _value(claimed, _Extended(entries), numbers)
    except OutOfReachError:
        return None
    return Refutation(sizes, index, shown(found), shown(wanted)) if found != wanted else None


def _apart(expr: Expr, taken: set[str]) -> Expr:
    """With an index of its own for every sum, which hides no other index and no size."""
    if not expr.has(Sum):
        return expr
    if not isinstance(expr, Sum):
        return expr.func(*(_apart(part, taken) for part in expr.args))
    swap: dict[Symbol, Symbol] = {}
    limits = []
    for index, low, high in reversed(expr.limits):  # the outermost first
        ends = [_apart(end, taken).xreplace(swap) for end in (low, high)]
        name = index.name
        while name in taken:
            name += "'"
        taken.add(name)
        swap[index] = Symbol(name, integer=True)
        limits.append((swap[index], *ends))
    return Sum(_apart(expr.function, taken).xreplace(swap), *reversed(limits))


def _checked(setting: LayerSymbols, formula: Formula, expr: Expr) -> Expr:
    """The candidate with the layer's own symbols, or an error for a name that means nothing here."""
    n = setting.notation
    known = {symbol.name: symbol for symbol in setting.symbols}
    known |= {index.name: index for index in formula.kept}
    if formula.name != "output_size":
        known |= {setting.m_letter(at).name: m for at, m in enumerate(setting.m)}
    counts = {n.input: "input", n.kernel: "tap", n.upstream: "output"}
    if setting.constant is not None:
        letter, _ = setting.constant
        del counts[n.kernel]
        if letter.is_Symbol:
            known[n.kernel] = letter
    ranks = {letter: len(setting.extents[role]) for letter, role in counts.items()}
    outputs = setting.indices("output")
    if setting.bias and setting.bias_indices(outputs):
        ranks[n.bias] = len(setting.bias_indices(outputs))
    elif setting.bias:
        known[n.bias] = Symbol(n.bias)
    sequences = set(ranks)
    entries = expr.atoms(Indexed)
    for spread in expr.atoms(Upsampled):
        if str(spread.args[0].label) not in sequences:
            raise OptionError(f"claim: {spread.args[0]} is no sequence of the layer.")
    for entry in entries:
        if str(entry.base.label) not in sequences:
            sentence = "claim: {given} is no sequence of the layer: {cure}"
            raise OptionError(sentence, given=entry.base, allowed=sorted(sequences))
        if len(entry.indices) != ranks[str(entry.base.label)]:
            wanted = ranks[str(entry.base.label)]
            raise OptionError(
                f"claim: {entry} has {len(entry.indices)} indices; {entry.base} has "
                f"{wanted if wanted != 1 else 'one'}."
            )
    for overlap in expr.atoms(Overlap):
        for spread in overlap.args[1:3]:
            if not len(spread.args) - 1 == len(overlap.args) - 3 == ranks[str(spread.args[0].label)]:
                raise OptionError(f"claim: {overlap} has one index; write out the sum of several.")
    names = {index.name for part in expr.atoms(Sum) for index in part.variables}
    expr = _apart(expr, {*known, *sequences, *(s.name for s in expr.free_symbols)})
    bases = {base.label for base in expr.atoms(IndexedBase)}
    swap = {}
    bound = {index for part in expr.atoms(Sum) for index in part.variables}
    for symbol in sorted(expr.atoms(Symbol) - bases - bound - _kinds(expr), key=str):
        if symbol.name in names - set(known):
            continue  # an index outside its sum: it has no value
        if symbol.name in sequences and symbol.name not in known:
            raise OptionError(f"claim: {symbol} is a sequence: write an entry such as {symbol}[i].")
        if symbol.name not in known:
            sentence = "claim: {given} means nothing here: {cure}"
            raise OptionError(sentence, given=symbol, allowed=sorted({*known, *sequences}))
        swap[symbol] = known[symbol.name]
    found: Expr = expr.xreplace(swap)
    return found


class _Extended(Sequences):
    """Sequences that are 0 outside their range, as texts take them."""

    def __init__(self, sequences: Sequences) -> None:
        super().__init__(sequences.read, sequences.shapes, sequences.base)

    def entry(self, letter: str, indices: tuple[Any, ...]) -> Poly:
        places = [index - self.base for index in indices]
        outside = letter in self.shapes and not self.inside(letter, places)
        if outside and all(index == int(index) for index in places):
            return {}
        return super().entry(letter, indices)


def _expression_failures(
    setting: LayerSymbols, formula: Formula, expr: Expr, cases: Sequence[tuple[dict[str, int], Geometry]]
) -> Iterator[Refutation]:
    try:
        evaluate = compiled(expr)
    except EvaluationError as error:
        raise OptionError(f"claim: {error}.") from None
    right = compiled(formula.lhs)
    for sizes, geometry in cases:
        world = NumericModel(setting, geometry).sequences
        extended = _Extended(world)
        numbers = numbers_of(setting, sizes, geometry)
        for index in index_values(setting, numbers, formula.kept):
            wanted = right(world, {**numbers, **index})
            try:
                found = _value(evaluate, extended, {**numbers, **index})
            except OutOfReachError as error:
                raise OptionError(f"claim: it cannot be tried: {error}.") from None
            if found != wanted:
                yield Refutation(sizes, index, shown(found), shown(wanted))


def _value(evaluate: Evaluator, sequences: Sequences, numbers: Numbers) -> Poly | str:
    """A polynomial, or why there is none."""
    try:
        return evaluate(sequences, numbers)
    except OutOfReachError:
        raise
    except EvaluationError as error:
        return str(error)


def _kinds(expr: Expr) -> set[Symbol]:
    """The names of operations, which are symbols of no size."""
    return {overlap.args[0] for overlap in expr.atoms(Overlap)}
