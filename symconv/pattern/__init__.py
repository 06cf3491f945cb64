"""Relations between outputs, taps and inputs: the only truth about geometry."""

from symconv.pattern.axis import Axis
from symconv.pattern.channels import Batch, Channels
from symconv.pattern.incidence import ROLES, Incidence, Indices
from symconv.pattern.padding import PADDING_MODES, PaddingMode
from symconv.pattern.pattern import Pattern
from symconv.pattern.reading import MODES, Size, each_axis, rank_of, read_size
from symconv.pattern.relation import Exchanged, Relation, Spatial, Window
from symconv.pattern.transposed import TransposedAxis
from symconv.pattern.untied import Untied, UntiedAxis

__all__ = [
    "MODES",
    "PADDING_MODES",
    "ROLES",
    "Axis",
    "Batch",
    "Channels",
    "Exchanged",
    "Incidence",
    "Indices",
    "PaddingMode",
    "Pattern",
    "Relation",
    "Size",
    "Spatial",
    "TransposedAxis",
    "Untied",
    "UntiedAxis",
    "Window",
    "each_axis",
    "rank_of",
    "read_size",
]
