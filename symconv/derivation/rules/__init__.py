"""The rules of a derivation."""
