"""A layer written out: its equations, and its pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sympy import Expr, Matrix

from symconv.explicit.equation import Equation, read_function
from symconv.explicit.layout import Subject
from symconv.explicit.registry import required
from symconv.explicit.rows import builder
from symconv.figures import FIGURES, Figure, require_drawable
from symconv.layers.entries import Entries
from symconv.printing.names import EquationName, FigureName


@dataclass(frozen=True, eq=False)
class Written:
    """Equations and figures of the entries of a layer."""

    entries: Entries

    @cached_property
    def subject(self) -> Subject:
        """What they are written about."""
        return Subject(self.entries.spec, self.entries.symbols, self.entries.written)

    def equation(
        self, name: EquationName, *, function: str | Callable[[Expr], Expr] | None = None
    ) -> Equation:
        """The equation of a quantity, with the reason why it holds.

        Parameters
        ----------
        name : str
            "output_size", an explicit quantity, or "activation".
        function : name, SymPy function, or function of one expression, optional
            For "activation" and for "filters", which is then A = f(X W), as for :meth:`activation`.

        Raises
        ------
        OptionError
            If the name is unknown, or is "grad_bias" and the layer has no bias.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d(4, 3).equation("output"))
        y0 = w0*x0 + w1*x1 + w2*x2
        y1 = w0*x1 + w1*x2 + w2*x3
        """
        spec = self.entries.spec
        row = required(name, spec)
        applied = name == "activation" or (name == "filters" and function is not None)
        build = builder(name, spec, read_function(function, spec) if applied else None)
        return Equation(name, row.reason(spec), self.subject, build)

    def latex(self, name: EquationName = "output") -> str:
        """The LaTeX of a quantity's equation, without math delimiters."""
        return self.equation(name).latex()

    def activation(self, function: str | Callable[[Expr], Expr] | None = None) -> Matrix:
        """The output after an activation, which is applied to each entry.

        Parameters
        ----------
        function : name, SymPy function, or function of one expression, optional
            A name stands for an unspecified function; by default the activation of the notation.

        Examples
        --------
        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).activation("f").T
        Matrix([[f(38), f(56)]])
        """
        return self.entries.values.array("output").applyfunc(read_function(function, self.entries.spec))

    def figure(self, name: FigureName = "band") -> Figure:
        """A figure of the layer.

        Parameters
        ----------
        name : str
            "band", "window", "position", "network", "blocks" or "input_gradient".

        Raises
        ------
        OptionError
            If the name is unknown; a FigureError if the layer is too large to draw.
        SymbolicSizeError
            If a size is a symbol.

        Examples
        --------
        >>> import symconv as sc
        >>> print(sc.Conv1d(2, 1).figure("network"))
        Network of 2 inputs and 2 outputs joined by 2 edges. One colour and line style per shared weight.
        y0: w0 at x0. y1: w0 at x1.
        """
        require_drawable(name, self.entries.spec.pattern)
        return Figure(FIGURES[name](self.subject))
