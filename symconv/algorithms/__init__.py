"""Algorithms: the passes of a layer as loops, run in the tests and typeset from their own source."""

from symconv.algorithms.letters import introduced
from symconv.algorithms.table import Listing, algorithms_for

__all__ = ["Listing", "algorithms_for", "introduced"]
