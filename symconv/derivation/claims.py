"""Claims: somebody else's formula or function, judged against the layer's own relation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr, Indexed, IndexedBase, Symbol, sympify

from symconv.derivation.counting import counted
from symconv.derivation.evaluate import EvaluationError, Poly, Sequences, compiled
from symconv.derivation.formula import LAYOUT, Formula
from symconv.derivation.proof import agree
from symconv.derivation.report import shown
from symconv.derivation.setting import Setting
from symconv.derivation.world import Geometry, World, geometries, index_values
from symconv.errors import MissingExtraError, OptionError, did_you_mean


@dataclass(frozen=True)
class Refutation:
    """The smallest sizes at which a claim fails: there, the index, and both values."""

    sizes: Mapping[str, int]
    index: Mapping[str, int]
    claimed: str
    right: str

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} = {value}" for name, value in {**self.sizes, **self.index}.items())
        return f"at {numbers or 'the sizes of the layer'} it gives {self.claimed}, right is {self.right}"


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
            return f"{self.name}: proved {self.scope}, and verified on {self.cases} cases"
        reason = f"; no proof: {self.scope}" if self.scope else ""
        return f"{self.name}: verified on {self.cases} cases{reason}"

    __repr__ = __str__


def judge(
    setting: Setting, formula: Formula, candidate: Expr | Callable[..., Any], grid: Mapping[str, range]
) -> Claim:
    """Try a candidate on every geometry of a grid, the smallest first; then, if it holds, prove it."""
    cases = sorted(
        geometries(setting, dict(grid)),
        key=lambda case: (sum(case[0].values()), tuple(case[0].values())),
    )
    if not cases:
        raise OptionError("claim: the grid holds no possible geometry; give other ranges.")
    if isinstance(candidate, Expr | int):
        expr = _checked(setting, formula, sympify(candidate))
        failures = _expression_failures(setting, formula, expr, cases)
    elif callable(candidate):
        failures = _function_failures(setting, formula, candidate, cases)
    else:
        raise OptionError(
            f"claim: {candidate!r} is no formula; give a SymPy expression or a function of arrays, "
            "or read text with symconv.parse."
        )
    refutation = next(failures, None)
    if refutation is not None:
        return Claim(formula.name, "refuted", len(cases), refutation)
    if not isinstance(candidate, Expr | int):
        return Claim(formula.name, "verified", len(cases), scope="a function is tried, not proved")
    try:
        scope = agree(setting, formula.zero_based, _zero_based(setting, expr), LAYOUT[formula.name])
    except MissingExtraError as error:
        return Claim(formula.name, "verified", len(cases), scope=str(error))
    if scope.startswith("for"):
        return Claim(formula.name, "proved", len(cases), scope=scope)
    return Claim(formula.name, "verified", len(cases), scope=scope)


def _checked(setting: Setting, formula: Formula, expr: Expr) -> Expr:
    """The candidate with the layer's own symbols, or an error for a name that means nothing here."""
    n = setting.notation
    known = {s.name: s for size in setting.sizes.values() for s in size.free_symbols}
    known |= {setting.index(role).name: setting.index(role) for role in sum(LAYOUT[formula.name], ())}
    if formula.name != "output_size":
        known[n.output_size] = setting.m if setting.m.is_Symbol else Symbol(n.output_size, integer=True)
    if setting.bias:
        known[n.bias] = setting.bias_symbol
    sequences = {n.input, n.kernel, n.upstream}
    entries = expr.atoms(Indexed)
    for entry in entries:
        if str(entry.base.label) not in sequences:
            raise OptionError(
                f"claim: {entry.base} is no sequence of the layer: "
                f"{did_you_mean(str(entry.base), sorted(sequences))}"
            )
    bases = {base.label for base in expr.atoms(IndexedBase)}
    swap = {}
    for symbol in expr.free_symbols - entries - bases:
        if isinstance(symbol, Indexed | IndexedBase):
            continue
        if symbol.name not in known:
            raise OptionError(
                f"claim: {symbol} means nothing here: "
                f"{did_you_mean(symbol.name, sorted({*known, *sequences}))}"
            )
        swap[symbol] = known[symbol.name]
    found: Expr = expr.xreplace(swap)
    return found


def _zero_based(setting: Setting, expr: Expr) -> Expr:
    """The candidate with indices from 0."""
    return counted(expr, setting, by=-setting.notation.base)


class _Extended(Sequences):
    """Sequences that are 0 outside their range, as texts take them."""

    def entry(self, letter: str, indices: tuple[Any, ...]) -> Poly:
        (index,) = indices
        if index == int(index) and not 0 <= index - self.base < self.lengths[letter]:
            return {}
        return super().entry(letter, indices)


def _expression_failures(
    setting: Setting, formula: Formula, expr: Expr, cases: Sequence[tuple[dict[str, int], Geometry]]
) -> Iterator[Refutation]:
    try:
        evaluate = compiled(expr)
    except EvaluationError as error:
        raise OptionError(f"claim: {error}.") from None
    right = compiled(formula.lhs)
    for sizes, geometry in cases:
        world = World(setting, geometry).sequences
        extended = _Extended(world.read, world.lengths, world.base)
        numbers = {**sizes, setting.notation.output_size: len(geometry.met)}
        for index in index_values(setting, geometry, sum(LAYOUT[formula.name], ())):
            wanted = right(world, {**numbers, **index})
            try:
                found: Poly | str = evaluate(extended, {**numbers, **index})
            except EvaluationError as error:
                found = str(error)
            if found != wanted:
                yield Refutation(sizes, index, shown(found), shown(wanted))


def _function_failures(
    setting: Setting,
    formula: Formula,
    function: Callable[..., Any],
    cases: Sequence[tuple[dict[str, int], Geometry]],
) -> Iterator[Refutation]:
    rng = np.random.default_rng(0)
    n, right = setting.notation, compiled(formula.lhs)
    roles = LAYOUT[formula.name]
    wants = _parameters(function, {s.name for size in setting.sizes.values() for s in size.free_symbols})
    for sizes, geometry in cases:
        arrays = {
            "x": (n.input, rng.integers(1, 1000, geometry.input_size)),
            "w": (n.kernel, rng.integers(1, 1000, geometry.kernel_size)),
            "delta": (n.upstream, rng.integers(1, 1000, len(geometry.met))),
        }
        bias = int(rng.integers(1, 1000)) if setting.bias else 0
        values: dict[Any, int] = {
            (letter, (i,)): int(v) for letter, array in arrays.values() for i, v in enumerate(array)
        }
        values[(n.bias, ())] = bias
        named = {
            **{name: array for name, (_, array) in arrays.items()},
            **{name: getattr(geometry, name) for name in _GEOMETRY},
            **sizes,
            "b": bias,
            "padding": geometry.before,
            "output_size": len(geometry.met),
        }
        places = list(index_values(setting, geometry, sum(roles, ())))
        numbers = {**sizes, n.output_size: len(geometry.met)}
        world = World(setting, geometry).sequences
        wanted = [_at(right(world, {**numbers, **index}), values) for index in places]
        try:
            found = np.ravel(np.asarray(function(**{name: named[name] for name in wants}))).tolist()
        except Exception as error:  # the candidate is somebody else's code: whatever it raises refutes it
            yield Refutation(sizes, {}, f"{type(error).__name__}: {error}", str(wanted))
            continue
        if len(found) != len(wanted):
            yield Refutation(sizes, {}, f"{len(found)} entries", f"{len(wanted)}")
            continue
        for index, is_, should in zip(places, found, wanted, strict=True):
            if not _equal(is_, should):
                operands = ", ".join(f"{name} = {array.tolist()}" for name, (_, array) in arrays.items())
                yield Refutation(sizes, index, f"{is_} for {operands}", str(should))


def _equal(found: Any, wanted: int) -> bool:
    """Exactly for whole numbers, to rounding for floating-point ones."""
    if isinstance(found, float):
        return abs(found - wanted) <= 1e-9 * max(1, abs(wanted))
    return bool(found == wanted)


def _at(poly: Poly, values: Mapping[Any, int]) -> int:
    total = 0
    for monomial, coefficient in poly.items():
        for atom in monomial:
            coefficient *= values[atom]
        total += coefficient
    return int(total)


_GEOMETRY = ("input_size", "kernel_size", "stride", "dilation", "before", "after", "flip")


def _parameters(function: Callable[..., Any], symbols: set[str]) -> list[str]:
    """The names that a function asks for."""
    known = {"x", "w", "delta", "b", "padding", "output_size", *_GEOMETRY, *symbols}
    wants = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in known:
            wants.append(parameter.name)
        elif parameter.default is parameter.empty:
            raise OptionError(
                f"claim: the function asks for {parameter.name!r}: "
                f"{did_you_mean(parameter.name, sorted(known))}"
            )
    return wants
