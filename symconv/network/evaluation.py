"""Lines of a chain's derivations at numbers: sums are loops, derivatives those of dual numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np
from sympy import Add, Expr, Indexed, Mul, Pow, Sum, Symbol, exp, sympify
from sympy.core.function import AppliedUndef

from symconv.check.report import Report
from symconv.errors import SymconvError
from symconv.evidence.scalars import EvaluationError, compiled_condition, compiled_number
from symconv.index_sums.nodes import Partial
from symconv.network.check import Judge, run
from symconv.network.references import Dual
from symconv.printing.expressions import Iverson

#: Numbers for indices and sizes, by name.
Numbers = dict[str, int]

#: Sequences of a chain at numbers: flat entries and their shape, by letter.
Sequences = Mapping[str, tuple[Sequence[Any], tuple[int, ...]]]


@dataclass
class Model:
    """A chain at numbers: what its letters stand for, and its derivatives as the reference finds them."""

    sizes: Numbers
    base: int
    sequences: dict[str, tuple[Sequence[Any], tuple[int, ...]]]
    partial: Callable[[Model, Expr, Expr, Numbers], Any]
    function: Callable[[str, Any], Any]

    def entry(self, entry: Indexed, numbers: Numbers) -> Any:
        """One entry of a sequence; one index of several is that of the flattened sequence."""
        flat, shape = self.sequences[str(entry.base.label)]
        return flat[self.place(entry, shape, numbers)]

    def place(self, entry: Indexed, shape: Sequence[int], numbers: Numbers) -> int:
        """The flat index of an entry."""
        index = [compiled_number(i)(numbers) - self.base for i in entry.indices]
        sizes = list(shape) if len(shape) == len(index) else [int(np.prod(shape))]
        if len(sizes) != len(index) or not all(
            i == int(i) and 0 <= i < n for i, n in zip(index, sizes, strict=True)
        ):
            raise EvaluationError(f"{entry} is outside the sequence")
        return int(np.ravel_multi_index(tuple(map(int, index)), sizes))

    def value(self, expr: Expr, numbers: Numbers) -> Any:
        """The value of an expression, exact where its parts are."""
        if isinstance(expr, Add):
            return _sum(self.value(part, numbers) for part in expr.args)
        if isinstance(expr, Mul):
            return self._product(expr, numbers)
        if isinstance(expr, Sum):
            return self._summed(expr, numbers)
        if isinstance(expr, Indexed):
            return self.entry(expr, numbers)
        if isinstance(expr, Iverson):
            return int(compiled_condition(expr.args[0])(numbers))
        if isinstance(expr, Partial):
            of, by = expr.args
            return self.partial(self, of, by, numbers)
        if isinstance(expr, AppliedUndef):
            return self.function(expr.func.__name__, self.value(expr.args[0], numbers))
        if isinstance(expr, exp):
            return mpmath.exp(self.value(expr.args[0], numbers))
        if isinstance(expr, Pow) and expr.exp.is_Integer and expr.has(Indexed, Sum):
            power, number = int(expr.exp), self.value(expr.base, numbers)
            one = mpmath.mpf(1) if isinstance(number, mpmath.mpf) else Fraction(1)
            return (number if power > 0 else one / number) ** abs(power)
        if isinstance(expr, Symbol) and expr.name in self.sequences:
            return self.sequences[expr.name][0][0]
        return compiled_number(expr)(numbers)

    def _product(self, expr: Mul, numbers: Numbers) -> Any:
        """Brackets come first: where one is 0 nothing else is looked at."""
        whole: Any = 1
        for part in sorted(expr.args, key=lambda part: not isinstance(part, Iverson)):
            factor = self.value(part, numbers)
            if isinstance(part, Iverson) and not factor:
                return 0
            whole = whole * factor
        return whole

    def _summed(self, expr: Sum, numbers: Numbers) -> Any:
        (index, first, last), *inner = reversed(expr.limits)
        rest = Sum(expr.function, *reversed(inner)) if inner else expr.function
        span = range(int(compiled_number(first)(numbers)), int(compiled_number(last)(numbers)) + 1)
        return _sum((self.value(rest, {**numbers, index.name: at}) for at in span), 0)


def _sum(terms: Iterator[Any], whole: Any = 0) -> Any:
    for term in terms:
        whole = term + whole
    return whole


def numeric(chain: Any, sizes: Mapping[str, int]) -> tuple[Any, Numbers]:
    """The chain at numbers for its letters, with numbers for the letters of its output sizes too.

    Raises
    ------
    SymconvError
        When there is no such chain.
    """
    swap: dict[Symbol, Any] = {}
    numbers: Numbers = dict(sizes)
    stages = []
    for stage in chain.stages:
        spec = stage.layer.spec
        free = {s for size in spec.tied.geometry.values() for s in sympify(size).free_symbols}
        swap |= {symbol: sympify(numbers[symbol.name]) for symbol in free if symbol.name in numbers}
        made = spec.replaced(swap)
        _require_possible(made)
        layer = type(stage.layer)._with(made, {})
        names = stage.layer.closed.symbols.m_names
        numbers |= dict(zip(names, map(int, made.output_sizes), strict=True))
        shape = tuple(int(compiled_number(sympify(size))(numbers)) for size in stage.before)
        stages.append(replace(stage, layer=layer, before=shape, sizes={}))
    shape = tuple(int(compiled_number(sympify(size))(numbers)) for size in chain.shape)
    return chain._with({}, stages, shape), numbers


def _require_possible(spec: Any) -> None:
    least = min(map(int, [*spec.output_sizes, *(n for role in spec.tied.extents.values() for n in role)]))
    limits = [limit for relation in spec.tied.relations for limit in relation.limits]
    if least < 1 or any(bool(limit) is False for limit in [*limits, *spec.conditions]):
        raise SymconvError("there is no layer with these sizes")
    sizes = spec.tied.geometry.items()
    if any(
        int(size) < (0 if name.split()[0] in ("before", "after", "output_padding") else 1)
        for name, size in sizes
    ):
        raise SymconvError("there is no layer with these sizes")


def open_sizes(chain: Any) -> list[str]:
    """The letters of a chain that are not the output size of one of its layers, by name."""
    made = {name for stage in chain.stages for name in stage.layer.closed.symbols.m_names}
    free = {
        symbol.name
        for stage in chain.stages
        for size in stage.layer.spec.tied.geometry.values()
        for symbol in sympify(size).free_symbols
    }
    return sorted(free - made)


#: So many numeric chains are tried, and so many assignments looked at for them.
MOST_CHAINS, MOST_LOOKED_AT = 6, 3000


def numeric_chains(chain: Any, seed: int = 0) -> list[tuple[Any, Numbers]]:
    """The chain at some small numbers for its letters."""
    names, rng, found = open_sizes(chain), np.random.default_rng(seed), []
    if not names:
        return [numeric(chain, {})]
    tried = set()
    for _ in range(MOST_LOOKED_AT):
        drawn = tuple(int(n) for n in rng.integers(1, 10, len(names)))
        if drawn in tried:
            continue
        tried.add(drawn)
        try:
            made, numbers = numeric(chain, dict(zip(names, drawn, strict=True)))
        except SymconvError:
            continue
        patterns = [stage.layer.pattern for stage in made.stages]
        if max(pattern.count("output") * pattern.count("tap") for pattern in patterns) > 2000:
            continue
        found.append((made, numbers))
        if len(found) >= MOST_CHAINS:
            break
    return found


def check(chain: Any, *, draws: int = 2, seed: int = 0, most: int = 2000) -> Report:
    """Compare every quantity of every layer with plain loops on dual numbers, exactly where it can be.

    An unknown function is put to the test as a polynomial. Where a function is not rational, numbers have
    50 digits. Expressions with more than about ``most`` terms are compared as numbers only.

    Examples
    --------
    >>> import symconv as sc
    >>> bool(sc.Chain(sc.Conv1d(3, 2), sc.Activation("f"), sc.Dense(None, 1)).check())
    True
    """
    if chain.values.numeric:
        return run(chain, draws, seed, most)
    chains = [made for made, _ in numeric_chains(chain, seed)[:draws]]
    return Report(tuple(finding for made in chains for finding in run(made, 1, seed, most).findings))


def model_of(chain: Any, numbers: Numbers, seed: int, letters: Callable[[int], str]) -> Model:
    """A numeric chain at random numbers, with what the reference finds."""
    judge = Judge(chain, np.random.default_rng(seed))
    found, given = judge.answer, judge.given
    n = len(chain.stages)
    sequences: dict[str, tuple[Sequence[Any], tuple[int, ...]]] = {}
    shapes = {0: tuple(map(int, chain.stages[0].before))} | {
        s.number: tuple(map(int, s.shape)) for s in chain.stages
    }
    for number, shape in shapes.items():
        sequences[letters(number)] = (found.a[number], shape)
    for s in chain.stages:
        spec, entries = s.layer.spec.written, s.layer.entries
        sequences[spec.output] = (found.z[s.number], shapes[s.number])
        sequences[spec.upstream] = (found.gradients["z", s.number], shapes[s.number])
        if s.learned:
            sequences[spec.kernel] = (given.w[s.number], entries.shape("tap"))
        elif s.layer.spec.kernel.depends_on_input:
            sequences[spec.kernel] = (
                judge.passes[0].taps[s.number],
                tuple(map(int, s.layer.pattern.extents["tap"])),
            )
        if s.layer.bias:
            sequences[spec.bias] = (given.b[s.number], entries.shape("bias"))
    sequences["t"] = (given.target, shapes[n])
    if chain.loss_function.name == "cross_entropy" and not chain.loss_function.of_probabilities:
        with mpmath.workdps(50):
            powers = [mpmath.exp(a) for a in found.a[n]]
            sequences["p"] = ([power / sum(powers) for power in powers], shapes[n])
    gradients = {letters(k): found.gradients["a", k] for k in shapes}
    gradients |= {s.layer.spec.written.output: found.gradients["z", s.number] for s in chain.stages}
    gradients |= {
        s.layer.spec.written.kernel: found.gradients["w", s.number] for s in chain.stages if s.learned
    }
    gradients |= {
        s.layer.spec.written.bias: found.gradients["b", s.number] for s in chain.stages if s.layer.bias
    }
    held = {letters(s.number): s for s in chain.stages}

    def partial(model: Model, of: Expr, by: Expr, at: Numbers) -> Any:
        name = str(by.base.label) if isinstance(by, Indexed) else by.name
        if isinstance(of, Symbol):
            flat = gradients[name]
            return flat[model.place(by, sequences[name][1], at)] if isinstance(by, Indexed) else flat[0]
        if not isinstance(of, Indexed):
            return _difference(model, of, by, at)
        label = str(of.base.label)
        values = sequences[label][0]
        i, j = (model.place(entry, sequences[str(entry.base.label)][1], at) for entry in (of, by))
        if label == "p" or held[label].activation.is_softmax:
            return values[i] * (int(i == j) - values[j])
        raise EvaluationError(f"{of} is differentiated by its layer only")

    def function(name: str, value: Any) -> Any:
        for s in judge.stages:
            own = chain.stages[s.number - 1].activation
            if name.removesuffix("'") == own.letter:
                dual = judge.functions[s.number](Dual(value, {0: 1}))
                return dual.slopes.get(0, 0) if name.endswith("'") else dual.value
        raise EvaluationError(f"{name} has no value")

    base = int(chain.notation.base)
    return Model(dict(numbers), base, sequences, partial, function)


def _difference(model: Model, of: Expr, by: Indexed, at: Numbers) -> Any:
    """The derivative of a polynomial of degree 2 by an entry: a central difference, which is exact."""
    letter = str(by.base.label)
    flat, shape = model.sequences[letter]
    place, found = model.place(by, shape, at), []
    for step in (1, -1):
        moved = list(flat)
        moved[place] = moved[place] + step
        sequences = {**model.sequences, letter: (moved, shape)}
        found.append(replace(model, sequences=sequences).value(of, at))
    return (found[0] - found[1]) * Fraction(1, 2)


def places(ranges: Sequence[tuple[Symbol, Expr, Expr]], numbers: Numbers, most: int) -> list[Numbers]:
    """Values of some indices, evenly from all of them."""
    spans = [
        range(int(compiled_number(first)(numbers)), int(compiled_number(last)(numbers)) + 1)
        for _, first, last in ranges
    ]
    every = [dict(zip((i.name for i, *_ in ranges), at, strict=True)) for at in product(*spans)]
    if len(every) <= most:
        return every
    return [every[at * (len(every) - 1) // (most - 1)] for at in range(most)]
