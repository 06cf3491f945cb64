"""Derivations: lists of steps, each an expression with its rule, its reason and its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar

from sympy import Eq

from symconv.derivation.formula import Formula
from symconv.derivation.rules.limits import Recognise
from symconv.derivation.scripts import written
from symconv.derivation.verification import QUICK_INDICES, Progress, StepTrials
from symconv.errors import GeometryError, OptionError, SymconvError
from symconv.evidence.cases import Grid, geometries
from symconv.evidence.certificates import Certificate, certified, confirmed
from symconv.evidence.proofs import prove
from symconv.evidence.report import AT_RANDOM, Proof, Verification
from symconv.evidence.sweeps import Sweep
from symconv.evidence.trials import portions
from symconv.index_sums.domain import IndexDomain
from symconv.index_sums.index_base import shift_index_base
from symconv.index_sums.nodes import UncheckedStep
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.pattern.given import Expr
from symconv.printing.display import Display, Row
from symconv.printing.english import counted
from symconv.printing.names import EngineName
from symconv.printing.options import options_checked
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, in_notebook

#: Cases that every derivation is checked on before anybody sees it: few, but with all edges.
QUICK_CASES = 24


class DerivationError(SymconvError):
    """A step of a derivation failed its check: a bug in symconv, which never shows such a result."""


@dataclass(frozen=True)
class Step:
    """One line of a derivation, as plain data.

    Attributes
    ----------
    left, expr : expression
        The two sides, as SymPy expressions.
    rule : str
        The name of the rule that gives the right side.
    reason : str
        Why the rule applies, in a sentence.
    evidence : str
        How the equality with the line before was checked.
    """

    left: Expr
    expr: Expr
    rule: str
    reason: str
    evidence: str

    @property
    def equation(self) -> Eq:
        """Both sides as a SymPy equation."""
        return Eq(self.left, self.expr, evaluate=False)


def reasons_of(lines: Iterable[Any]) -> dict[str, str]:
    """The reasons of each rule in some lines, each reason once, in the order of the lines."""
    found: dict[str, str] = {}
    for line in lines:
        sentence = found.get(line.rule, "")
        if line.reason not in sentence:
            found[line.rule] = f"{sentence} {line.reason}".strip()
    return found


def draft(setting: LayerSymbols, name: str) -> Formula:
    """A quantity as the sum that defines it, for questions about its left side and its indices."""
    first = written(setting, name)[0]
    return Formula(setting, name, first.left, first.terms)


class Derivation:
    """How the closed form of a quantity follows from its definition, each step checked.

    Attributes
    ----------
    name : str
        The quantity.
    steps : tuple of Step
    result : Formula
        The closed form.

    Examples
    --------
    >>> import symconv as sc
    >>> derivation = sc.Conv1d("N", "K").derive("grad_kernel")
    >>> print([step.rule for step in derivation.steps])
    ['chain rule', 'substitution', 'linearity', 'entry rule', 'sifting', 'solving', 'always true',
    'named operation']
    """

    def __init__(self, setting: LayerSymbols, name: str, axis: int = 0) -> None:
        self.name = name
        self._setting = setting
        self._lines: list[UncheckedStep] = written(setting, name, axis)
        cases = _spread(geometries(setting), QUICK_CASES // 3 if setting.several else QUICK_CASES)
        if not cases:
            raise GeometryError(
                f"no layer has small numbers for {', '.join(_symbols(setting)) or 'the sizes'}: "
                "the kernel must fit into the padded input, and padding must not be negative."
            )
        quick = self._trials.told(name, self._trials.on(portions(cases), QUICK_INDICES))
        if not quick:
            raise DerivationError(f"the derivation of {name} does not hold: {quick}")
        back = {inner: outer for outer, inner in setting.integers.items()}
        evidence = f"equal in {counted(len(cases), 'case')} {AT_RANDOM}"

        def outer(expr: Any) -> Any:
            return shift_index_base(expr, setting).xreplace(back)

        self.steps = tuple(
            Step(outer(line.left), outer(line.terms.expr), line.rule, line.reason, evidence)
            for line in self._lines
        )

    def display(self, target: MathsTarget) -> Display:
        """A row a step, with its rule; below the last one of a quantity, where it holds."""
        form, rows = of_formulas(target, self._setting), []
        for left, lines in groupby(self._lines, key=lambda line: line.left):
            side, chain = form.expr(shift_index_base(left, self._setting)), list(lines)
            for line in chain:
                right = form.folded(shift_index_base(line.terms.shown, self._setting))
                rows.append(Row(side, (right,), line.rule))
                side = ""
            scope = IndexDomain(self._setting, left, *(line.terms.shown for line in chain))
            letters = (f"{form.prose('with ')}{row.left} = {row.parts[0]}" for row in scope.defined(form))
            rows[-1] = rows[-1]._replace(below=(*scope.held(form), *letters, *scope.kernel(form)))
        return Display(tuple(rows))

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook

    def reasons(self) -> dict[str, str]:
        """The reason of each rule that was used, in the order of the steps."""
        return reasons_of(self._lines)

    @cached_property
    def result(self) -> Formula:
        """The closed form, which is the last line without a named operation."""
        lines = [line for line in self._lines if line.left == self._lines[0].left]
        last = [line for line in lines if line.rule != Recognise.name][-1]
        return Formula(self._setting, self.name, last.left, last.terms)

    def verify(
        self, /, *, executor: Executor | None = None, progress: Progress = nullcontext, **grid: Iterable[int]
    ) -> Verification:
        """Put numbers into both sides of every step and compare them.

        Sizes and indices are small numbers, entries random ones modulo the prime p = 2^31 - 1. Two different
        polynomials of degree d agree there with a probability of at most d/p (Schwartz and Zippel), so a step
        that is wrong in one of the cases passes with a probability below 2/10^9. Where the numbers differ,
        both sides are found exactly, as polynomials, and the result shows these.

        Parameters
        ----------
        executor : concurrent.futures.Executor, optional
            Works on several parts of the grid at once; the result is the same.
        progress : function, optional
            Takes the list of the parts' sizes and returns a context manager that yields them one by one.
        **grid : range
            The numbers tried for a size, by its name, as in ``N=range(1, 9)``. By default every size runs
            over small numbers, the fewer the more sizes are symbols; of a layer with several indices, such
            as those of two axes or of channels, 300 cases are drawn.

        Returns
        -------
        Verification
            True if and only if every step holds on every case; it gives the number of cases.

        Examples
        --------
        >>> import symconv as sc
        >>> bool(sc.Conv1d("N", "K").derive("output").verify())
        True
        """
        numbers = checked_grid("verify", self._setting, grid)
        sweep = Sweep.over(Grid(self._setting, numbers, wide=True))
        return self._trials.told(self.name, self._trials.over(sweep, executor, progress))

    @options_checked
    def prove(
        self,
        *,
        strides: Sequence[int] | None = None,
        dilations: Sequence[int] | None = None,
        engine: EngineName | None = None,
        confirm: bool = False,
        executor: Executor | None = None,
    ) -> Proof:
        """Prove for all sizes, strides, dilations and paddings that both sides of every step are equal.

        Parameters
        ----------
        strides, dilations : sequence of int, optional
            If given, the steps are proved for these numbers only, where the layer's stride or dilation is a
            symbol, and by islpy.
        engine : "z3" or "islpy", optional
            z3 proves the steps for all strides and dilations, islpy for given ones. By default z3 is asked
            first if a stride or dilation is a symbol, else islpy; the other is asked if the first cannot
            decide. For a symbol islpy takes 1, 2 and 3.
        confirm : bool
            Also ask a second solver, cvc5, and say which steps it proves too: up to ten seconds a question.
        executor : concurrent.futures.Executor, optional
            Works on several steps at once; the proof is the same.

        Returns
        -------
        Proof
            True if and only if every step is proved; otherwise it names sizes and indices where one fails.

        Raises
        ------
        MissingExtraError
            If the engine is not installed; it belongs to the extra ``prove``.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d("N", "K", stride="s", padding="p").derive("grad_input").prove())
        grad_input: proved for all K, N, p, s, by z3
        """
        for name, wanted in (("stride", strides), ("dilation", dilations)):
            values = [1] if wanted is None else list(wanted) if isinstance(wanted, Iterable) else [0]
            if not values or any(isinstance(v, bool) or not isinstance(v, int) or v < 1 for v in values):
                raise SymconvError(f"prove: {name}s={values}: write whole numbers of at least 1.")
        asked = (strides and (*strides,), dilations and (*dilations,), engine)
        if asked not in self._proofs:
            self._proofs[asked] = prove(
                self._setting, self.name, self._lines, strides, dilations, engine, executor
            )
        found = self._proofs[asked]
        return confirmed(found, self.certificate(), executor) if confirm else found

    def certificate(self) -> Certificate:
        """The questions that decide every step, as scripts for any solver that reads SMT-LIB 2.

        Returns
        -------
        Certificate
            ``.save(folder)`` writes the scripts, ``.check()`` asks z3 and cvc5.

        Examples
        --------
        >>> import symconv as sc
        >>> certificate = sc.Conv1d("N", "K", stride="s").derive("output_size").certificate()
        >>> print(str(certificate.check()).splitlines()[-1])
        8 of 8 scripts: unsat by z3 and cvc5
        """
        return certified(self._setting, self.name, self._lines)

    def settled(self) -> str:
        """The evidence in a sentence: verified on how many cases, and proved for what, or why not.

        >>> import symconv as sc
        >>> sc.Conv1d("N", "K").derive("output").settled().partition(", and ")[0]
        'every step verified on 210 cases at random entries'
        """
        verified = f"every step verified on {counted(self.verify().cases, 'case')} {AT_RANDOM}"
        try:
            proof = self.prove()
        except SymconvError as error:
            return f"{verified}; no proof: {str(error).rstrip('.')}."
        return f"{verified}, and proved {proof.scope}." if proof else f"{verified}; no proof was found."

    @cached_property
    def _proofs(self) -> dict[Any, Proof]:
        """What is proved already, by what was asked."""
        return {}

    @cached_property
    def _trials(self) -> StepTrials:
        return StepTrials(self._setting, self._lines)


def checked_grid(call: str, setting: LayerSymbols, grid: Mapping[str, Iterable[int]]) -> dict[str, list[int]]:
    """The numbers for each size, or an error for a size that there is not, or that has no numbers."""
    known = _symbols(setting)
    found = {}
    for name, values in grid.items():
        if name not in known:
            named = f"the sizes {', '.join(known)}" if known else "no sizes that are symbols"
            raise OptionError(f"{call}: unknown size {name!r}; this layer has {named}.")
        if isinstance(values, str | int) or not isinstance(values, Iterable):
            raise OptionError(f"{call}({name}={values!r}): give several numbers, as in range(1, 9).")
        found[name] = list(values)
        if not found[name] or any(isinstance(v, bool) or not isinstance(v, int) for v in found[name]):
            raise OptionError(f"{call}({name}={values!r}): give at least one whole number.")
    return found


def _symbols(setting: LayerSymbols) -> list[str]:
    return [symbol.name for symbol in setting.symbols]


_Item = TypeVar("_Item")


def _spread(items: Iterable[_Item], most: int | None) -> list[_Item]:
    """Some of the items, evenly from the whole range, the first and the last included."""
    every = list(items)
    if most is None or len(every) <= most:
        return every
    return [every[at * (len(every) - 1) // max(1, most - 1)] for at in range(most)]
