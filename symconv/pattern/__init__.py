"""Relations between outputs, taps and inputs: the only truth about geometry."""

from symconv.pattern.axis import Axis
from symconv.pattern.channels import Batch, Channels
from symconv.pattern.connections import Connections, Diagonal
from symconv.pattern.incidence import ROLES, Incidence, Indices
from symconv.pattern.kernel import Average, Kernel
from symconv.pattern.padding import PADDING_MODES
from symconv.pattern.pattern import Pattern
from symconv.pattern.reading import MODES, Size, each_axis, rank_of, read_size
from symconv.pattern.relation import Adjoint, Relation, Spatial, Window
from symconv.pattern.selection import Selection
from symconv.pattern.specification import Specification
from symconv.pattern.transposed import TransposedAxis
from symconv.pattern.wording import sentence, title

__all__ = [
    "MODES", "PADDING_MODES", "ROLES", "Adjoint", "Average", "Axis", "Batch", "Channels", "Connections",
    "Diagonal", "Incidence", "Indices", "Kernel", "Pattern", "Relation", "Selection", "Size", "Spatial",
    "Specification", "TransposedAxis", "Window", "each_axis", "rank_of", "read_size", "sentence",
    "title",
]  # fmt: skip
