"""The names that options take, as type checkers know them; each table's own are what counts at run time."""

from __future__ import annotations

from typing import Literal, TypeAlias

#: Quantities with a closed form, and all with an equation.
FormulaName: TypeAlias = Literal[
    "output_size", "output", "matrix", "windows", "grad_input", "grad_kernel", "grad_bias",
    "upstream_matrix", "tying",
]  # fmt: skip
EquationName: TypeAlias = Literal[
    FormulaName, "activation", "selection", "filters", "blocks", "dense_gradient", "masked_gradient"
]

#: Quantities that are a product of tensors, and those that loops compute.
ProductName: TypeAlias = Literal["output", "grad_input", "grad_kernel"]
AlgorithmName: TypeAlias = Literal[ProductName, "grad_bias"]

PaddingWord: TypeAlias = Literal["valid", "same", "full"]
PaddingModeName: TypeAlias = Literal["zeros", "circular", "reflect", "replicate"]
PresetName: TypeAlias = Literal[
    "symconv", "goodfellow", "goodfellow-channels", "dumoulin-visin", "pytorch", "cs231n", "ufldl"
]
UpstreamStyle: TypeAlias = Literal["delta", "partial"]
FigureName: TypeAlias = Literal["band", "window", "position", "network", "blocks", "input_gradient"]
ReferenceName: TypeAlias = Literal[
    "numpy", "windows", "loops", "differences", "filters", "scipy", "torch", "jax"
]
EngineName: TypeAlias = Literal["z3", "islpy"]

#: Sections of notes, their depths, and kinds of exercises.
SectionName: TypeAlias = Literal[
    "numbers", "matrix", "why", "size", "learning", "checks", "letters", "derivations", "windows",
    "dense", "algorithms", "proofs",
]  # fmt: skip
Depth: TypeAlias = Literal["page", "standard", "full"]
ExerciseName: TypeAlias = Literal[
    "output_size", "left_over", "output_entry", "output_all", "convention", "matrix_entry", "matrix_zeros",
    "matrix_weights", "parameters", "multiplications", "grad_input_entry", "grad_kernel_entry",
    "pooling_gradient",
]  # fmt: skip

#: Letters that are read as the name of a padding.
LetterName: TypeAlias = Literal[
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
    "u", "v", "w", "x", "y", "z", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N",
    "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z",
]  # fmt: skip
