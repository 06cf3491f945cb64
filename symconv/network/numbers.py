"""A chain as a function of floating-point arrays: the loss, and the gradients by backpropagation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from symconv.errors import EntriesError
from symconv.network.losses import Loss
from symconv.network.passes import Operands, both
from symconv.printing.english import counted

#: Takes ``x``, ``w``, ``b`` and ``target``; returns the loss and the gradients by name.
Function = Callable[..., tuple[float, dict[str, Any]]]


def function_of(chain: Any) -> Function:
    """A function of floating-point arrays that computes the loss, and its gradients by name.

    It goes through the two passes over the index patterns from which the formulas are derived.

    ``loss, gradients = f(x=, w=[…], b=[…], target=)``, where w and b are lists with an array for each
    layer that has them, and so are ``gradients["w"]`` and ``gradients["b"]``.

    Raises
    ------
    OptionError
        If the loss or an activation is unknown.

    Examples
    --------
    >>> import symconv as sc
    >>> f = sc.Chain(sc.Conv1d(3, 2), loss="half_squared_error").numpy()
    >>> loss, gradients = f(x=[1, 2, 3], w=[[1, 1]], target=[0, 0])
    >>> loss, gradients["w"][0].tolist()
    (17.0, [13.0, 21.0])
    """
    chain.values.require_known("there are no numbers")
    chain.values.require_numbers()
    stages = chain.stages
    entries = {stage.number: stage.layer.entries for stage in stages}
    learned = [stage.number for stage in stages if stage.learned]
    biased = [stage.number for stage in stages if stage.layer.bias]
    outputs = tuple(map(int, chain.shape))

    def taken(name: str, value: Any, shape: Sequence[int]) -> Any:
        try:
            found = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise EntriesError(f"{name} is {value!r}: write numbers in the shape {tuple(shape)}.") from None
        if found.shape != tuple(shape):
            raise EntriesError(f"{name} has the shape {found.shape}, but the chain takes {tuple(shape)}.")
        return found.reshape(prod(shape))

    def held(name: str, values: Sequence[Any], numbers: Sequence[int], role: str) -> Mapping[int, Any]:
        if isinstance(values, str) or not hasattr(values, "__len__"):
            raise EntriesError(f"{name} is {values!r}: write a list with one array for each layer.")
        if len(values) != len(numbers):
            has = counted(len(values), "entry", "entries")
            raise EntriesError(f"{name} has {has}, but the chain takes {len(numbers)}.")
        pairs = zip(numbers, values, strict=True)
        return {n: taken(f"{name}[{at}]", v, entries[n].shape(role)) for at, (n, v) in enumerate(pairs)}

    def function(
        *, x: Any, w: Sequence[Any] = (), b: Sequence[Any] = (), target: Any
    ) -> tuple[float, dict[str, Any]]:
        """The loss, and its gradients with respect to "x", "w" and "b"."""
        shape = entries[1].shape("input")
        given = Operands(
            taken("x", x, shape), held("w", w, learned, "tap"), held("b", b, biased, "bias"),
            taken("target", target, outputs),
        )  # fmt: skip
        forward, backward = both(stages, given, chain.loss_function)
        last = len(stages)
        joint = chain.loss_function.of_probabilities and chain.loss_function.name == "cross_entropy"
        # The softmax at the end and the logarithm of the loss are taken together, so that none overflows.
        loss = (
            Loss("cross_entropy").value(forward.z[last], given.target)
            if joint
            else chain.loss_function.value(forward.a[last], given.target)
        )
        return float(loss), {
            "x": backward.a[0].reshape(shape),
            "w": [backward.w[n].reshape(entries[n].shape("tap")) for n in learned],
            "b": [backward.b[n].reshape(entries[n].shape("bias")) for n in biased],
        }

    return function
