"""Algorithms: the passes of a layer as loops, run in the tests and typeset from their own source."""

from symconv.algorithms.listing import Listing, listing
from symconv.algorithms.rows import Algorithm
from symconv.algorithms.table import ALGORITHMS, algorithms_for

__all__ = ["ALGORITHMS", "Algorithm", "Listing", "algorithms_for", "listing"]
