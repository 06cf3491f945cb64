"""The algorithms of a layer, by the quantities that they compute: as source, as pseudocode in LaTeX."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from symconv.algorithms.functions import compiled, source
from symconv.algorithms.kernels import Pass, averaged, selected, weighted
from symconv.algorithms.letters import Names
from symconv.algorithms.loops import Loops
from symconv.algorithms.source import source_of
from symconv.pattern import Average, Kernel, Selection, Specification
from symconv.printing.english import several
from symconv.printing.names import AlgorithmName


@dataclass(frozen=True, repr=False)
class Listing:
    """An algorithm; it prints as Python source, and as pseudocode in a notebook.

    Attributes
    ----------
    name : str
        The quantity that it computes.
    reason : str
        What it does, in a sentence.
    function : function
        The algorithm itself, on nested lists.
    names : Names
        The letters of the notation, if they are not symconv's own.

    Examples
    --------
    >>> import symconv as sc
    >>> print(sc.Conv1d(4, 3).algorithm("output").source.splitlines()[0])
    def correlation(x: Vector, w: Vector, b: Entry, s: int, d: int, p: int, q: int) -> Vector:
    """

    name: str
    reason: str
    function: Callable[..., Any]
    names: Names = field(default_factory=Names, compare=False)

    @property
    def source(self) -> str:
        """The Python source of the function."""
        return source_of(self.function)

    def latex(self) -> str:
        r"""An ``algorithmic`` environment, for a document that loads the package algpseudocode.

        >>> import symconv as sc
        >>> print(sc.Conv1d(4, 3).algorithm().latex().splitlines()[1].strip())
        \Function{correlation}{$x, w, b, s, d, p, p'$}
        """
        from symconv.algorithms.typeset import algorithm_latex  # latexify only where it is asked for

        return algorithm_latex(self.function, "latex", self.names.latex)

    def math(self) -> str:
        r"""One ``array`` for KaTeX, MathJax or LaTeX, without math delimiters.

        >>> import symconv as sc
        >>> sc.Conv1d(4, 3).algorithm().math()[:16]
        '\\begin{array}{l}'
        """
        from symconv.algorithms.typeset import algorithm_latex

        return algorithm_latex(self.function, "math", self.names.latex)

    def text(self) -> str:
        """The source, without a newline at its end."""
        return self.source.rstrip("\n")

    __str__ = __repr__ = text

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.math()}$"


def algorithms_for(spec: Specification) -> dict[AlgorithmName, Listing]:
    """The algorithms of a layer by the quantities that they compute, in the letters of its notation.

    A relation without taps, as of samples of a batch or of the channels of a pooling layer, takes each
    index through the layer by itself: the algorithm is that of one of them, and its reason says so.

    >>> from symconv import Conv1d
    >>> [listing.function.__name__ for listing in algorithms_for(Conv1d(4, 3).spec).values()]
    ['correlation', 'correlation_grad_input', 'correlation_grad_kernel']
    """
    relations, kernel = spec.tied.relations, spec.kernel
    joined = [relation for relation in relations if relation.extents["tap"]]
    alone = [name for relation in relations if relation not in joined for name in relation.letters["output"]]
    write, base, dilated = _KINDS[type(kernel)]
    loops = Loops(joined, kernel, dilated=dilated)
    passes, base = write(loops), base or _named(loops)
    kind = {"transposed": loops.dependent_role == "output", "selecting": not kernel.shared}
    names = Names.of(spec.notation, channelled=bool(loops.pairs["bias"]), **kind)
    found: dict[Any, Listing] = {}
    for quantity, made in passes.items():
        if spec.bias or quantity != "grad_bias":
            written = names.renamed(source(_name(base, loops, quantity), loops, made))
            function = compiled(written)
            summed = quantity in ("grad_kernel", "grad_bias")
            of = ((_ONE[name], several(_ONE[name])) for name in alone)
            told = [_SUMMED.format(all) if summed else _SEPARATE.format(each) for each, all in of]
            found[quantity] = Listing(quantity, " ".join([made.reason, *told]), function, names)
    return found


#: How the passes of each kind of kernel are written, what they are called, whether windows have a dilation.
_KINDS: Mapping[type[Kernel], tuple[Callable[[Loops], dict[str, Pass]], str, bool]] = {
    Kernel: (weighted, "", True),
    Average: (averaged, "average_pooling", False),
    Selection: (selected, "max_pooling", True),
}

#: What is said of indices that go through a layer by themselves: of other passes, and of gradients that sum.
_SEPARATE, _SUMMED = "This is done separately for each {}.", "The gradients of all {} are summed."
_ONE = {"batch_index": "sample of the batch", "output_channel_index": "channel"}


def _named(loops: Loops) -> str:
    """What the operation is called in the names of its functions."""
    bank, transposed = bool(loops.pairs["bias"]), loops.dependent_role == "output"
    words = {
        loops.padding_mode: loops.padding_mode != "zeros",
        "flipped": loops.flip and (bank or transposed),
        "transposed": transposed,
        "bank" if transposed else "filter_bank": bank,
        "convolution" if loops.flip else "correlation": not (bank or transposed),
    }
    return "_".join(word for word, said in words.items() if said)


def _name(base: str, loops: Loops, quantity: str) -> str:
    axes = "" if loops.rank == 1 else f"_{loops.rank}d"
    if quantity == "grad_bias":
        return f"filter_bank{axes}_grad_bias" if loops.pairs["bias"] else f"grad_bias{axes}"
    return f"{base}{axes}" if quantity == "output" else f"{base}{axes}_{quantity}"
