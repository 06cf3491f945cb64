"""Derivations and closed forms of a chain: how they print, and the evidence that each step holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import mpmath
from sympy import Eq, Expr, Indexed, Symbol
from sympy.core.function import AppliedUndef

from symconv.derivation import Derivation
from symconv.derivation.derivation import Step, reasons_of
from symconv.errors import OptionError
from symconv.evidence.report import Failure, Proof, StepReport, Verification
from symconv.evidence.scalars import EvaluationError
from symconv.index_sums.printers import of_formulas
from symconv.index_sums.symbols import LayerSymbols
from symconv.network.backprop import Line, Script
from symconv.network.evaluation import model_of, numeric_chains, places
from symconv.network.references import DIGITS
from symconv.network.written import functions, matrices, matrix_form, upright
from symconv.printing.display import Display, Row
from symconv.printing.target import MathsTarget
from symconv.printing.targets import as_latex, as_text, in_notebook

#: So many places of a quantity are tried in each case.
MOST_PLACES = 12


class ChainDerivation:
    """How a quantity of a layer of a chain follows from its definition, each step checked.

    Attributes
    ----------
    name : str
        The quantity.
    layer : int
        The number of the layer.
    steps : tuple of Step
    result : ChainFormula
        The closed form.
    """

    def __init__(self, chain: Any, name: str, layer: int) -> None:
        self.name, self.layer, self._chain = name, layer, chain
        script = Script(chain, chain.stage(layer))
        self._lines: list[Line] = script.made(name)
        self._setting: LayerSymbols = script.setting_of(name)
        self._letter, self.ranges = script.letter, script.ranges(name)

    @property
    def title(self) -> str:
        """What is derived."""
        return f"{self.name} of layer {self.layer}"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The lines as plain data."""
        return tuple(
            Step(line.left, line.expr, line.rule, line.reason, self._evidence(line)) for line in self._lines
        )

    @staticmethod
    def _evidence(line: Line) -> str:
        if line.source is None:
            return "compared with dual numbers at random sizes and entries by verify()"
        return f"a step of {line.source[1]} of layer {line.source[0]}, verified and proved there"

    @cached_property
    def result(self) -> ChainFormula:
        """The closed form, which is the last line."""
        return ChainFormula(self)

    def reasons(self) -> dict[str, str]:
        """The reason of each rule that was used, in the order of the steps."""
        return reasons_of(self._lines)

    def _derived(self) -> dict[tuple[int, str], Derivation]:
        """The layers' own derivations that lines are taken from."""
        wanted = dict.fromkeys(line.source[:2] for line in self._lines if line.source)
        return {(n, name): self._chain[n].derive(name) for n, name in wanted}

    def verify(self, *, seed: int = 0) -> ChainVerification:
        """Compare every step with an independent answer.

        Steps of a layer's own derivation are verified as that is. All other steps, and the result, are
        evaluated at random sizes and entries and compared with plain loops on dual numbers: exactly if all
        functions are rational, and in 50 digits otherwise. An unknown function is a polynomial there.

        Returns
        -------
        ChainVerification
            True if and only if every step holds.

        Examples
        --------
        >>> import symconv as sc
        >>> net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Conv1d(None, 3, stride=2))
        >>> bool(net.derive("delta", layer=1).verify())
        True
        """
        own = {key: derivation.verify() for key, derivation in self._derived().items()}
        cases, failures = self._tried(seed)
        reports = []
        for at, line in enumerate(self._lines):
            failure, count = failures.get(at), cases
            if line.source is not None:
                step = own[line.source[:2]].steps[line.source[2]]
                failure = failure or step.failure
                count = step.cases if at not in self._evaluated else min(step.cases, cases)
            reports.append(StepReport(at + 1, line.rule, count, failure))
        return ChainVerification(self.title, tuple(reports))

    @cached_property
    def _evaluated(self) -> list[int]:
        """The lines that are evaluated here: those of the chain, and the last one."""
        own = [at for at, line in enumerate(self._lines) if line.source is None]
        return list(dict.fromkeys([*own, len(self._lines) - 1]))

    def _tried(self, seed: int) -> tuple[int, dict[int, Failure]]:
        """In how many cases lines were evaluated, and where one fails first."""
        failures: dict[int, Failure] = {}
        cases = 0
        with mpmath.workdps(DIGITS):
            for sizes, model in self._models(seed):
                cases += 1
                for index in places(self.ranges, sizes, MOST_PLACES):
                    numbers = {**sizes, **index}
                    for line in self._evaluated:
                        if line in failures:
                            continue
                        left, right = (self._value(model, side, numbers) for side in self._sides(line))
                        if isinstance(left, str) or isinstance(right, str) or not _equal(left, right):
                            failures[line] = Failure(sizes, index, str(right), str(left))
        return cases, failures

    def _models(self, seed: int) -> Iterator[tuple[dict[str, int], Any]]:
        """Numbers for sizes, each with what all letters stand for there."""
        for at, (chain, sizes) in enumerate(numeric_chains(self._chain, seed)):
            yield sizes, model_of(chain, sizes, seed + at, self._letter)

    def _sides(self, at: int) -> tuple[Expr, Expr]:
        return self._lines[at].left, self._lines[at].expr

    @staticmethod
    def _value(model: Any, expr: Expr, numbers: dict[str, int]) -> Any:
        try:
            return model.value(expr, numbers)
        except (EvaluationError, KeyError, ZeroDivisionError) as error:
            return f"undefined ({error})"

    def prove(
        self, *, strides: Sequence[int] | None = None, dilations: Sequence[int] | None = None,
        engine: Literal["z3", "islpy"] | None = None,
    ) -> ChainProof:  # fmt: skip
        """Prove for all sizes the steps that are those of a layer's own derivation.

        Parameters are those of :meth:`Derivation.prove`. What the chain adds to them, the
        chain rule through an activation or a loss, is no statement on sizes; :meth:`verify` covers it.

        Examples
        --------
        >>> import symconv as sc
        >>> net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 3))
        >>> print(net.derive("delta", layer=1).prove())
        grad_input of layer 2: proved for all M_1, with stride 1, dilation 1, by islpy
        """
        how: dict[str, Any] = {"strides": strides, "dilations": dilations, "engine": engine}
        proofs = {key: derivation.prove(**how) for key, derivation in self._derived().items()}
        return ChainProof(tuple((n, name, proof) for (n, name), proof in proofs.items()))

    @cached_property
    def definitions(self) -> dict[Symbol, Expr]:
        """What the letters of output sizes stand for, where they are used."""
        every: dict[Symbol, Expr] = {}
        for stage in self._chain.stages:
            setting = stage.layer.closed.symbols
            every |= setting.definitions
        used = {s for line in self._lines[-1:] for s in line.expr.free_symbols}
        used |= {s for _, _, last in self.ranges for s in last.free_symbols}
        found: dict[Symbol, Expr] = {}
        while missing := [letter for letter in every if letter in used and letter not in found]:
            for letter in missing:
                found[letter] = every[letter]
                used |= every[letter].free_symbols
        return {letter: size for letter, size in every.items() if letter in found}

    def sizes(self, form: MathsTarget) -> list[str]:
        """What the letters of output sizes stand for, in lines of their own."""
        pairs = self.definitions.items()
        return [form.prose("with ") + f"{form.expr(letter)} = {form.expr(size)}" for letter, size in pairs]

    def below(self, form: MathsTarget, *exprs: Expr) -> list[str]:
        """Ranges, sizes and functions, in lines of their own."""
        lines = []
        if self.ranges:
            parts = [form.at_most.join(map(form.expr, (first, i, last))) for i, first, last in self.ranges]
            lines.append(form.prose("for ") + form.comma.join(parts))
        lines += self.sizes(form)
        names = {part.func.__name__ for expr in exprs for part in expr.atoms(AppliedUndef)}
        for stage in self._chain.stages:
            lines += [line for line in functions(form, stage.activation, names) if line not in lines]
        lines += self._probabilities(form, *exprs)
        held = {str(part.base.label) for expr in exprs for part in expr.atoms(Indexed)}
        held |= {part.name for expr in exprs for part in expr.atoms(Symbol)}
        for stage in self._chain.stages:
            kernel, letter = stage.layer.spec.kernel, stage.layer.spec.written.kernel
            if kernel.meaning and letter in held:
                lines.append(form.prose("with ") + form.letter(letter) + form.prose(f" {kernel.meaning}"))
            told = stage.part.told_letters(stage) if stage.part else {}
            for letter in [letter for letter in told if letter in held]:
                left, right = told[letter]
                lines.append(form.prose("with ") + f"{form.expr(left)} = {form.expr(right)}")
        return lines

    def _probabilities(self, form: MathsTarget, *exprs: Expr) -> list[str]:
        letters = {str(part.base.label) for expr in exprs for part in expr.atoms() if hasattr(part, "base")}
        letters |= {str(s) for expr in exprs for s in expr.free_symbols}
        if "p" not in letters or self._chain.loss_function.name != "cross_entropy":
            return []
        last = self._letter(len(self._chain))
        return [form.prose("with p the softmax of ") + form.letter(last)]

    def display(self, target: MathsTarget) -> Display:
        """A row a step, with its rule."""
        form, rows = of_formulas(target, self._setting), []
        side = form.expr(self._lines[0].left)
        for line in self._lines:
            rows.append(Row(side, (form.folded(line.expr),), line.rule))
            side = ""
        exprs = [line.expr for line in self._lines]
        rows[-1] = rows[-1]._replace(below=tuple(self.below(form, *exprs)))
        return upright(target, Display(tuple(rows)))

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


@dataclass(frozen=True)
class ChainVerification(Verification):
    """The result of trying every step of a derivation of a chain; true if and only if each one holds."""

    def __str__(self) -> str:
        lines = super().__str__().splitlines()[:-1]
        whole = "every step holds" if self else "does not hold"
        return "\n".join([*lines, f"{self.name}: {whole}"])


@dataclass(frozen=True)
class ChainProof:
    """The proofs of the layers' own steps in a derivation of a chain; true if there are any and all hold.

    Attributes
    ----------
    proofs : tuple of (int, str, Proof)
        The number of the layer, the quantity, and its proof.
    """

    proofs: tuple[tuple[int, str, Proof], ...]

    def __bool__(self) -> bool:
        return bool(self.proofs) and all(proof for *_, proof in self.proofs)

    def __str__(self) -> str:
        lines = [str(proof).replace(f"{name}:", f"{name} of layer {n}:") for n, name, proof in self.proofs]
        return "\n".join(lines) or "no step is that of a layer alone"


class ChainFormula:
    """The closed form of a quantity of a layer of a chain, ``lhs = rhs`` for each index in its range.

    Attributes
    ----------
    name : str
        The quantity.
    layer : int
        The number of the layer.
    lhs, rhs : expression
        The two sides, with letters for the output sizes of layers.
    index : tuple of (symbol, first, last)
        The indices of the quantity, with their ranges.
    definitions : dict
        What the letters of output sizes stand for.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d("N", "K"), sc.Activation("f"), sc.Dense(None, 3))
    >>> print(net.formula("delta", layer=1))
       delta^(1) = ((W^(2))^T delta^(2)) .* f'(z^(1))
    delta^(1)[j] = f'(z^(1)[j])*sum(i=0..2) delta^(2)[i]*W^(2)[i, j]
                   for 0 <= j <= M_1 - 1
                   with M_1 = N - K + 1
    """

    def __init__(self, derivation: ChainDerivation) -> None:
        self._derivation = derivation
        self.name, self.layer = derivation.name, derivation.layer
        last = derivation._lines[-1]
        self.lhs, self.rhs = last.left, last.expr
        self.index, self.definitions = derivation.ranges, derivation.definitions

    @property
    def equation(self) -> Eq:
        """Both sides as a SymPy equation."""
        return Eq(self.lhs, self.rhs, evaluate=False)

    def _form(self, target: MathsTarget) -> MathsTarget:
        return of_formulas(target, self._derivation._setting)

    def display(self, target: MathsTarget) -> Display:
        """In matrices where there is such a form, explained below, and then entry by entry."""
        return self.shown(target, explained=True)

    def shown(self, target: MathsTarget, *, explained: bool) -> Display:
        """The same; with what the matrices are, or without."""
        form, asked = self._form(target), (self._derivation._chain, self.name, self.layer)
        whole = matrix_form(*asked, form)
        below = [*self._derivation.below(form, self.rhs)]
        below += matrices(*asked, target) if whole and explained else []
        row = Row(form.expr(self.lhs), (form.folded(self.rhs),), below=tuple(below))
        return upright(target, Display((*([whole] if whole else []), row)))

    latex, text = as_latex, as_text
    __str__ = __repr__ = as_text
    _repr_latex_ = in_notebook


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, mpmath.mpf) or isinstance(other, mpmath.mpf):
        return bool(abs(_mpf(one) - _mpf(other)) <= mpmath.mpf(10) ** -25 * (1 + abs(_mpf(one))))
    return bool(one == other)


def _mpf(number: Any) -> Any:
    return number if isinstance(number, mpmath.mpf) else mpmath.mpf(number.numerator) / number.denominator


def require_symbols(chain: Any) -> None:
    """Closed forms are symbolic."""
    if chain.values.given:
        raise OptionError(
            "closed forms are symbolic, but this chain has values: use the chain before .at(...)."
        )
