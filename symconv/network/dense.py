"""A dense layer: the face of every layer, on a matrix without zeros and without shared weights."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from symconv.errors import OptionError
from symconv.layers.layer import Layer
from symconv.pattern import Connections, Diagonal, Kernel
from symconv.pattern.given import Count
from symconv.printing.english import counted
from symconv.printing.names import EquationName, PresetName
from symconv.printing.notation import Notation
from symconv.printing.options import options_checked


class Dense(Layer):
    """A symbolic dense layer, ``y[i] = b[i] + sum_j w[i, j] x[j]``: its matrix is its kernel.

    Parameters
    ----------
    in_features, out_features : int, symbol or name
        N inputs and M outputs, at least 1 each. In a chain ``in_features`` may be None.
    bias : bool
        Whether every output has a bias of its own.
    notation : Notation or name of a preset

    Raises
    ------
    GeometryError, OptionError
        If a size is too small, or an option is unknown.

    Examples
    --------
    >>> layer = Dense(2, 2)
    >>> layer.matrix
    Matrix([
    [w0_0, w0_1],
    [w1_0, w1_1]])
    >>> print(Dense("N", "M").formula("grad_kernel"))
    dL/dw[i, k] = delta[i]*x[k]
                  for 0 <= i <= M - 1, 0 <= k <= N - 1
    """

    @options_checked
    def __init__(
        self, in_features: Count | None, out_features: Count, *, bias: bool = False,
        notation: Notation | PresetName = Notation(),
    ) -> None:  # fmt: skip
        super().__init__([Connections.make(in_features, out_features)], Kernel(), bias, notation)

    @property
    def equation_names(self) -> list[EquationName]:
        """The names that :meth:`equation` takes: a dense layer has no output size to compute."""
        return [name for name in super().equation_names if name != "output_size"]

    @property
    def description(self) -> str:
        """The layer in one sentence."""
        return f"{self.title}{', with bias' if self.bias else ''}."

    @property
    def title(self) -> str:
        """A short description of the layer."""
        ((inputs,), (outputs,)) = (self.pattern.extents[role] for role in ("input", "output"))
        return f"Dense layer with {counted(inputs, 'input')} and {counted(outputs, 'output')}"

    def __repr__(self) -> str:
        ((n,), (m,)) = (self.pattern.extents[role] for role in ("input", "output"))
        sizes = ", ".join(repr(size if isinstance(size, int) else str(size)) for size in (n, m))
        return f"Dense({sizes}{', bias=True' if self.bias else ''})"


class Scale(Dense):
    """A symbolic diagonal layer, ``y[i] = b[i] + w[i] x[i]``.

    >>> Scale(2).matrix
    Matrix([
    [w0,  0],
    [ 0, w1]])
    """

    @options_checked
    def __init__(self, features: Count, *, notation: Notation | PresetName = Notation()) -> None:
        Layer.__init__(self, [Diagonal.make(features)], Kernel(), True, notation)

    @property
    def title(self) -> str:
        """A short description of the layer."""
        return f"Diagonal layer with {counted(self.pattern.extents['input'][0], 'input')}"

    def __repr__(self) -> str:
        (size,) = self.pattern.extents["input"]
        return f"Scale({size if isinstance(size, int) else str(size)!r})"


#: What to write in place of what a dense layer by itself has not.
_INSTEAD = {
    "check": "sc.Chain(sc.{layer!r}).check()",
    "notes": "sc.Chain(sc.{layer!r}).notes()",
    "einsum": "numpy.einsum('ij,j->i', w, x){added}",
    "to_torch": "torch.nn.Linear({n}, {m}, bias={layer.bias})",
}


def _refused(name: str) -> Any:
    """What a dense layer by itself has not; a chain has it, or it needs windows."""

    def refuse(layer: Dense, *given: Any, **named: Any) -> Any:
        ((n,), (m,)) = (layer.pattern.extents[role] for role in ("input", "output"))
        if name not in _INSTEAD or type(layer) is not Dense:
            raise OptionError(f"a dense layer has no {name}(): it is for layers with windows.")
        instead = _INSTEAD[name].format(layer=layer, n=n, m=m, added=" + b" if layer.bias else "")
        raise OptionError(f"a dense layer by itself has no {name}(): write {instead}.")

    return update_wrapper(refuse, getattr(Layer, name))


for _name in ("animation", "check", "einsum", "exercises", "notes", "to_torch"):
    setattr(Dense, _name, _refused(_name))
