"""Algorithms: the passes of a layer as loops, run in the tests and typeset from their own source."""

from symconv.algorithms.letters import introduced
from symconv.algorithms.table import AlgorithmName, Listing, algorithms_for

__all__ = ["AlgorithmName", "Listing", "algorithms_for", "introduced"]
