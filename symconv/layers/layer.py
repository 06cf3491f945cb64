"""The user's face: a layer that holds its parts, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from symconv.algorithms import Listing, algorithms_for
from symconv.check import REFERENCES, Progress, Report, run
from symconv.derivation import Formula
from symconv.errors import OptionError
from symconv.explicit.equation import Equation
from symconv.explicit.letters import told_apart
from symconv.explicit.registry import QUANTITIES, derived, printed
from symconv.explicit.structure import Structure
from symconv.figures import FIGURES
from symconv.layers.asked import asked, operand, quantity
from symconv.layers.closed import ClosedForms
from symconv.layers.description import call, defaults
from symconv.layers.einsum import einsum
from symconv.layers.entries import LETTERS, Entries
from symconv.layers.judged import Judgment
from symconv.layers.noted import sources
from symconv.layers.practice import Practice
from symconv.layers.to_torch import to_torch
from symconv.layers.unsized import Unsized
from symconv.layers.written import Written
from symconv.notes import Document, notes
from symconv.pattern import Kernel, Pattern, Relation, Size, Spatial, Specification, sentence, title
from symconv.pattern.given import Expr, Matrix, Shaped
from symconv.printing import names
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


class Layer:
    """What every layer offers, whatever its kind.

    ``M``, ``K`` and ``N`` are the numbers of outputs, taps and inputs. An operand or a quantity in its shape
    is an expression if it has no index, a column ``Matrix`` if it has one, and an ``Array`` if it has more.
    Matrices act on row-major flattenings. Each access returns a new copy. If a size is a symbol, explicit
    quantities raise :class:`symconv.errors.SymbolicSizeError`.
    """

    if TYPE_CHECKING:  # operands, and the explicit quantities, one a row of the registry
        x: Shaped
        w: Shaped
        delta: Shaped
        b: Shaped
        output: Shaped
        matrix: Matrix
        windows: Matrix
        grad_input: Shaped
        grad_kernel: Shaped
        grad_bias: Shaped
        upstream_matrix: Matrix
        tying: Matrix
        filter_windows: Matrix
        filter_matrix: Matrix
        dense_gradient: Matrix
        masked_gradient: Matrix

    rank: ClassVar[int | None] = None

    if not TYPE_CHECKING:  # type checkers read the options of __init__

        def __new__(cls, *given, **options):
            return Unsized.of(cls, given, options) or super().__new__(cls)

    def __init_subclass__(cls, rank: int | None = None) -> None:
        cls.rank = rank or cls.rank

    formula = asked("closed", ClosedForms.formula)
    derive = asked("closed", ClosedForms.derive)
    claim = asked("judgment", Judgment.claim)
    equation = asked("written", Written.equation)
    latex = asked("written", Written.latex)
    activation = asked("written", Written.activation)
    exercises = asked("practice", Practice.exercises)
    animation = asked("practice", Practice.animation)
    figure = asked("written", Written.figure)
    einsum = asked("entries", einsum)
    to_torch = asked("entries", to_torch)

    #: The names that :meth:`figure` takes.
    figure_names: ClassVar[list[names.FigureName]] = list[Any](FIGURES)

    def __init__(
        self, relations: Sequence[Relation], kernel: Kernel, bias: bool, notation: Notation | names.PresetName
    ) -> None:
        self._hold(told_apart(Specification.read(type(self).__name__, relations, kernel, bias, notation)))

    def _hold(self, spec: Specification, given: Mapping[str, tuple[Expr, ...]] | None = None) -> None:
        """Take the parts that a specification makes."""
        self.spec = spec
        self.entries = Entries(spec, given)
        self.closed = ClosedForms(self.entries)
        self.written, self.practice, self.judgment = Written(self.entries), Practice(self), Judgment(self)

    @classmethod
    def _with(cls, spec: Specification, given: Mapping[str, tuple[Expr, ...]]) -> Self:
        """A layer of the same class with another specification, or on other values."""
        made = object.__new__(cls)
        made._hold(spec, given)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process holds what the layer is, and makes its parts anew."""
        return type(self)._with, (self.spec, self.entries.given)

    @classmethod
    def option_names(cls) -> list[str]:
        """The names of the options of this class."""
        return list(defaults(cls))

    @options_checked
    def at(self, *, x: Any = None, w: Any = None, delta: Any = None, b: Any = None) -> Self:
        """The same layer with values: numbers, fractions or SymPy expressions; exact ones stay exact.

        Parameters
        ----------
        x, w, delta : nested sequences or arrays, optional
            Input, kernel and upstream gradient, in the shapes of :attr:`x`, :attr:`w` and :attr:`delta`.
            What is not given stays symbolic. A pooling layer takes no ``w``.
        b : number, expression or sequence, optional
            The bias of a layer that has one, with one entry per output channel if there are channels.

        Raises
        ------
        EntriesError
            If a shape does not fit, or an entry is not a commuting expression.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(3, 2).at(x=[1, 2, 3]).output.T
        Matrix([[w0 + 2*w1, 2*w0 + 3*w1]])
        """
        return self._with(self.spec, self.entries.at({"x": x, "w": w, "delta": delta, "b": b}))

    def coloured(self) -> Self:
        """The same layer; in LaTeX its weights have the colours of the figures.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d(2, 2).coloured().latex())
        \\begin{aligned}
        y_{0} &= {\\color{teal}{w_{0}}} x_{0} + {\\color{blue}{w_{1}}} x_{1}
        \\end{aligned}
        """
        return self._with(replace(self.spec, notation=self.notation.coloured()), self.entries.given)

    def in_symbols(self) -> Self:
        """The same layer without its values."""
        return self._with(self.spec, {})

    @property
    def pattern(self) -> Pattern:
        """The relation between outputs, taps and inputs."""
        return self.spec.pattern

    @property
    def axes(self) -> tuple[Spatial, ...]:
        """The relations along spatial axes."""
        return self.spec.axes

    @property
    def notation(self) -> Notation:
        """The letters, index base and limits for printing."""
        return self.spec.notation

    @property
    def bias(self) -> bool:
        """Whether a bias is added to every output."""
        return self.spec.bias

    @property
    def output_size(self) -> Size | tuple[Size, ...]:
        """The output size ``M``; with several axes a tuple with one size per axis."""
        sizes = self.spec.output_sizes
        return sizes[0] if len(sizes) == 1 else sizes

    @property
    def feature_maps(self) -> Matrix:
        """``A = X W``, the output without bias, with one column per filter and one row per position."""
        return self.entries.values.feature_maps()

    @property
    def structure(self) -> Structure:
        """The bands, zeros and shared weights of ``T``, compared with a dense layer."""
        return Structure.of_layer(self.spec)

    def algorithm(self, name: names.AlgorithmName = "output") -> Listing:
        """The loops that compute a quantity, the same for all sizes.

        Their variables are named after the letters of the notation, such as ``a_prev`` for a^(l-1). Indices
        always start at 0.

        Parameters
        ----------
        name : str
            One of :attr:`algorithm_names`.

        Raises
        ------
        OptionError
            If the layer has no algorithm of that name.
        """
        found = self._algorithms
        if not isinstance(name, str) or name not in found:
            raise OptionError("this layer has no algorithm {given!r}: {cure}", given=name, allowed=found)
        return found[name]

    @property
    def equation_names(self) -> list[names.EquationName]:
        """The names that :meth:`equation` takes for this layer."""
        return printed(self.spec)

    @property
    def formula_names(self) -> list[names.FormulaName]:
        """The names that :meth:`formula` and :meth:`derive` take for this layer."""
        return derived(self.spec)

    @property
    def reasons(self) -> dict[names.EquationName, str]:
        """Why each equation of this layer holds."""
        return {name: QUANTITIES[name].reason(self.spec) for name in self.equation_names}

    @property
    def algorithm_names(self) -> list[names.AlgorithmName]:
        """The names that :meth:`algorithm` takes for this layer."""
        return list(self._algorithms)

    @cached_property
    def _algorithms(self) -> dict[names.AlgorithmName, Listing]:
        return algorithms_for(self.spec)

    @options_checked
    def check(
        self, *, reference: names.ReferenceName | None = None, draws: int = 3, seed: int = 0,
        progress: Progress = nullcontext, executor: Executor | None = None,
    ) -> Report:  # fmt: skip
        """Compare every quantity with independent references on exact integers.

        Parameters
        ----------
        reference : str, optional
            One of :attr:`reference_names`; by default all that are installed.
        draws, seed : int
            Number of sets of random integers, at least 1, and their seed.
        progress : function, optional
            Takes the list of comparisons and returns a context manager that yields them one by one.
        executor : concurrent.futures.Executor, optional
            Makes several comparisons at once; the report is the same.

        Returns
        -------
        Report
            True if and only if all agree.

        Raises
        ------
        MissingExtraError
            If the chosen reference is not installed.

        Examples
        --------
        >>> import symconv as sc
        >>> bool(sc.Conv1d(4, 3, padding=1).check())
        True
        """
        how: dict[str, Any] = {"reference": reference, "draws": draws, "seed": seed, "progress": progress}
        return run(self.spec, self.entries.compared, **how, executor=executor)

    @property
    def reference_names(self) -> list[names.ReferenceName]:
        """The names that :meth:`check` takes for this layer, whether they are installed or not."""
        return list[Any](REFERENCES[self.spec.kernel.name])

    @options_checked
    def notes(
        self, *, depth: names.Depth = "standard", title: str | None = None,
        sections: Sequence[names.SectionName] | None = None,
        activation: str | Callable[[Expr], Expr] | None = None,
    ) -> Document:  # fmt: skip
        """Lecture notes on the layer: its numbers, its matrix, why it is so, and how it learns.

        Parameters
        ----------
        depth : str
            "page", "standard" (two or three pages), or "full", with derivations in an appendix.
        title : str, optional
            By default :attr:`title`.
        sections : sequence of str, optional
            By default those of the depth: see ``symconv.notes.SECTIONS``.
        activation : name, SymPy function, or Python function of one number, optional

        Raises
        ------
        OptionError
            If an option does not apply to this layer.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d("N", "K").notes(sections=["size"])
        <Document 'Cross-correlation of N inputs with a K-tap kernel': 5 blocks>
        """
        return notes(sources(self, activation), self.title if title is None else title, depth, sections)

    @property
    def description(self) -> str:
        """The geometry in one sentence."""
        return sentence(self.spec)

    @property
    def title(self) -> str:
        """A short description of the layer."""
        return str(title(self.spec))

    def __dir__(self) -> list[str]:
        hidden = {"spec", "entries", "closed", "written", "practice", "judgment"}
        return [name for name in super().__dir__() if not name.startswith("_") and name not in hidden]

    def __repr__(self) -> str:
        given = [f"{LETTERS[role]}={self.entries.nested(role, e)}" for role, e in self.entries.given.items()]
        made = call(type(self), self.spec)
        return f"{made}.at({', '.join(given)})" if given else made

    def __str__(self) -> str:
        return f"{self.description}\n{self._main}"

    def _repr_latex_(self) -> str:
        return self._main._repr_latex_()

    @property
    def _main(self) -> Equation | Formula:
        return self.equation("output") if self.spec.numeric else self.formula("output")


for _name, _row in QUANTITIES.items():
    if _row.relation and _row.kinds != ("selection",):
        setattr(Layer, _name, quantity(_name))
for _role, _letter in LETTERS.items():
    setattr(Layer, _letter, operand(_role))
