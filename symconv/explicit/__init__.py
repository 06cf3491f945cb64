"""Explicit quantities: contractions of the index pattern, entry by entry, and how they are written out."""
