"""Second derivatives of a chain, and its Jacobian times a vector from either side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mpmath
from sympy import Expr, Float, Matrix, diff

from symconv.errors import EntriesError
from symconv.explicit.entries import in_shape
from symconv.explicit.operands import read_entries
from symconv.network.activations import Activation, Z, exact, values_at
from symconv.network.arrays import Entries, like
from symconv.network.losses import Loss
from symconv.network.passes import Backward, Forward, Operands, added, backward, exact_entries, forward
from symconv.network.references import DIGITS
from symconv.network.stages import Stage
from symconv.network.values import ROLES, Values

#: Numbers that are no fractions are given with as many digits as a float has.
GIVEN = 15


@dataclass(frozen=True, eq=False)
class Direction:
    """Changes of the input and, by the number of a layer, of its weights and biases; 0 if there are none."""

    x: Entries = None
    w: Mapping[int, Entries] = field(default_factory=dict)
    b: Mapping[int, Entries] = field(default_factory=dict)


def pushed(stages: Sequence[Stage], found: Forward, change: Direction) -> Forward:
    """How ``z`` and ``a`` of each layer change: ``dz = T da + dT a + db`` and ``da = f'(z) dz``."""
    start = found.a[0]
    made = Forward({0: start * 0 if change.x is None else change.x})
    for stage in stages:
        number, index = stage.number, stage.layer.spec.incidence.index
        taps, a, moved = found.taps[number], found.a[stage.source], made.a[stage.source]
        terms = taps[index["tap"]] * moved[index["input"]]
        if number in change.w:
            terms = terms + change.w[number][index["tap"]] * a[index["input"]]
        z = added(index["output"], terms, stage.layer.pattern.count("output"), a)
        if number in change.b:
            z = z + change.b[number][stage.layer.pattern.biases().index["tap"]]
        for other in stage.added:
            z = z + made.a[other]
        made.z[number] = z
        # The Jacobian of an activation is symmetric, that of softmax too: ``diag(p) - p p^T``.
        made.a[number] = stage.activation.backward(z, found.z[number], found.a[number])
    return made


def pulled(
    stages: Sequence[Stage],
    found: Forward,
    back: Backward,
    moved: Forward,
    change: Direction,
    gradient: Entries,
) -> Backward:
    """How the gradients of the pass backwards change, for the change of the gradient of the loss."""
    made = Backward({stages[-1].number: gradient})
    for stage in reversed(stages):
        number, index = stage.number, stage.layer.spec.incidence.index
        a, shifted = found.a[stage.source], moved.a[stage.source]
        if number not in made.a:
            made.a[number] = found.a[number] * 0
        delta = back.delta[number]
        turned = _bent(stage.activation, made.a[number], back.a[number], moved, found, number)
        made.delta[number] = turned
        up, kept = turned[index["output"]], delta[index["output"]]
        terms = found.taps[number][index["tap"]] * up
        if number in change.w:
            terms = terms + change.w[number][index["tap"]] * kept
        parts = added(index["input"], terms, len(a), a)
        for other, part in ((stage.source, parts), *((other, turned) for other in stage.added)):
            made.a[other] = made.a[other] + part if other in made.a else part
        if stage.learned:
            both = up * a[index["input"]] + kept * shifted[index["input"]]
            made.w[number] = added(index["tap"], both, len(found.taps[number]), a)
        if stage.layer.bias:
            biases = stage.layer.pattern.biases()
            made.b[number] = added(biases.index["tap"], turned, biases.size("tap"), a)
    return made


def _bent(
    activation: Activation, moved: Entries, gradient: Entries, by: Forward, found: Forward, number: int
) -> Entries:
    """The change of ``delta``: by that of the gradient above, and by that of the derivative of f."""
    z, a = found.z[number], found.a[number]
    straight = activation.backward(moved, z, a)
    if activation.is_softmax:
        shift = by.a[number]
        mean = sum(g * p for g, p in zip(gradient, a, strict=True))
        turn = sum(g * s for g, s in zip(gradient, shift, strict=True))
        return straight + like(
            [s * (g - mean) - p * turn for s, g, p in zip(shift, gradient, a, strict=True)], a
        )
    if activation.is_identity or activation.unknown:
        return straight
    return straight + gradient * values_at(diff(activation.slope, Z), z) * by.z[number]


def hessian(chain: Any, layer: int | None = None, *, gauss_newton: bool = False) -> Matrix:
    """The second derivatives of the loss with respect to the kernel of a layer, its entries row by row.

    On values they are numbers, exact unless functions that are not rational follow one another: then they
    are computed with 50 digits and given with 15. What has no value keeps its letters. For one linear layer
    and half the squared error it is ``X^T X``, with X the windows.

    Parameters
    ----------
    layer : int, optional
        Counted from 1; by default the last one.
    gauss_newton : bool
        Whether to leave out the second derivatives of the layers: ``J^T H J``, with J the Jacobian of the
        output and H the second derivatives of the loss with respect to it.

    Raises
    ------
    OptionError
        If the layer has no kernel, or the loss or an activation is unknown.

    Examples
    --------
    >>> import symconv as sc
    >>> net = sc.Chain(sc.Conv1d(3, 2), loss="half_squared_error")
    >>> net.hessian()
    Matrix([
    [x0**2 + x1**2,   x0*x1 + x1*x2],
    [x0*x1 + x1*x2,   x1**2 + x2**2]])
    >>> net.hessian() == net[1].windows.T * net[1].windows
    True
    """
    stage = chain.stage(len(chain) if layer is None else layer)
    chain.require("grad_kernel", stage)
    values, loss = chain.values, chain.loss_function
    _require_known(chain)
    with mpmath.workdps(DIGITS):
        operands = _operands(values)
        found = forward(values.stages, operands)
        output = found.a[len(chain)]
        back = backward(values.stages, operands, found, loss.gradient(output, operands.target))
        count, rows = len(found.taps[stage.number]), []
        for tap in range(count):
            change = Direction(w={stage.number: like([int(at == tap) for at in range(count)], operands.x)})
            moved = pushed(values.stages, found, change)
            bend = curvature(loss, output, operands.target, moved.a[len(chain)])
            if gauss_newton:
                made = backward(values.stages, operands, found, bend)
            else:
                made = pulled(values.stages, found, back, moved, change, bend)
            rows.append([_given(entry) for entry in made.w[stage.number]])
        return Matrix(rows)


def curvature(loss: Loss, output: Entries, target: Entries, moved: Entries) -> Entries:
    """The change of the gradient of a loss with the output."""
    if loss.name == "cross_entropy" and loss.of_probabilities:
        return like([t * m / p**2 for t, p, m in zip(target, output, moved, strict=True)], output)
    if loss.name == "cross_entropy":
        softmax = Activation("softmax")
        return softmax.backward(moved, output, softmax.values(output)) * sum(target)
    return loss.gradient(moved, moved * 0)


def jvp(chain: Any, *, x: Any = None, w: Any = None, b: Any = None) -> Any:
    """The change of the output for a change of the input, the kernels and the biases: the Jacobian times it.

    Parameters
    ----------
    x, w, b : optional
        The changes, in the shapes and by the layers of :meth:`at`; 0 where there are none.

    Examples
    --------
    >>> import symconv as sc
    >>> sc.Chain(sc.Conv1d(3, 2)).at(x=[1, 2, 3], w=[[1, 1]]).jvp(w={1: [1, 0]}).T
    Matrix([[1, 2]])
    """
    values = chain.values
    beside = Values(values.stages, values.shape, values.loss_function, values.notation)
    given = beside.at(x=x, w=w, b=b, target=None)
    with mpmath.workdps(DIGITS):
        operands = _operands(values)

        def read(entries: Sequence[Any]) -> Entries:
            return like(exact_entries(entries), operands.x)

        changes = {k: {n: read(entries) for n, entries in given.get(k, {}).items()} for k in ROLES}
        change = Direction(read(given["x"]) if "x" in given else None, changes["w"], changes["b"])
        moved = pushed(values.stages, forward(values.stages, operands), change)
        return in_shape([_given(entry) for entry in moved.a[len(chain)]], values.sizes)


def vjp(chain: Any, gradient: Any) -> dict[str, Any]:
    """The gradients for a gradient of the output: its product with the Jacobian, by "x", "w" and "b".

    Parameters
    ----------
    gradient : nested sequences or array
        In the shape of the output.

    Examples
    --------
    >>> import symconv as sc
    >>> found = sc.Chain(sc.Conv1d(3, 2)).at(x=[1, 2, 3], w=[[1, 1]]).vjp([1, 0])
    >>> found["w"][1].T, found["x"].T
    (Matrix([[1, 2]]), Matrix([[1, 1, 0]]))
    """
    values = chain.values
    entries = read_entries("gradient", gradient, values.sizes, "chain")
    with mpmath.workdps(DIGITS):
        operands = _operands(values)
        start = like(exact_entries(entries), operands.x)
        made = backward(values.stages, operands, forward(values.stages, operands), start)

        def shaped(n: int, entries: Entries, role: str) -> Any:
            return in_shape(list(map(_given, entries)), values.stages[n - 1].layer.entries.shape(role))

        return {
            "x": shaped(1, made.a[0], "input"),
            "w": {n: shaped(n, entries, "tap") for n, entries in sorted(made.w.items())},
            "b": {n: shaped(n, entries, "bias") for n, entries in sorted(made.b.items())},
        }


def _given(entry: Any) -> Expr:
    """A result: what was computed with 50 digits is given with 15, in an expression too."""
    found = exact(entry)
    return found.xreplace({number: Float(number, GIVEN) for number in found.atoms(Float)})


def _operands(values: Values) -> Operands:
    """The values of everything, rounded where functions are nested, and the letters of what has none."""
    values.require_numbers()
    if values.complete:
        return _rounded(values.operands) if _rounds(values) else values.operands
    if any(stage.layer.spec.kernel.depends_on_input for stage in values.stages):
        raise EntriesError("which entry is a maximum depends on numbers: give values to .at().")
    return values.filled


def _rounds(values: Values) -> bool:
    """Whether functions that are not rational follow one another, where expressions double layer by layer."""
    functions = [stage.activation for stage in values.stages]
    loss = values.loss_function
    many = sum(not f.rational for f in functions) + (not loss.rational and not loss.of_probabilities)
    return many > 1 and not loss.unknown and not any(f.unknown for f in functions)


def _rounded(operands: Operands) -> Operands:
    """Numbers with 50 digits; operands with letters stay as they are, but for those of the target."""
    held = [operands.x, *operands.w.values(), *operands.b.values()]
    if not all(exact(entry).is_number for entries in held for entry in entries):
        return operands

    def digits(entry: Any) -> Any:
        number = exact(entry)
        return mpmath.mpf(number.evalf(DIGITS)) if number.is_number else number

    def each(entries: Entries) -> Entries:
        return like(list(map(digits, entries)), None)

    w, b = ({n: each(e) for n, e in entries.items()} for entries in (operands.w, operands.b))
    return Operands(each(operands.x), w, b, each(operands.target))


def _require_known(chain: Any) -> None:
    chain.values.require_known("there is no second derivative")
