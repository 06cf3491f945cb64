"""A quantity as one product of tensors that is summed over indices, as einsum in any library computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from symconv.errors import GeometryError, OptionError
from symconv.layers.entries import Entries
from symconv.pattern import Relation
from symconv.printing.names import ProductName
from symconv.printing.rich import as_printed

#: The role of each quantity that is such a product: it is summed over the indices of the other roles.
_ROLES = {"output": "output", "grad_input": "input", "grad_kernel": "tap"}

#: What the operand of each role is called, and what the quantity that has it is.
_OPERANDS = {"input": "x", "tap": "w", "output": "delta"}

#: The letters of the indices of output, tap and input along each axis.
_TRIPLES = ("ikj", "pqr", "uvw", "xyz", "IKJ", "PQR", "UVW", "XYZ")

#: The other indices, with their letters.
_LETTERS = {"batch": "b", "group": "g", "channel": "c", "c_in": "c", "c_out": "o"}

#: An index pattern has so many entries at the most.
MOST = 10**7


@dataclass(frozen=True, eq=False)
class Einsum:
    """A product of tensors, summed over the indices that the result does not have.

    An index pattern ``Pi``, one per axis, is 1 where an output (its first index), a tap and an input meet,
    and 0 elsewhere. Operands are arrays of 64-bit integers if no sum can overflow, else of exact objects.

    Attributes
    ----------
    equation : str
        With one letter per index, as ``numpy.einsum``, ``opt_einsum.contract`` and ``torch.einsum`` take it.
    named : str
        The same with a name per index, as ``einops.einsum`` takes it.
    operands : tuple of arrays
        In the order of the equation; channels in groups have one index for the group and one within it.
    names : tuple of str
        What the operands are: ``x``, ``w``, ``delta``, and ``Pi`` (``Pi_1``, ``Pi_2``, … for several axes).
    shape : tuple of int
        The shape of the quantity, in which the groups of channels are one index.
    bias : array or None
        What is added to the result; only an output has it.

    Examples
    --------
    >>> import symconv as sc
    >>> product = sc.Conv1d(4, 3).at(x=[1, 2, 3, 4], w=[5, 6, 7]).einsum()
    >>> print(product)
    y = einsum("j,ikj,k->i", x, Pi, w)
     x: j      (4)
    Pi: i k j  (2, 3, 4)
     w: k      (3)
     y: i      (2)
    >>> product.numpy()
    array([38, 56])
    """

    equation: str
    named: str
    operands: tuple[NDArray[Any], ...]
    names: tuple[str, ...]
    shape: tuple[int, ...]
    bias: NDArray[Any] | None
    result: str

    def numpy(self) -> NDArray[Any]:
        """The quantity by ``numpy.einsum``, in its shape and with the bias."""
        exact = any(operand.dtype == object for operand in self.operands)
        steps: Any = _windows_first(len(self.operands)) if self.names[0] == "x" else False
        found = np.einsum(self.equation, *self.operands, optimize=steps if exact else True)
        found = np.asarray(found).reshape(self.shape)
        return found if self.bias is None else found + self.bias

    def __str__(self) -> str:
        terms, _, result = self.named.partition(" -> ")
        indices = [*terms.split(", "), result]
        shapes = [*(operand.shape for operand in self.operands), self._grouped]
        plus = "" if self.bias is None else " + b"
        lines = [f'{self.result} = einsum("{self.equation}", {", ".join(self.names)}){plus}']
        left, wide = max(map(len, self.names)), max(map(len, indices))
        for name, index, shape in zip([*self.names, self.result], indices, shapes, strict=True):
            lines.append(f"{name:>{left}}: {index:<{wide}}  ({', '.join(map(str, shape))})")
        if self.bias is not None:
            lines.append(f"{'b':>{left}}: {'':<{wide}}  ({', '.join(map(str, self.bias.shape))})")
        return "\n".join(lines)

    _repr_html_ = as_printed

    def __repr__(self) -> str:
        return f"<Einsum {self.equation!r} of {', '.join(self.names)}>"

    @property
    def _grouped(self) -> tuple[int, ...]:
        """The shape of the result of the equation itself."""
        terms, _, result = self.equation.partition("->")
        of_letters = zip(terms.split(","), self.operands, strict=True)
        sizes = {x: n for term, operand in of_letters for x, n in zip(term, operand.shape, strict=True)}
        return tuple(sizes[letter] for letter in result)


def einsum(entries: Entries, /, name: ProductName = "output") -> Einsum:
    """The output, or a gradient, as one product of tensors summed over indices: equation and operands.

    Values are exact where they are given; all else is symbols. Any library that has einsum computes it.

    Parameters
    ----------
    name : str
        "output", "grad_input" or "grad_kernel".

    Raises
    ------
    OptionError
        If the name is another, or the layer is maximum pooling, which is no sum of products.
    SymbolicSizeError
        If a size is a symbol.

    Examples
    --------
    >>> import symconv as sc
    >>> print(sc.Conv2d(4, 3, in_channels=2, out_channels=3, bias=True).einsum())
    y = einsum("cjr,ikj,pqr,ockq->oip", x, Pi_1, Pi_2, w) + b
       x: c_in j1 j2        (2, 4, 4)
    Pi_1: i1 k1 j1          (2, 3, 4)
    Pi_2: i2 k2 j2          (2, 3, 4)
       w: c_out c_in k1 k2  (3, 2, 3, 3)
       y: c_out i1 i2       (3, 2, 2)
       b:                   (3, 1, 1)
    """
    spec = entries.spec
    if spec.kernel.depends_on_input:
        raise OptionError("maximum pooling is no sum of products: use a convolution or average pooling.")
    allowed = [known for known in _ROLES if known != "grad_kernel" or spec.kernel.learned]
    if name not in allowed:
        raise OptionError("{given!r} is no product for einsum: {cure}", given=name, allowed=allowed)
    spec.tied.require_few()
    kept, axes = _ROLES[name], list(spec.tied.spatial_relations)
    if len(axes) > len(_TRIPLES):
        raise OptionError(f"einsum has letters for {len(_TRIPLES)} axes, but the layer has {len(axes)}.")
    parts = [_indices(relation, axes, spec.transposed) for relation in spec.tied.relations]
    index = {role: [pair for part in parts for pair in part[role]] for role in _OPERANDS}
    if not spec.kernel.shared:  # each output has taps of its own: its indices stand before those of a tap
        index["tap"] = [pair for part in parts for pair in (*part["output"], *part["tap"])]
    first, last = (role for role in ("input", "output", "tap") if role != kept)
    patterns = [_pattern(axis) for axis in axes]
    tensors = [_tensor(entries.values.operands[role], index[role]) for role in (first, last)]
    bias = None
    if name == "output" and spec.bias:
        bias = np.array(_exact(entries.values.bias), dtype=object)
        bias = bias.reshape([*entries.shape("bias"), *[1] * len(axes)])
    if _fits(*tensors, *([] if bias is None else [bias])):
        tensors = [tensor.astype(np.int64) for tensor in tensors]
        bias = bias if bias is None else bias.astype(np.int64)
    several = len(axes) > 1
    names = [f"Pi_{at}" if several else "Pi" for at in range(1, len(axes) + 1)]
    of_patterns = [[(f"{role}{_number(at, axes)}", 0) for role in "ikj"] for at in range(len(axes))]
    terms = [index[first], *of_patterns, index[last], index[kept]]
    letters = _letters(axes)
    equation = ["".join(letters[name] for name, _ in term) for term in terms]
    named = [" ".join(name for name, _ in term) for term in terms]
    return Einsum(
        f"{','.join(equation[:-1])}->{equation[-1]}",
        f"{', '.join(named[:-1])} -> {named[-1]}",
        (tensors[0], *patterns, tensors[1]),
        (_OPERANDS[first], *names, _OPERANDS[last]),
        entries.shape(kept),
        bias,
        {"output": "y", "grad_input": "dx", "grad_kernel": "dw"}[name],
    )


def _number(at: int, axes: Sequence[Relation]) -> str:
    """What tells the indices of an axis from those of others."""
    return str(at + 1) if len(axes) > 1 else ""


def _letters(axes: Sequence[Relation]) -> dict[str, str]:
    """The letter of each index, by its name."""
    of_axes = {
        f"{role}{_number(at, axes)}": letter
        for at, triple in enumerate(_TRIPLES[: len(axes)])
        for role, letter in zip("ikj", triple, strict=True)
    }
    return {**_LETTERS, **of_axes}


def _indices(
    relation: Relation, axes: Sequence[Relation], transposed: bool
) -> dict[str, list[tuple[str, int]]]:
    """The names and sizes of the indices that a relation gives each role."""
    sizes = {role: tuple(map(int, extents)) for role, extents in relation.extents.items()}
    if relation.spatial:
        number = _number(next(at for at, axis in enumerate(axes) if axis is relation), axes)
        return {
            role: [(f"{letter}{number}", sizes[role][0])]
            for role, letter in (("output", "i"), ("tap", "k"), ("input", "j"))
        }
    if not relation.own_bias:  # samples, and the channels of pooling
        name = "batch" if "batch" in relation.geometry else "channel"
        return {"output": [(name, sizes["output"][0])], "tap": [], "input": [(name, sizes["input"][0])]}
    groups = int(relation.geometry["groups"])
    group = [("group", groups)] if groups > 1 else []
    inside, outside = ("c_in", sizes["input"][0] // groups), ("c_out", sizes["output"][0] // groups)
    tap = [inside, outside] if transposed else [outside, inside]
    return {"output": [*group, outside], "tap": [*group, *tap], "input": [*group, inside]}


def _pattern(axis: Relation) -> NDArray[np.int64]:
    """1 where output, tap and input of an axis meet."""
    shape = tuple(axis.count(role) for role in ("output", "tap", "input"))
    if prod(shape) > MOST:
        sentence = f"the index pattern of an axis would have {prod(shape)} entries, but at most {MOST}"
        raise GeometryError(f"{sentence} are written out; use smaller sizes.")
    found, met = np.zeros(shape, dtype=np.int64), axis.incidence()
    found[met.index["output"], met.index["tap"], met.index["input"]] = 1
    return found


def _tensor(entries: Sequence[Expr], index: Sequence[tuple[str, int]]) -> NDArray[Any]:
    """Entries in the shape that their indices give them."""
    return np.array(_exact(entries), dtype=object).reshape([size for _, size in index])


def _exact(entries: Sequence[Expr]) -> list[Any]:
    """Whole numbers and fractions as Python has them, everything else as it is."""
    return [int(e) if e.is_Integer else Fraction(int(e.p), int(e.q)) if e.is_Rational else e for e in entries]


def _fits(*tensors: NDArray[Any]) -> bool:
    """Whether all entries are whole numbers, and so small that no sum of products overflows."""
    if not all(isinstance(entry, int) for tensor in tensors for entry in tensor.ravel()):
        return False
    first, last, *added = (max(map(abs, tensor.ravel())) for tensor in tensors)
    return bool(first * last * tensors[0].size * tensors[1].size + sum(added) < 2**63)


def _windows_first(count: int) -> list[Any]:
    """The input is laid out in windows before it meets the other operand, so that no sum is multiplied."""
    return ["einsum_path", (0, 1), *[(0, other - 1) for other in range(count - 1, 1, -1)]]
