"""Lecture notes: a document model, its composition from a layer, and one renderer a format."""

from symconv.notes.compose import DEPTHS, SECTIONS, notes
from symconv.notes.document import Document
from symconv.notes.files import FORMATS, rendered, write
from symconv.notes.letters import read_activation
from symconv.notes.model import Maths
from symconv.notes.pdf import ENGINES, TexError, TypstError
from symconv.notes.source import Activation, Operand, Source, Sources

__all__ = [
    "DEPTHS",
    "ENGINES",
    "FORMATS",
    "SECTIONS",
    "Activation",
    "Document",
    "Maths",
    "Operand",
    "Source",
    "Sources",
    "TexError",
    "TypstError",
    "notes",
    "read_activation",
    "rendered",
    "write",
]
