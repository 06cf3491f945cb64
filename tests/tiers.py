"""Two tiers of tests: what every run tries, and what bears the marker ``exhaustive``, which CI runs too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Container, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

exhaustive = pytest.mark.exhaustive


def tiers(cases: Iterable[Any], always: Container[Any], *, several: bool = False) -> list[Any]:
    """All cases as parameters of a test; those that are not always tried are marked exhaustive.

    With ``several`` a case is a tuple of parameters.
    """
    return [
        pytest.param(*(case if several else [case]), marks=() if case in always else exhaustive)
        for case in cases
    ]


def law(
    few: int, many: int, *, each: tuple[str, Iterable[Any], Container[Any]] | None = None,
    **strategies: SearchStrategy[Any],
) -> Callable[..., Callable[..., None]]:  # fmt: skip
    """A test on a few random cases, and in the exhaustive tier on many.

    ``each`` is a parameter, its values, and those that are always tried; others are tried on many cases only.

    It takes what the strategies draw by their names; its other arguments are parameters and fixtures.
    """

    def decorated(holds: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(holds)
        def test(examples: int, **fixtures: Any) -> None:
            @settings(max_examples=examples)
            @given(**strategies)
            def each(**drawn: Any) -> None:
                holds(**drawn, **fixtures)

            each()

        own = inspect.signature(holds).parameters.values()
        kept = [argument for argument in own if argument.name not in strategies]
        first = inspect.Parameter("examples", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        vars(test)["__signature__"] = inspect.Signature([first, *kept])
        if each is None:
            return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=exhaustive)])(test)
        name, values, always = each
        cases = list(values)
        tried = [(few, value) for value in cases if value in always]
        tried += [pytest.param(many, value, marks=exhaustive) for value in cases]
        return pytest.mark.parametrize(("examples", name), tried)(test)

    return decorated
