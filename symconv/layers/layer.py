"""The user's face: a convolution layer, its symbols, its quantities, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar

from sympy import Expr, Matrix

from symconv import check
from symconv.builders import BUILDERS, Builder
from symconv.equations import Equation, activation, feature_maps, read_function
from symconv.errors import NotationError, OptionError, did_you_mean
from symconv.figures import FIGURES, Figure, require_drawable
from symconv.layers.closed import Closed
from symconv.layers.noted import read_activation
from symconv.layers.presented import in_code
from symconv.notation import Notation
from symconv.notes import Activation, Document, Sources, notes
from symconv.pattern import Pattern, Relation, Size, Spatial
from symconv.pieces import Subject
from symconv.quantities import LETTERS
from symconv.reasons import COLUMNS, FLIPPED, FOLDED, reasons_of, transposed
from symconv.structure import Structure

#: Words that formulas as text have.
WORDS = ("ceil", "conv", "corr", "floor", "kron", "max", "min", "ones", "spread", "sum", "vec")


class Layer(Closed):
    """What every layer can be asked; those who make one call :meth:`_set`."""

    def _set(self, pattern: Pattern, axes: tuple[Spatial, ...], notation: Notation | str, bias: bool) -> None:
        call = type(self).__name__
        if not isinstance(bias, bool):
            raise OptionError(
                f"{call}: bias is {bias!r}; write True or False, and give its value to .at(b=...)."
            )
        if not isinstance(notation, Notation):
            if not isinstance(notation, str):
                raise NotationError(
                    f"{call}: notation is {notation!r}; write a Notation or the name of a preset."
                )
            notation = Notation.preset(notation)
        self.axes = axes
        Closed.__init__(self, pattern, notation, bias)

    @property
    def _written(self) -> Notation:
        """With several filters the windows of all of them together have a letter of their own."""
        n = self.notation
        filters = [size for r in self.relations if r.own_bias for size in r.extents["output"]]
        return n.replace(windows=n.all_windows, all_windows=n.windows) if filters not in ([], [1]) else n

    @property
    def _subject(self) -> Subject:
        return Subject(self.axes, self._symbols, self._values, self._written, constant=self._average)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The relations whose product the layer is: batch, channels, axes."""
        return self.pattern.relations

    @property
    def output_size(self) -> Size | tuple[Size, ...]:
        """``M`` of the one axis, or of each: see :class:`symconv.pattern.Axis`, or ``TransposedAxis``."""
        sizes = tuple(axis.extents["output"][0] for axis in self.axes)
        return sizes[0] if len(sizes) == 1 else sizes

    @property
    def structure(self) -> Structure:
        """Band, zeros and ties of ``T`` against a dense layer."""
        return Structure.of(self._symbols.incidence, self.relations)

    def activation(self, function: str | Callable[[Expr], Expr] | None = None) -> Matrix:
        """A function of each output entry.

        Parameters
        ----------
        function : name, SymPy function, or function of one expression, optional
            A name stands for an unknown function; by default that of the notation.

        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).activation("f").T
        Matrix([[f(38), f(56)]])
        """
        return self.output.applyfunc(self._function(function))

    def _function(self, function: str | Callable[[Expr], Expr] | None) -> Callable[[Expr], Expr]:
        if function is None:
            return read_function(self.notation.activation)
        name, letters = getattr(function, "__name__", function), self.notation.meanings()
        if isinstance(name, str) and (name in letters or name in WORDS):
            means = f"the {letters[name]}" if name in letters else "something else"
            raise OptionError(
                f"the activation is {name!r}, which stands for {means} here: name it otherwise."
            )
        return read_function(function)

    def equation(self, name: str, *, function: str | Callable[[Expr], Expr] | None = None) -> Equation:
        """A quantity as an equation with the reason why it holds.

        Parameters
        ----------
        name : str
            "output_size", an explicit quantity, or "activation".
        function : optional
            What :meth:`activation` takes: for "activation", and for "filters", which is then A = f(X W).

        Raises
        ------
        OptionError
            When the name is unknown, or is "grad_bias" on a layer without bias.

        >>> import symconv as sc
        >>> print(sc.Conv1d(4, 3).equation("output"))
        y0 = w0*x0 + w1*x1 + w2*x2
        y1 = w0*x1 + w1*x2 + w2*x3
        """
        if name == "grad_bias" and "grad_bias" not in self.equation_names:
            raise OptionError(f"{name}: this layer has no bias; build it with bias=True.")
        if not isinstance(name, str) or name not in self.equation_names:
            raise OptionError(f"{name!r} is no quantity: {did_you_mean(str(name), self.equation_names)}")
        if name == "activation":
            build = activation(self._function(function))
        elif name == "filters" and function is not None:
            build = feature_maps(self._function(function))
        else:
            build = self._builder(name)
        return Equation(name, self.reasons[name], self._subject, build)

    def _builder(self, name: str) -> Builder:
        return BUILDERS[name]

    @property
    def equation_names(self) -> list[str]:
        """The names that :meth:`equation` takes for this layer."""
        return [name for name in self.reasons if name != "grad_bias" or self.bias]

    @property
    def numbers(self) -> bool:
        """Whether all outputs are numbers."""
        return bool(self._given) and all(entry.is_number for entry in self._values.matrix("output"))

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each equation of this layer holds."""
        axis, columns = self.axes[0], COLUMNS if self.notation.window_columns else {}
        if axis.far == "output":
            sizes = {name for a in self.axes for name, size in a.geometry.items() if size != 0}
            more = transposed(cut=not sizes.isdisjoint(("before", "after")), added="output_padding" in sizes)
            found = reasons_of(more, columns)
        else:
            flipped = FLIPPED if axis.options.get("flip") else {}
            found = reasons_of(flipped, FOLDED if axis.fill.folds else {}, columns)
        if self.bias:
            found["output"] = f"{found['output'][:-1]}, plus the bias."
        return found

    def latex(self, name: str = "output") -> str:
        """The LaTeX of a quantity's equation, without math delimiters."""
        return self.equation(name).latex()

    def figure(self, name: str = "band") -> Figure:
        """A picture: "band", "window", "network", "blocks" or "input_gradient".

        Raises
        ------
        OptionError
            When the name is unknown; as a FigureError, when the layer is too large to draw.
        SymbolicSizeError
            When a size is a symbol.

        >>> import symconv as sc
        >>> print(sc.Conv1d(2, 1).figure("network"))
        Network of 2 inputs and 2 outputs joined by 2 edges. One colour and line style a shared weight.
        y0: w0 at x0. y1: w0 at x1.
        """
        require_drawable(name, self.pattern)
        return Figure(FIGURES[name](self._subject))

    #: The names that :meth:`figure` takes.
    figure_names: ClassVar[list[str]] = list(FIGURES)

    def check(
        self,
        *,
        reference: str | None = None,
        draws: int = 3,
        seed: int = 0,
        progress: check.Progress = nullcontext,
    ) -> check.Report:
        """Compare every quantity with independent references on exact integers.

        Parameters
        ----------
        reference : str, optional
            One of "loops", "windows", "numpy", "differences", "scipy", "torch" and "jax"; by default all
            that are installed.
        draws : int
            How many sets of random integers to try, at least 1.
        seed : int
            Of the random integers.
        progress : function, optional
            Takes the list of comparisons and gives a context manager that yields them one by one.

        Returns
        -------
        Report
            True exactly when all agree.

        Raises
        ------
        MissingExtraError
            When the reference asked for is not installed.

        >>> import symconv as sc
        >>> bool(sc.Conv1d(4, 3, padding=1).check())
        True
        """
        return check.run(**self._judged, reference=reference, draws=draws, seed=seed, progress=progress)

    @property
    def reference_names(self) -> list[str]:
        """The names that :meth:`check` takes for this layer, whether they are installed or not."""
        return list(self._judged.get("references", check.REFERENCES))

    @property
    def _judged(self) -> dict[str, Any]:
        """What :func:`symconv.check.run` judges."""
        named = {"symbols": self._symbols, "values": self._values}
        return {"pattern": self.pattern, "axes": self.axes, **named}

    def notes(
        self,
        *,
        title: str | None = None,
        sections: Sequence[str] | None = None,
        activation: str | Callable[[Expr], Expr] | None = None,
    ) -> Document:
        """Lecture notes on the layer, from its setting to the table of checks.

        Parameters
        ----------
        title : str, optional
            By default what the layer is, in a few words.
        sections : sequence of str, optional
            Which of "setting", "size", "forward", "matrix", "windows", "dense", "gradients", "example",
            "algorithm" and "checks" there are, in this order; by default all that say something of it.
        activation : name, SymPy function, or Python function of one number, optional
            What follows the layer. A Python function is typeset from its source.

        Raises
        ------
        OptionError
            When a section is unknown or has nothing to say, or the title is no line of text.

        >>> import symconv as sc
        >>> sc.Conv1d("N", "K").notes(sections=["size"])
        <Document 'Cross-correlation of N inputs with K taps': 4 blocks>
        """
        title = self.title if title is None else title
        if not isinstance(title, str) or not title.isprintable() or not title.strip():
            raise OptionError(f"the title is {title!r}: write a line of text.")
        if activation is not None and "activation" not in self.equation_names:
            raise OptionError("no function follows pooling: leave activation out.")
        self._function(activation)
        sources = self._sources(read_activation(activation, self.notation.activation))
        return notes(sources, title.strip(), sections)

    def _sources(self, activation: Activation) -> Sources:
        """The layer in the ways that notes show it."""
        plain = not self.pattern.numeric or bool(self.notation.tap_colours)
        shown = self if plain else self.coloured()
        layer, opened = shown._without_values(), self._opened()
        code = {"layer": f"sc.{self._call()}{'' if plain else '.coloured()'}"}
        code["opened"] = f"sc.{opened._call()}" if opened is not layer else "layer"
        if self._given:
            given = (f"{LETTERS[role]}={in_code(self._nested(role))}" for role in self._given)
            code["valued"] = f"layer.at({', '.join(given)})"
        return Sources(layer, opened, shown if self._given else None, activation, code)

    def __str__(self) -> str:
        shown = self.equation("output") if self.pattern.numeric else self.formula("output")
        return f"{self.description}\n{shown}"

    def _repr_latex_(self) -> str:
        shown = self.equation("output") if self.pattern.numeric else self.formula("output")
        return shown._repr_latex_()
