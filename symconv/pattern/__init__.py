"""Relations between outputs, taps and inputs: the only truth about geometry."""

from symconv.pattern.axis import MODES, Axis, Size, read_size
from symconv.pattern.incidence import ROLES, Incidence, Indices

__all__ = ["MODES", "ROLES", "Axis", "Incidence", "Indices", "Size", "read_size"]
