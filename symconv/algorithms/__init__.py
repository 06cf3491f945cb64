"""Algorithms: the passes of a layer as loops, run in the tests and typeset from their own source."""

from symconv.algorithms.letters import introduced
from symconv.algorithms.listing import Listing
from symconv.algorithms.table import algorithms_for

__all__ = ["Listing", "algorithms_for", "introduced"]
