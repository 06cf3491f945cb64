"""Doors into documentation and notebooks; no mathematics."""
