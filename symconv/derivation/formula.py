"""Formulas: the closed form of a quantity as an equation, with the ranges of its indices."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from math import prod
from typing import Any

from sympy import Add, Eq, Ge, IndexedBase, Integer, Matrix, Mul, S, Symbol, expand, sympify

from symconv.derivation.inequalities import terms_nonnegative
from symconv.errors import GeometryError, OptionError
from symconv.evidence.cases import NumericModel, geometries
from symconv.evidence.polynomials import Poly, compiled
from symconv.evidence.report import equalities
from symconv.evidence.scalars import compiled_number
from symconv.explicit.entries import in_shape
from symconv.explicit.registry import QUANTITIES
from symconv.index_sums.domain import IndexDomain
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import IndexSum
from symconv.index_sums.printers import latex_for, of_formulas
from symconv.index_sums.symbols import LayerSymbols, least
from symconv.pattern.given import Expr
from symconv.printing.display import Display, Row
from symconv.printing.letters import entry_name
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, in_notebook


class Formula:
    """A closed form ``lhs = rhs``, valid for each index in its range.

    ``rhs`` is a SymPy expression with ``Sum``, ``Indexed`` and :class:`Iverson` brackets. Putting in numbers
    with :meth:`subs` gives the entry, which is 0 where no tap meets an input.

    Attributes
    ----------
    name : str
        The quantity.
    lhs, rhs : expression
        The two sides.
    index : tuple of (symbol, first, last)
        The indices of the quantity, with their ranges.
    conditions : tuple
        What the sizes must satisfy.
    definitions : dict
        The output sizes whose letters the printed form uses.

    Examples
    --------
    >>> import symconv as sc
    >>> formula = sc.Conv1d("N", "K", padding="full", flip=True).formula("output")
    >>> formula.rhs
    Sum(w[k]*x[i - k], (k, Max(0, -N + i + 1), Min(i, K - 1)))
    >>> formula.at(N=3, K=2).T
    Matrix([[w0*x0, w0*x1 + w1*x0, w0*x2 + w1*x1, w1*x2]])
    """

    def __init__(self, setting: LayerSymbols, name: str, left: Expr, terms: IndexSum) -> None:
        self.name = name
        self._setting = setting
        self._left, self._terms = left, terms
        self._back = {inner: outer for outer, inner in setting.integers.items()}
        self._shown = shift_index_base(terms.shown, setting)
        self._scope = IndexDomain(setting, left, self._shown)
        self.kept = self._scope.kept
        self.lhs: Expr = shift_index_base(left, setting)

    def renamed(self, old: Symbol, new: Symbol) -> Formula:
        """The same with another letter for one of its indices, unless that is in use.

        Examples
        --------
        >>> import symconv as sc
        >>> from sympy import Symbol
        >>> letters = [Symbol(letter, integer=True) for letter in "Cc"]
        >>> formula = sc.Conv1d("N", "K", in_channels="A", out_channels="B").formula("grad_input")
        >>> formula.lhs, formula.renamed(*letters).lhs
        (Partial(L, x[C, j]), Partial(L, x[c, j]))
        """
        if old not in self.kept or self.rhs.has(new) or self.lhs.has(new):
            return self
        left = self._left.xreplace({old: new})
        return Formula(self._setting, self.name, left, self._terms.replaced(old, new))

    @cached_property
    def rhs(self) -> Expr:
        """The right side, in sizes and indices only."""
        found: Expr = self.safe.xreplace(self._setting.definitions).xreplace(self._back)
        return found

    @cached_property
    def safe(self) -> Any:
        """The right side with a letter for the output size, safe for numbers."""
        return shift_index_base(self._terms.expr, self._setting)

    @property
    def equation(self) -> Eq:
        """``lhs = rhs`` as a SymPy equation."""
        return Eq(self.lhs, self.rhs, evaluate=False)

    @property
    def index(self) -> tuple[tuple[Symbol, Expr, Expr], ...]:
        return tuple((index, first, last.xreplace(self._back)) for index, first, last in self._scope.ranges)

    @property
    def definitions(self) -> dict[Symbol, Expr]:
        return {letter: size.xreplace(self._back) for letter, size in self._scope.definitions.items()}

    @cached_property
    def conditions(self) -> tuple[Any, ...]:
        """What sizes must satisfy, such as at least 1, and at least one output on each axis."""
        setting, found = self._setting, []
        by_name = all(axis.options.get("padding") in ("valid", "same", "full") for axis in setting.spec.axes)
        for name, size in setting.sizes.items():
            given = size.is_Symbol or not (size - least(name)).is_nonnegative
            if given and not (by_name and name.split()[0] in ("before", "after")):  # these are never negative
                found.append(Ge(size.xreplace(self._back), least(name), evaluate=False))
        for axis in setting.exact_spec.axes:
            for last, value in axis.size_counts(S.Zero):
                reach = expand(value)
                if not terms_nonnegative(expand(last - reach)):
                    found.append(Ge(expand(last + 1).xreplace(self._back), (reach + 1).xreplace(self._back)))
        limits = (limit for relation in setting.exact_spec.pattern.relations for limit in relation.limits)
        found += [limit.xreplace(self._back) for limit in limits if limit is not S.true]
        found += setting.spec.conditions
        return tuple(dict.fromkeys(found))

    def at(self, /, **sizes: int) -> Any:
        """The explicit entries at given sizes, in the same container as the explicit quantity.

        Parameters
        ----------
        **sizes : int
            A number for each symbol of the layer, as in ``N=4, K=3``.

        Raises
        ------
        OptionError
            If a symbol is missing or unknown, or a size is not a whole number.
        GeometryError
            If there is no layer with these sizes.
        """
        model, evaluate = self._model(sizes), compiled(self.safe)
        sequences, numbers = model.sequences(), model.numbers
        places = list(model.places(self.kept))
        values = [self._entry(evaluate(sequences, {**numbers, **index})) for index in places]
        if self.name == "output_size":
            return int(values[0])
        row = QUANTITIES[self.name]
        if not row.is_matrix:
            base = self._setting.notation.base
            return in_shape(values, tuple(places[-1][index.name] - base + 1 for index in self.kept))
        counts = model.geometry.counts
        rows, columns = (prod(n for role in side for n in counts[role]) for side in (row.rows, row.columns))
        if self.name == "windows" and self._setting.window_roles[0] == "tap":  # the explicit ones are rows
            return Matrix(columns, rows, values).T
        return Matrix(rows, columns, values)

    def subs(self, given: Mapping[str, int] | None = None, /, **numbers: int) -> Expr:
        """The right side with numbers for some of its sizes and indices; ``formula(N=4)`` is the same.

        Parameters
        ----------
        given : mapping, optional
            The numbers as a dictionary, whose keys are letters or symbols.
        **numbers : int
            A number for a size or an index, by its letter. If all have one, the result is the entry.

        Returns
        -------
        expression

        Raises
        ------
        OptionError
            If a letter is unknown, or its value is not a whole number in its range.
        GeometryError
            If there is no layer with these sizes.

        Examples
        --------
        >>> import symconv as sc
        >>> formula = sc.Conv1d("N", "K", padding="full", flip=True).formula("output")
        >>> formula.subs(K=2)
        Sum(w[k]*x[i - k], (k, Max(0, -N + i + 1), Min(1, i)))
        >>> formula(N=3, K=2, i=1)
        w[0]*x[1] + w[1]*x[0]
        """
        sizes, indices = {s.name for s in self._setting.symbols}, {index.name for index in self.kept}
        numbers |= {str(letter): number for letter, number in (given or {}).items()}
        values = _whole_numbers("subs", numbers, sizes | indices)
        if sizes <= values.keys():
            model = self._model({name: values[name] for name in sizes})
            self._require_indices(values, model)
            if indices <= values.keys():
                at = {**model.numbers, **{name: values[name] for name in indices}}
                return self._in_entries(compiled(self.safe)(model.sequences(), at))
        swap = {s: Integer(values[s.name]) for s in self.rhs.free_symbols if s.name in values}
        if any(condition.xreplace(swap) is S.false for condition in self.conditions):
            raise self._impossible(values)
        found: Expr = self.rhs.xreplace(swap)
        return found

    __call__ = subs

    def _require_indices(self, values: dict[str, int], model: NumericModel) -> None:
        for index, first, last in self._scope.ranges:
            end = int(compiled_number(last)(model.numbers))
            if not first <= values.get(index.name, first) <= end:
                raise OptionError(f"subs({index}={values[index.name]}): {index} runs from {first} to {end}.")

    def _in_entries(self, poly: Poly) -> Expr:
        """A polynomial in the entries of the sequences."""
        base = self._setting.notation.base
        terms = []
        for monomial, coefficient in poly.items():
            entries = (
                IndexedBase(letter)[tuple(i + base for i in at)] if at else Symbol(letter)
                for letter, at in monomial
            )
            terms.append(Mul(sympify(coefficient), *entries))
        found: Expr = Add(*terms)
        return found

    def _model(self, sizes: dict[str, int]) -> NumericModel:
        needed = {symbol.name for symbol in self._setting.symbols}
        sizes = _whole_numbers("at", sizes, needed)
        missing = sorted(needed - set(sizes))
        if missing:
            raise OptionError(f"at needs a number for {', '.join(missing)}, as in at({missing[0]}=4).")
        for model in geometries(self._setting, {name: [value] for name, value in sizes.items()}):
            return model
        raise self._impossible(sizes)

    def _impossible(self, sizes: dict[str, int]) -> GeometryError:
        return GeometryError(
            f"there is no layer with {equalities(sizes)}: "
            f"the sizes must satisfy {', '.join(map(str, self.conditions)) or 'the conditions of the layer'}."
        )

    def _entry(self, poly: Poly) -> Any:
        """A polynomial in the symbols that the explicit quantity has."""
        base = self._setting.notation.base
        terms = []
        for monomial, coefficient in poly.items():
            names = (entry_name(letter, *(i + base for i in indices)) for letter, indices in monomial)
            terms.append(Mul(sympify(coefficient), *map(Symbol, names)))
        return Add(*terms)

    @property
    def zero_based(self) -> Any:
        """The right side with indices from 0 and a letter for the output size, for proofs."""
        return self._terms.shown

    def display(self, target: MathsTarget, rewritten: Callable[[Expr], Expr] = lambda e: e) -> Display:
        """The equation and its definitions, and the ranges of its indices below them.

        The right side is ``rewritten`` as it is shown, such as by a function that stands for a part of it.
        """
        form, scope = of_formulas(target, self._setting), self._scope
        right = form.folded(rewritten(self._shown))
        *rows, last = Row(form.expr(self.lhs), (right,)), *scope.defined(form)
        return Display((*rows, last._replace(below=(*scope.held(form), *scope.kernel(form)))))

    def latex_with(self, right: Any) -> str:
        """The equation with another right side, in LaTeX."""
        form = latex_for(self._setting)
        return f"{form.expr(self.lhs)} = {form.expr(right)}"

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


def _whole_numbers(method: str, given: dict[str, int], known: set[str]) -> dict[str, int]:
    for name, value in given.items():
        if name not in known:
            word = "size" if method == "at" else "letter"
            sentence = f"{method}: unknown {word} {{given!r}}: {{cure}}"
            raise OptionError(sentence, given=name, allowed=sorted(known))
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise OptionError(f"{method}({name}={value!r}): write a whole number.")
    return {name: operator.index(value) for name, value in given.items()}
